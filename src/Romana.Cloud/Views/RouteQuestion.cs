using System.Collections.Immutable;
using Romana.Cloud.Planning;
using Romana.Ipam.Addressing;
using Romana.Ipam.Routes;
using Romana.Ipam.Topologies;

namespace Romana.Cloud.Views;

/// <summary>All that `romana routes show --explain` needs to know, from the store alone or from the tables as well.</summary>
public sealed record RouteQuestion
{
    public required Cidr Destination { get; init; }

    public required Topology Topology { get; init; }

    /// <summary>Tables with the routes that count: what the ledgers hold, or what EC2 shows.</summary>
    public required Inventory Inventory { get; init; }

    public required ImmutableArray<LedgerSpec> Ledgers { get; init; }

    /// <summary>The tables were read: routes of others are in <see cref="Inventory"/>, too.</summary>
    public required bool FromTables { get; init; }
}
