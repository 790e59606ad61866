using Romana.Ipam.Addressing;

namespace Romana.Cloud.Planning;

/// <summary>The routes that one strategy wants in one table and family, and what of others' stood in the way.</summary>
internal sealed class WantedRoutes
{
    private readonly Dictionary<Cidr, PlannedRoute> _routes;

    public WantedRoutes() => _routes = [];

    /// <summary>A copy that changes by itself.</summary>
    public WantedRoutes(WantedRoutes other)
    {
        _routes = new(other._routes);
        Conflicts.AddRange(other.Conflicts);
    }

    public IReadOnlyDictionary<Cidr, PlannedRoute> Routes => _routes;

    public List<(StandingRoute Found, string Wanted)> Conflicts { get; } = [];

    public int Count => _routes.Count;

    public void Add(PlannedRoute route) => _routes[route.Destination] = route;

    public void Remove(Cidr destination) => _routes.Remove(destination);

    public void AddOwn(Cidr destination, PlanHost host, int blocks) => Add(new PlannedRoute(
        destination, host.Eni, host.Name, PlannedRouteKind.Host,
        blocks == 1 ? $"block of {host.Name}" : $"{blocks} blocks of {host.Name}"));

    public void AddCover(PlanGroup group, PlanHost router) => Add(new PlannedRoute(
        group.Cidr, router.Eni, router.Name, PlannedRouteKind.Cover,
        $"{(group.Duty == GroupDuty.PrefixOnly && !group.Group.Cover ? "prefix" : "cover")} of group {group.Label}"));

    public void AddAggregate(LedRoute route, PlanHost router, PlanGroup group) => Add(new PlannedRoute(
        route.Destination, router.Eni, router.Name, PlannedRouteKind.Aggregate,
        $"{route.OtherBlocks} {(route.OtherBlocks == 1 ? "block" : "blocks")} of {route.OtherHosts} adjacent {(route.OtherHosts == 1 ? "host" : "hosts")} "
        + $"in group {group.Label}{(route.OwnBlocks > 0 ? ", and its own" : "")}"));

    public void AddSegment(PlanGroup group) => Add(new PlannedRoute(
        group.Cidr, group.Group.Via!, null, PlannedRouteKind.Segment, $"group {group.Label} is elsewhere"));

    /// <summary>A route of ours that stands and is not to be moved now.</summary>
    public void AddStill(StandingRoute route, PlanHost? host, string why) => Add(new PlannedRoute(
        route.Destination, route.Target, host?.Name, host is null ? PlannedRouteKind.Segment : PlannedRouteKind.Host, why));
}
