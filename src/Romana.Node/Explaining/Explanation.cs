namespace Romana.Node.Explaining;

internal enum Verdict
{
    /// <summary>It goes on.</summary>
    Accepted,

    /// <summary>A rule or a route refuses it.</summary>
    Refused,

    /// <summary>No rule knows a way.</summary>
    Unreachable,

    /// <summary>Neither end is of a pod network: what happens is not Romana's doing.</summary>
    NotOurs,

    /// <summary>This host never sees such a packet, as far as it can tell.</summary>
    NotSeen,
}

/// <summary>What becomes of one packet on this host, in the words of `ip` and `nft`. Null: there is none.</summary>
/// <param name="Why">One sentence.</param>
internal sealed record Explanation(Verdict Verdict, string Why)
{
    public required string From { get; init; }

    public required string To { get; init; }

    public int? Port { get; init; }

    /// <summary>"node", or the interface's name.</summary>
    public string? Enters { get; init; }

    /// <summary>"node", or the interface's name.</summary>
    public string? Leaves { get; init; }

    public string? Gateway { get; init; }

    public string? Rule { get; init; }

    public uint? Table { get; init; }

    public string? Route { get; init; }

    /// <summary>Of connection tracking: "0" is everybody's, "untracked" is none.</summary>
    public string? Zone { get; init; }

    /// <summary>The source that the other end sees, and the rule that makes it so.</summary>
    public string? Translation { get; init; }

    public IReadOnlyList<string> Notes { get; init; } = [];
}
