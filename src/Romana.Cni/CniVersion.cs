using System.Collections.Immutable;

namespace Romana.Cni;

/// <summary>Versions of the CNI specification and what came with them.</summary>
internal static class CniVersion
{
    /// <summary>Of the plugin itself.</summary>
    public static readonly string Ours = typeof(CniVersion).Assembly.GetName().Version!.ToString(3);

    /// <summary>Oldest first.</summary>
    public static readonly ImmutableArray<string> Supported = ["0.3.1", "0.4.0", "1.0.0", "1.1.0"];

    /// <summary>For an answer to a question that names none.</summary>
    public static string Newest => Supported[^1];

    /// <summary>True when that version of the specification has the command.</summary>
    public static bool Has(string version, CniCommand command) => Supported.IndexOf(version) >= command switch
    {
        CniCommand.Check => 1,
        CniCommand.Gc or CniCommand.Status => 3,
        _ => 0,
    };
}
