using Romana.Ipam.Addressing;

namespace Romana.Cloud.Planning;

/// <summary>
/// What a table holds when not even the smallest complete set fits: covers and segments, and of what stands all that is
/// right. Nothing is begun that cannot be finished.
/// </summary>
internal sealed class KeepStrategy(PlanGround ground)
{
    private readonly RouteEvaluation _evaluation = new(ground);

    /// <param name="exact">What was wanted.</param>
    /// <param name="room">Routes of ours that the table may hold.</param>
    public WantedRoutes Plan(TableView view, WantedRoutes exact, int room)
    {
        var kept = new WantedRoutes();
        kept.Conflicts.AddRange(exact.Conflicts);
        var roots = exact.Routes.Values.Where(route => route.Kind is PlannedRouteKind.Cover or PlannedRouteKind.Segment).OrderBy(route => route.Destination).ToList();
        var led = StandingOwn(view, roots);
        var owned = led.ConvertAll(one => one.Route);
        // Where nothing leads for the group a lost route is a lost block; where a cover leads it is an extra hop.
        var alone = owned.Where(route => !Covered(route.Destination, roots)).ToList();
        foreach (var still in exact.Routes.Values.Where(route => view.Routes.TryGetValue(route.Destination, out var stands) && stands.Kind == Standing.Still)) kept.Add(still);
        foreach (var route in roots.Where(route => view.Routes.ContainsKey(route.Destination)).Concat(alone)) kept.Add(route);
        foreach (var root in roots.Where(_ => kept.Count < room)) kept.Add(root);
        foreach (var (route, blocks) in led)
        {
            if (kept.Count < room || !Falls(route.Destination, blocks, kept)) kept.Add(route);
        }

        return kept;
    }

    /// <summary>Routes of ours that stand and lead blocks, turned where the blocks moved on; widest first.</summary>
    private List<(PlannedRoute Route, List<PlanBlock> Blocks)> StandingOwn(TableView view, List<PlannedRoute> roots)
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
            .Select(pair => (Route: Leading(view.Routes[pair.Key], pair.Value), Blocks: pair.Value))
            .OrderBy(one => one.Route.Destination.Length).ThenBy(one => one.Route.Destination)];
    }

    /// <summary>It stays where it is right, and else moves only where no block loses by it and some gain.</summary>
    private PlannedRoute Leading(StandingRoute stands, List<PlanBlock> blocks)
    {
        var before = Reached(stands.Destination, ground.Hosts.Behind(stands.Target), stands.Target, blocks);
        var best = before.TrueForAll(reach => reach == Reach.Router) ? -1 : Better(stands.Destination, before, blocks);
        var host = best >= 0 ? ground.Hosts[best] : ground.Hosts.HostBehind(stands.Target);
        return new PlannedRoute(
            stands.Destination, host?.Eni ?? stands.Target, host?.Name, PlannedRouteKind.Host, $"stands for {host?.Name ?? stands.Target}; no complete set of routes fits");
    }

    /// <summary>The host that most blocks are reached by, of those by which none is reached worse than before; -1 for none.</summary>
    private int Better(Cidr destination, List<Reach> before, List<PlanBlock> blocks)
    {
        var holders = blocks.CountBy(block => block.Host).ToDictionary();
        var routers = blocks.Where(block => block.Group >= 0).Select(block => block.Group).Distinct().SelectMany(group => ground.Groups[group].Routers).ToHashSet();
        var (best, most) = (-1, Score(before));
        foreach (var host in holders.Keys.Where(host => host >= 0).Union(routers).OrderBy(host => (Rank(host), host)))
        {
            var after = Reached(destination, host, ground.Hosts[host].Eni, blocks);
            if (Score(after).CompareTo(most) > 0 && before.Zip(after).All(pair => pair.Second >= pair.First)) (best, most) = (host, Score(after));
        }

        return best;

        // Among equals: the only holder, since nothing is nearer; then who may lead, by what it holds.
        (bool, bool, int) Rank(int host) => (
            holders.Count > 1 || !holders.ContainsKey(host), !routers.Contains(host), -holders.GetValueOrDefault(host));
    }

    private List<Reach> Reached(Cidr destination, int host, string target, List<PlanBlock> blocks) =>
        blocks.ConvertAll(block => _evaluation.Of(block, new Hop(destination, target, host)).Floor());

    private static (int Right, int Reached) Score(List<Reach> reached) =>
        (reached.Count(reach => reach == Reach.Router), reached.Count(reach => reach > Reach.None));

    private static bool Covered(Cidr destination, List<PlannedRoute> roots) => roots.Any(root => root.Destination.Contains(destination));

    /// <summary>Without it its blocks fall to a route that is right for all of them.</summary>
    private bool Falls(Cidr destination, List<PlanBlock> blocks, WantedRoutes kept)
    {
        for (var above = destination; above.Length > 0;)
        {
            above = above.Parent;
            if (kept.Routes.TryGetValue(above, out var route))
                return Reached(above, ground.Hosts.Behind(route.Target), route.Target, blocks).TrueForAll(reach => reach == Reach.Router);
        }

        return false;
    }
}
