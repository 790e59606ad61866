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
        var changes = Differences(view, wanted);
        if (changes.Count == 0) return;
        var standing = view.Routes.Values.ToDictionary(route => route.Destination, HopOf);
        var changed = changes.Select(change => change.Destination).ToHashSet();
        var components = ChangeComponent.Split(changes, view.Routes.Keys.Where(destination => !changed.Contains(destination)));
        var harmful = Harmful(view, components, standing, wanted);
        var order = new ChangeOrder(_evaluation, view.Family);
        order.Arrange([.. components.Where(component => !harmful.Contains(component))], standing, view.Quota - view.Foreign - view.Owned);
        Changes.AddRange(order.Ordered.Select(change => change.ToCall(view.Id)));
        foreach (var component in harmful.Concat(order.Stuck)) Revert(view, wanted, component);
        var left = harmful.Count + order.Stuck.Count;
        if (left > 0) Refused.Add(NoOrder(view, harmful.Concat(order.Stuck)));
    }

    private List<TableChange> Differences(TableView view, WantedRoutes wanted)
    {
        var changes = new List<TableChange>();
        foreach (var route in wanted.Routes.Values)
        {
            var to = new Hop(route.Destination, route.Target, ground.Hosts.Behind(route.Target));
            if (!view.Routes.TryGetValue(route.Destination, out var stands) || stands.Kind == Standing.Propagated)
                changes.Add(new TableChange(route.Destination, null, to));
            else if (stands.Target != route.Target) changes.Add(new TableChange(route.Destination, HopOf(stands), to));
        }

        foreach (var stands in view.Routes.Values)
        {
            if (stands.Kind == Standing.Ours && !wanted.Routes.ContainsKey(stands.Destination))
                changes.Add(new TableChange(stands.Destination, HopOf(stands), null));
        }

        return changes;
    }

    /// <summary>Components whose very end would reach a block worse than now: they are not begun (R1).</summary>
    private HashSet<ChangeComponent> Harmful(TableView view, List<ChangeComponent> components, Dictionary<Cidr, Hop> standing, WantedRoutes wanted)
    {
        var after = new Dictionary<Cidr, Hop>(standing);
        foreach (var change in components.SelectMany(component => component.Changes))
        {
            if (change.To is { } to) after[change.Destination] = to;
            else after.Remove(change.Destination);
        }

        var worse = _evaluation.Worse(new LongestMatch(standing.Values), new LongestMatch(after.Values), _evaluation.Counted(view.Family)).ToList();
        if (worse.Count == 0) return [];
        var spaces = new SpaceSet(worse.Select(block => block.Cidr));
        return [.. components.Where(component => component.Changes.Exists(change => spaces.Overlaps(change.Destination)))];
    }

    private void Revert(TableView view, WantedRoutes wanted, ChangeComponent component)
    {
        foreach (var change in component.Changes)
        {
            if (change.From is null || view.Routes[change.Destination].Kind == Standing.Adoptable) wanted.Remove(change.Destination);
            else wanted.AddStill(view.Routes[change.Destination], ground.Hosts.HostBehind(change.From.Value.Target), "stands: no order of changes loses nothing");
        }
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
        var hops = view.Routes.Values
            .Where(route => route.Kind != Standing.Ours && !wanted.Routes.ContainsKey(route.Destination))
            .Select(HopOf)
            .Concat(wanted.Routes.Values.Select(route => new Hop(route.Destination, route.Target, ground.Hosts.Behind(route.Target))));
        var judged = _evaluation.Judge(new LongestMatch(hops), view.Family, view.LocalSubnet);
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

    private static Refusal NoOrder(TableView view, IEnumerable<ChangeComponent> components)
    {
        var destinations = components.SelectMany(component => component.Changes).Select(change => change.Destination).Order().ToImmutableArray();
        return new Refusal(
            "no_hitless_order", view.Id,
            $"Table {view.Id}: {destinations.Length} changes (first {destinations[0]}) have no order within the quota that keeps every address reached; what stands there stays",
            $"Free routes in {view.Id} or raise its quota ({view.Quota})");
    }
}
