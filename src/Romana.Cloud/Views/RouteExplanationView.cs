using System.Collections.Immutable;
using Romana.Cloud.Planning;
using Romana.Ipam.Addressing;

namespace Romana.Cloud.Views;

/// <summary>Where the VPC takes packets to an address or a CIDR, and why: `romana routes show --explain`.</summary>
public sealed record RouteExplanationView
{
    public required Cidr Destination { get; init; }

    /// <summary>One sentence.</summary>
    public required string Answer { get; init; }

    /// <summary>"ledger": what Romana wrote; "tables": what EC2 shows now.</summary>
    public required string Source { get; init; }

    /// <summary>Name of the pod network; null: the destination is in none.</summary>
    public string? Network { get; init; }

    /// <summary>The leaf group; null: in none, or in several.</summary>
    public Cidr? Group { get; init; }

    /// <summary>Granted blocks that the destination is part of, or that are part of it.</summary>
    public required ImmutableArray<ExplainedBlock> Blocks { get; init; }

    public required ImmutableArray<ExplainedTable> Tables { get; init; }
}

public sealed record ExplainedBlock(Cidr Cidr, string Host);

/// <param name="Routes">The longest matches of the destination's addresses, in order; empty: no route leads there.</param>
public sealed record ExplainedTable(string Id, ImmutableArray<ExplainedRoute> Routes);

/// <summary>A route that wins for some addresses of the destination.</summary>
public sealed record ExplainedRoute
{
    public required Cidr Destination { get; init; }
    public required string Target { get; init; }

    /// <summary>Name of the host whose pod interface is the target.</summary>
    public string? Host { get; init; }

    /// <summary>Null for a route that is not ours.</summary>
    public PlannedRouteKind? Kind { get; init; }

    public required bool Ours { get; init; }

    /// <summary>Hosts that a packet meets, the block's own included: 1 = straight, 2 = by way of a router; null: it ends before, or the blocks differ.</summary>
    public int? Hops { get; init; }

    /// <summary>The way of a packet in words.</summary>
    public required string Way { get; init; }

    /// <summary>Why it is so.</summary>
    public required string Why { get; init; }

    /// <summary>When the ledger's entry became what it is; null for a route that is not ours.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>What would take over if the target's host went; null where the target is no host.</summary>
    public string? IfGone { get; init; }
}
