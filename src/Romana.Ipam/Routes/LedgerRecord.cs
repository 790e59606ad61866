using System.Collections.Immutable;
using Romana.Ipam.Addressing;
using Romana.Ipam.Stores;

namespace Romana.Ipam.Routes;

/// <summary>
/// One route of ours in one VPC route table. From = target before the change, To = target after it; null = no route.
/// Settled when the mutation's reply said so; To null and settled = tombstone. From stays after settling, because a
/// describe may show an older target for minutes: a route is ours iff its target is From, To or a recent Former.
/// </summary>
public sealed record LedgerEntry
{
    public required Cidr Destination { get; init; }
    public string? From { get; init; }
    public string? To { get; init; }
    public required bool Settled { get; init; }

    /// <summary>Targets before From that were ours so recently that a describe may still show them; null = none.</summary>
    public ImmutableArray<string>? Former { get; init; }

    /// <summary>When a route of ours last came where none stood, if that is as recent as a Former; a describe may still show none.</summary>
    public DateTimeOffset? BareUntil { get; init; }

    /// <summary>
    /// When what To says last ceased to stand, while an intent is open and it stood there lately: a describe that shows it
    /// may show the state of then, and says nothing of the intent. Null = what To says is new.
    /// </summary>
    public DateTimeOffset? LeftAt { get; init; }

    /// <summary>Term of the controller that wrote the intent.</summary>
    public required long Term { get; init; }

    /// <summary>When it was written or settled; tombstones go ten minutes after.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>True for every target that this entry explains.</summary>
    public bool Knows(string target) => target == To || WasOurs(target);

    /// <summary>A describe may show it for an older state than the last change.</summary>
    public bool WasOurs(string target) => target == From || (Former?.Contains(target) ?? false);
}

/// <summary>The ledger of one VPC route table. Key: the table's id, "rtb-...". No status.</summary>
public sealed record LedgerSpec
{
    public required string Table { get; init; }
    public required string Vpc { get; init; }
    public required string Cluster { get; init; }
    public ImmutableArray<LedgerEntry> Entries { get; init; } = [];
    public ImmutableArray<Condition> Conditions { get; init; } = [];
}
