using System.Collections.Immutable;
using Romana.Cloud.Planning;

namespace Romana.Cloud.Control;

/// <summary>What of a plan goes before the rest of its table: failovers, then covers. Pure.</summary>
internal static class SendOrder
{
    /// <summary>
    /// Replaces that take a route away from a host that is not Up, or from an interface of which EC2 says that nothing
    /// is behind it: packets are lost now. Every other change can wait for its turn.
    /// </summary>
    public static ImmutableHashSet<RouteChange> Failovers(RoutePlan plan, Inventory inventory)
    {
        var replaces = plan.Changes.Where(change => change is { Op: RouteOp.Replace, From: not null }).ToList();
        if (replaces.Count == 0) return [];
        var unfit = inventory.Hosts.Where(host => host.Health != HostHealth.Up).Select(host => host.Eni)
            .Concat(inventory.Tables.SelectMany(table => table.Routes).Where(route => route is { Owned: true, State: RouteState.Blackhole }).Select(route => route.Target))
            .ToHashSet(StringComparer.Ordinal);
        return [.. replaces.Where(change => unfit.Contains(change.From!))];
    }

    /// <summary>
    /// A failover that leads its whole destination through a router, a cover or an aggregate, goes before everything:
    /// the router is right for every address of its group, so no address that falls to it, now or halfway through the
    /// rest, is reached worse than by way of the old one. Any other goes first when it needs nothing that was before it.
    /// </summary>
    public static IEnumerable<RouteChange> Order(RoutePlan plan, IReadOnlySet<RouteChange> failovers)
    {
        var first = First(plan, failovers);
        return plan.Changes.Where(first.Contains).Concat(CoversFirst.Order(plan).Where(change => !first.Contains(change)));
    }

    private static HashSet<RouteChange> First(RoutePlan plan, IReadOnlySet<RouteChange> failovers)
    {
        var first = new HashSet<RouteChange>();
        if (failovers.Count == 0) return first;
        var led = plan.Tables.SelectMany(table => table.Routes.Where(route => route.Kind is PlannedRouteKind.Cover or PlannedRouteKind.Aggregate)
            .Select(route => (table.Id, route.Destination, route.Target))).ToHashSet();
        foreach (var table in plan.Changes.GroupBy(change => change.Table, StringComparer.Ordinal))
        {
            var before = new HeldChanges();
            foreach (var change in table)
            {
                if (failovers.Contains(change) && (led.Contains((change.Table, change.Destination, change.Target)) || !before.Holds(change))) first.Add(change);
                else before.Add(change);
            }
        }

        return first;
    }
}
