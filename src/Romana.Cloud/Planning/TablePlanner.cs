using System.Collections.Immutable;
using Romana.Ipam.Addressing;

namespace Romana.Cloud.Planning;

/// <summary>From the wanted routes of one table and family to its calls, and an honest account of what they lead to.</summary>
internal sealed class TablePlanner(PlanGround ground)
{
    private readonly RouteEvaluation _evaluation = new(ground);

    public List<RouteChange> Changes { get; } = [];

    public List<RouteConflict> Conflicts { get; } = [];

    public List<Refusal> Refused { get; } = [];

    public List<AdoptedRoute> Adopted { get; } = [];

    public TablePlan Plan(TableDecision decision)
    {
        var (view, wanted) = (decision.View, decision.Wanted);
        if (decision.Missing > 0) Refused.Add(Quota(view, decision.Missing));
        foreach (var (found, target) in wanted.Conflicts) Conflicts.Add(Conflict(view, found, target));
        Order(view, wanted);
        Adopt(view, wanted);
        return Account(decision);
    }

    private void Order(TableView view, WantedRoutes wanted)
    {
        var order = new TableOrder(ground, _evaluation, view);
        order.Arrange(wanted);
        Changes.AddRange(order.Calls);
        if (order.Kept.Count > 0) Refused.Add(NoOrder(view, order.Kept));
    }

    private void Adopt(TableView view, WantedRoutes wanted)
    {
        foreach (var route in TableDecision.AdoptedIn(view, wanted))
        {
            if (view.Routes[route.Destination].Target == route.Target) Adopted.Add(new AdoptedRoute(view.Id, route.Destination, route.Target));
        }
    }

    private TablePlan Account(TableDecision decision)
    {
        var (view, wanted) = (decision.View, decision.Wanted);
        var foreign = view.Foreign - TableDecision.AdoptedIn(view, wanted).Count();
        var judged = TableDecision.Judge(ground, view, wanted);
        return new TablePlan
        {
            Id = view.Id,
            Family = view.Family,
            Quota = view.Quota,
            Foreign = foreign,
            Used = foreign + wanted.Count,
            Complete = judged.Complete,
            Missing = decision.Missing,
            Aggregated = decision.Aggregated,
            ExtraHopShare = judged.ExtraHopShare,
            LocalExtraHopShare = judged.LocalExtraHopShare,
            Routes = [.. wanted.Routes.Values.OrderBy(route => route.Destination)],
        };
    }

    private Hop HopOf(StandingRoute route) => new(route.Destination, route.Target, ground.Hosts.Behind(route.Target));

    private static Refusal Quota(TableView view, int missing) => new(
        "quota", view.Id,
        $"Table {view.Id} ({(view.Family == IpFamily.IPv4 ? "ipv4" : "ipv6")}) is too small even for aggregated routes: quota {view.Quota}, {view.Foreign} not ours, "
        + $"1 kept free for changes, so room for {Math.Max(0, AggregateStrategy.Room(view))}; {missing} missing at the least; covers and what stands are kept",
        $"Raise the quota of routes per table (Service Quotas, vpc, L-93826ACB) to {(long)view.Quota + missing} or more, or give the groups more hosts that are up");

    private static RouteConflict Conflict(TableView view, StandingRoute found, string wanted) => new(
        view.Id, found.Destination, found.Target, wanted,
        "It is not ours and is not touched: remove it, or plan with --adopt to make it ours");

    private static Refusal NoOrder(TableView view, IReadOnlyList<Cidr> kept) => new(
        "no_hitless_order", view.Id,
        $"Table {view.Id}: {kept.Count} changes (first {kept[0]}) have no order within the quota that keeps every address reached; what stands there stays",
        $"Free routes in {view.Id} or raise its quota ({view.Quota})");
}
