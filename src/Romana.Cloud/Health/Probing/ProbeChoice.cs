using System.Globalization;

namespace Romana.Cloud.Health.Probing;

public enum ProbeKind
{
    None,
    Icmp,
    Tcp,
}

/// <summary>`--probe none|icmp|tcp:PORT`.</summary>
public sealed record ProbeChoice(ProbeKind Kind, int Port = 0)
{
    public static readonly ProbeChoice None = new(ProbeKind.None);

    /// <summary>Null when it is none of these.</summary>
    public static ProbeChoice? Parse(string text) => text switch
    {
        "none" => None,
        "icmp" => new ProbeChoice(ProbeKind.Icmp),
        not null when text.StartsWith("tcp:", StringComparison.Ordinal)
            && int.TryParse(text["tcp:".Length..], NumberStyles.None, CultureInfo.InvariantCulture, out var port)
            && port is > 0 and < 65536 => new ProbeChoice(ProbeKind.Tcp, port),
        _ => null,
    };

    public override string ToString() => Kind switch
    {
        ProbeKind.Icmp => "icmp",
        ProbeKind.Tcp => $"tcp:{Port}",
        _ => "none",
    };
}
