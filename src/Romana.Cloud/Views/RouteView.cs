using System.Collections.Immutable;
using Romana.Cloud.Planning;
using Romana.Ipam.Addressing;
using Romana.Ipam.Blocks;
using Romana.Ipam.Hosts;
using Romana.Ipam.Routes;
using Romana.Ipam.Stores;
using Romana.Ipam.Topologies;

namespace Romana.Cloud.Views;

/// <summary>The ledger as `romana routes show` and GET /v1/routes show it.</summary>
public sealed record RouteListView(ImmutableArray<RouteTableView> Tables)
{
    /// <param name="topology">For the kind of each route; null: kinds stay unknown where only it tells.</param>
    public static RouteListView Of(StoreReading store, Topology? topology)
    {
        ArgumentNullException.ThrowIfNull(store);
        var kinds = new RouteKinds(store, topology);
        var hosts = store.Hosts.Where(host => host.PodInterface?.Id is not null)
            .GroupBy(host => host.PodInterface!.Id!)
            .ToDictionary(group => group.Key, group => group.OrderBy(host => host.Condition).First().Name);
        return new([.. store.Ledgers.OrderBy(ledger => ledger.Table, StringComparer.Ordinal)
            .Select(ledger => RouteTableView.Of(ledger, hosts, kinds))]);
    }
}

public sealed record RouteTableView
{
    public required string Id { get; init; }
    public required string Vpc { get; init; }
    public required string Cluster { get; init; }
    public required ImmutableArray<RouteEntryView> Routes { get; init; }
    public required ImmutableArray<ConditionView> Conditions { get; init; }

    internal static RouteTableView Of(LedgerSpec ledger, Dictionary<string, string> hosts, RouteKinds kinds) => new()
    {
        Id = ledger.Table,
        Vpc = ledger.Vpc,
        Cluster = ledger.Cluster,
        Routes = [.. ledger.Entries
            .Where(entry => entry is not { To: null, Settled: true })
            .OrderBy(entry => entry.Destination)
            .Select(entry => RouteEntryView.Of(entry, hosts, kinds))],
        Conditions = [.. ledger.Conditions.Select(ConditionView.Of)],
    };
}

/// <summary>One route of ours. A tombstone (removed and settled) is not shown.</summary>
public sealed record RouteEntryView
{
    public required Cidr Destination { get; init; }

    /// <summary>Where it points, or will; null: about to be removed.</summary>
    public string? Target { get; init; }

    /// <summary>Where it pointed before an unsettled change.</summary>
    public string? From { get; init; }

    /// <summary>Name of the host whose pod interface is the target.</summary>
    public string? Host { get; init; }

    /// <summary>"host", "aggregate", "cover", "segment"; null if the store does not tell.</summary>
    public PlannedRouteKind? Kind { get; init; }

    /// <summary>EC2 answered the call that made it so.</summary>
    public required bool Settled { get; init; }

    public required DateTimeOffset Since { get; init; }

    internal static RouteEntryView Of(LedgerEntry entry, Dictionary<string, string> hosts, RouteKinds kinds) => new()
    {
        Destination = entry.Destination,
        Target = entry.To,
        From = entry.Settled ? null : entry.From,
        Host = entry.To is null ? null : hosts.GetValueOrDefault(entry.To),
        Kind = kinds.Of(entry.Destination, entry.To),
        Settled = entry.Settled,
        Since = entry.At,
    };
}

public sealed record ConditionView(string Type, bool IsTrue, string Message, DateTimeOffset Since)
{
    public static ConditionView Of(Condition condition)
    {
        ArgumentNullException.ThrowIfNull(condition);
        return new(condition.Type, condition.IsTrue, condition.Message, condition.Since);
    }
}

/// <summary>The kind of a route from what it covers: the ledger does not keep it, since it changes nothing about ownership.</summary>
internal sealed class RouteKinds(StoreReading store, Topology? topology)
{
    private readonly HashSet<Cidr> _covers = [.. Groups(topology).Where(group => group.Cover && group.Kind == GroupKind.Hosts).Select(group => group.Cidr)];
    private readonly HashSet<Cidr> _segments = [.. Groups(topology).Where(group => group.Via is not null).Select(group => group.Cidr)];
    private readonly (Cidr Cidr, string? Eni)[] _blocks = Blocks(store);

    public PlannedRouteKind? Of(Cidr destination, string? target)
    {
        if (_segments.Contains(destination)) return PlannedRouteKind.Segment;
        if (_covers.Contains(destination)) return PlannedRouteKind.Cover;
        var inside = _blocks.Where(block => destination.Contains(block.Cidr) || block.Cidr.Contains(destination)).ToArray();
        if (inside.Length == 0 || target is null) return null;
        return inside.All(block => block.Eni == target) ? PlannedRouteKind.Host : PlannedRouteKind.Aggregate;
    }

    private static IEnumerable<Group> Groups(Topology? topology) =>
        topology is null ? [] : topology.Networks.SelectMany(network => network.Root?.SelfAndBelow ?? []);

    private static (Cidr, string?)[] Blocks(StoreReading store)
    {
        var enis = store.Hosts.ToDictionary(host => host.Uid, host => host.PodInterface?.Id);
        return [.. store.Blocks.Where(block => block.Spec.Intent != BlockIntent.Free)
            .Select(block => (block.Spec.Cidr, enis.GetValueOrDefault(block.Spec.Host)))];
    }
}
