using Romana.Ipam.Addressing;

namespace Romana.Cloud.Planning;

/// <summary>
/// What a table holds when not even the smallest complete set fits: covers and segments, and of what stands all that is
/// right. Nothing is begun that cannot be finished.
/// </summary>
internal sealed class KeepStrategy(PlanGround ground)
{
    /// <param name="exact">What was wanted.</param>
    /// <param name="room">Routes of ours that the table may hold.</param>
    public WantedRoutes Plan(TableView view, WantedRoutes exact, int room)
    {
        var kept = new WantedRoutes();
        kept.Conflicts.AddRange(exact.Conflicts);
        var roots = exact.Routes.Values.Where(route => route.Kind is PlannedRouteKind.Cover or PlannedRouteKind.Segment).OrderBy(route => route.Destination).ToList();
        var owned = StandingOwn(view, roots);
        // Where nothing leads for the group a lost route is a lost block; where a cover leads it is an extra hop.
        var alone = owned.Where(route => !Covered(route.Destination, roots)).ToList();
        foreach (var still in exact.Routes.Values.Where(route => view.Routes.TryGetValue(route.Destination, out var stands) && stands.Kind == Standing.Still)) kept.Add(still);
        foreach (var route in roots.Where(route => view.Routes.ContainsKey(route.Destination)).Concat(alone)) kept.Add(route);
        foreach (var route in roots.Concat(owned))
        {
            if (kept.Count < room) kept.Add(route);
            else if (route.Kind == PlannedRouteKind.Host && !Falls(route.Destination, kept)) kept.Add(route);
        }

        return kept;
    }

    /// <summary>Routes of ours that stand and lead blocks, turned where the blocks moved on; widest first.</summary>
    private List<PlannedRoute> StandingOwn(TableView view, List<PlannedRoute> roots)
    {
        var planned = roots.Select(route => route.Destination).ToHashSet();
        var hops = view.Routes.Values.Where(route => !planned.Contains(route.Destination))
            .Select(route => new Hop(route.Destination, route.Target, ground.Hosts.Behind(route.Target)))
            .Concat(roots.Select(route => new Hop(route.Destination, route.Target, -1)));
        var match = new LongestMatch(hops);
        var led = new Dictionary<Cidr, List<PlanBlock>>();
        foreach (var block in ground.Groups.Where(group => group.Cidr.Family == view.Family).SelectMany(group => group.Wanting))
        {
            foreach (var (_, hop) in match.Ranges(block.Cidr))
            {
                if (hop == LongestMatch.Unmatched) continue;
                var destination = match.Hops[hop].Destination;
                if (!led.TryGetValue(destination, out var blocks)) led[destination] = blocks = [];
                if (blocks.Count == 0 || blocks[^1] != block) blocks.Add(block);
            }
        }

        return [.. led.Where(pair => view.Routes.TryGetValue(pair.Key, out var route) && route.Kind == Standing.Ours && !planned.Contains(pair.Key))
            .Select(pair => Leading(view.Routes[pair.Key], pair.Value))
            .OrderBy(route => route.Destination.Length).ThenBy(route => route.Destination)];
    }

    private PlannedRoute Leading(StandingRoute stands, List<PlanBlock> blocks)
    {
        var leads = ground.Hosts.Behind(stands.Target);
        var hosts = blocks.Select(block => block.Host).Distinct().ToList();
        var host = leads >= 0 && hosts.Contains(leads) ? leads : hosts.MaxBy(one => (blocks.Count(block => block.Host == one), -one));
        var name = ground.Hosts[host].Name;
        return new PlannedRoute(stands.Destination, ground.Hosts[host].Eni, name, PlannedRouteKind.Host, $"stands for {name}; no complete set of routes fits");
    }

    private static bool Covered(Cidr destination, List<PlannedRoute> roots) => roots.Any(root => root.Destination.Contains(destination));

    /// <summary>Without it its blocks fall to a cover or to a route of a host that may lead.</summary>
    private bool Falls(Cidr destination, WantedRoutes kept)
    {
        for (var above = destination; above.Length > 0;)
        {
            above = above.Parent;
            if (kept.Routes.TryGetValue(above, out var route))
                return route.Kind == PlannedRouteKind.Cover || ground.Hosts.HostBehind(route.Target) is { CanLead: true };
        }

        return false;
    }
}
