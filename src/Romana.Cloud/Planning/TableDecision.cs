using Romana.Ipam.Addressing;

namespace Romana.Cloud.Planning;

/// <summary>What one table and family is to hold, and why it is not the exact routes where it is not.</summary>
/// <param name="Missing">Routes that the smallest complete set has beyond the room; then what stands is kept.</param>
internal sealed record TableDecision(TableView View, WantedRoutes Wanted, int Missing, Aggregated? Aggregated)
{
    /// <summary>Nothing of ours moves.</summary>
    public static TableDecision StandStill(TableView view, PlanGround ground)
    {
        var still = new WantedRoutes();
        foreach (var route in view.Ours) still.AddStill(route, ground.Hosts.HostBehind(route.Target), "stays as it is, see refused");
        return new TableDecision(view, still, 0, null);
    }

    /// <summary>For each table the first that will do: exact routes, aggregated routes, what stands.</summary>
    public static List<TableDecision> Decide(PlanGround ground, List<TableView> views, long work)
    {
        var load = new RouterLoad(ground.Hosts);
        var exact = new ExactStrategy(ground, load);
        foreach (var view in views) exact.CountStandingCovers(view);
        var decisions = views.ConvertAll(view => new TableDecision(view, exact.Plan(view), 0, null));
        var tight = decisions.Where(decision => decision.Wanted.Count > Room(decision.View, decision.Wanted)).ToList();
        var fitting = decisions.Except(tight).ToList();
        exact.Relieve(fitting);
        if (tight.Count == 0) return fitting;
        var aggregated = new AggregateStrategy(ground, load, tight.ConvertAll(decision => decision.View), work)
            .Plan(tight.ConvertAll(decision => (decision.View, decision.Wanted)));
        exact.Relieve(fitting);
        var instead = tight.Zip(aggregated, (decision, aggregation) => Instead(ground, decision, aggregation)).Concat(fitting).ToDictionary(decision => decision.View);
        return views.ConvertAll(view => instead[view]);
    }

    /// <summary>Routes that the table may hold of these, one place kept free for changes; what is adopted does not count as another's.</summary>
    public static int Room(TableView view, WantedRoutes wanted) => view.Quota - view.Foreign + AdoptedIn(view, wanted).Count() - 1;

    public static IEnumerable<PlannedRoute> AdoptedIn(TableView view, WantedRoutes wanted) => wanted.Routes.Values
        .Where(route => view.Routes.TryGetValue(route.Destination, out var stands) && stands.Kind == Standing.Adoptable);

    /// <summary>What the wanted routes lead to, together with those of others.</summary>
    public static Judgement Judge(PlanGround ground, TableView view, WantedRoutes wanted) => new RouteEvaluation(ground).Judge(
        new LongestMatch(view.Routes.Values
            .Where(route => route.Kind != Standing.Ours && !wanted.Routes.ContainsKey(route.Destination)).Select(route => (route.Destination, route.Target))
            .Concat(wanted.Routes.Values.Select(route => (route.Destination, route.Target)))
            .Select(route => new Hop(route.Destination, route.Target, ground.Hosts.Behind(route.Target)))),
        view.Family, view.LocalSubnet);

    private static TableDecision Instead(PlanGround ground, TableDecision exact, Aggregation aggregation)
    {
        var view = exact.View;
        if (aggregation.Wanted is not { } wanted)
        {
            var kept = new KeepStrategy(ground).Plan(view, exact.Wanted, Room(view, exact.Wanted));
            return new TableDecision(view, kept, aggregation.Needed - AggregateStrategy.Room(view), null);
        }

        return new TableDecision(view, wanted, 0, new Aggregated(exact.Wanted.Count, Room(view, wanted))
        {
            Gap = aggregation.Gap.Far == 0 ? 0 : (double)aggregation.Gap.Far / aggregation.Units,
            LocalGap = aggregation.Gap.Local == 0 ? 0 : (double)aggregation.Gap.Local / aggregation.Units,
        });
    }
}
