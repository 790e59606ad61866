using Romana.Cloud.Planning;
using Romana.Ipam.Addressing;

namespace Romana.Cloud.Control;

/// <summary>
/// Puts the creates of covers before all else in tables where nothing has to go first to make room: with its cover a
/// whole group is reachable, while hundreds of exact routes wait for EC2's buckets. A cover leads to an Up router that
/// is adjacent to every host of its group, so no address loses a right match by it. Pure.
/// </summary>
internal static class CoversFirst
{
    public static IEnumerable<RouteChange> Order(RoutePlan plan)
    {
        var covers = Covers(plan);
        var fixedOrder = plan.Changes.Where(change => change.Op == RouteOp.Delete || change.AfterSettle)
            .Select(change => change.Table).ToHashSet(StringComparer.Ordinal);
        bool IsFirst(RouteChange change) => change.Op == RouteOp.Create && !fixedOrder.Contains(change.Table)
            && covers.Contains((change.Table, change.Destination));
        return plan.Changes.Where(IsFirst).Concat(plan.Changes.Where(change => !IsFirst(change)));
    }

    /// <summary>By table.</summary>
    public static IReadOnlySet<(string Table, Cidr Destination)> Covers(RoutePlan plan) => plan.Tables
        .SelectMany(table => table.Routes.Where(route => route.Kind == PlannedRouteKind.Cover).Select(route => (table.Id, route.Destination))).ToHashSet();
}
