using System.Collections.Frozen;
using System.Collections.Immutable;
using Romana.Ipam.Addressing;

namespace Romana.Cloud.Planning;

/// <summary>What the operator or the loop allows a plan to do.</summary>
public sealed record PlanOptions
{
    public static readonly PlanOptions Default = new();

    /// <summary>
    /// Routes that are not ours but stand where ours should become ours: without a call when their target is right, by
    /// ReplaceRoute when it is not. Asked for by the operator, never by default (R2).
    /// </summary>
    public bool Adopt { get; init; }

    /// <summary>
    /// Routes that were ours and that somebody turned elsewhere: ours again where a route is wanted at their destination,
    /// and never deleted.
    /// </summary>
    public IReadOnlySet<(string Table, Cidr Destination)> TakeBack { get; init; } = FrozenSet<(string Table, Cidr Destination)>.Empty;

    /// <summary>The operator's word that many routes may go at once: the brake stays off (uninstall, a zone given up).</summary>
    public bool AllowMassRemoval { get; init; }

    /// <summary>Stands for every table's quota in both families; int.MaxValue = no limit; null = the tables' own.</summary>
    public int? Limit { get; init; }

    /// <summary>Hosts and blocks of the last input that was applied; null = unknown. A sharp fall is taken for blindness (R3).</summary>
    public int? LastHosts { get; init; }

    public int? LastBlocks { get; init; }

    /// <summary>Blocks that nobody holds any more, by proof: that routes to them go is no loss, and no sign of blindness.</summary>
    public ImmutableArray<Cidr> Released { get; init; } = [];

    /// <summary>Brake: more than this share of hosts, of blocks or of our routes would go at once ...</summary>
    public double BrakeShare { get; init; } = 0.5;

    /// <summary>... and more than this many of them.</summary>
    public int BrakeCount { get; init; } = 10;

    /// <summary>Steps of arithmetic in one family after which aggregation goes on by prices, with a bound.</summary>
    public long AggregationWork { get; init; } = AggregateStrategy.Work;
}
