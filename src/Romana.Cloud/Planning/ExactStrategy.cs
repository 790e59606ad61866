using Romana.Ipam.Addressing;

namespace Romana.Cloud.Planning;

/// <summary>Every block to its own host, covers and segments beside: what a table holds while it fits.</summary>
internal sealed class ExactStrategy(PlanGround ground, RouterLoad load)
{
    private readonly ExactRoutes _exact = new(ground.Hosts);

    /// <param name="before">Routes planned for the table already, whose covers are chosen again; null for what stands.</param>
    public WantedRoutes Plan(TableView view, WantedRoutes? before = null)
    {
        var wanted = new WantedRoutes();
        var inOrder = view.Routes.Values.OrderBy(route => route.Destination).ToList();
        foreach (var route in inOrder)
        {
            if (route.Kind == Standing.Still) wanted.AddStill(route, ground.Hosts.HostBehind(route.Target), "stays as it is, see refused");
        }

        foreach (var group in ground.Groups)
        {
            if (group.Cidr.Family == view.Family) Plan(group, view, inOrder, wanted, before);
        }

        return wanted;
    }

    /// <summary>
    /// Tables that were planned first did not know yet where others have no choice: those with a cover on a router that
    /// leads more than it should are planned again while that helps. Every move is from one that is over to one that is
    /// not full, so it ends.
    /// </summary>
    public void Relieve(List<TableDecision> decisions)
    {
        for (var moved = true; moved && load.IsOver;)
        {
            moved = false;
            for (var at = 0; at < decisions.Count; at++)
            {
                var (view, before) = (decisions[at].View, decisions[at].Wanted);
                if (!Covers(before).Any(route => load.IsOverAt(ground.Hosts.Behind(route.Target)))) continue;
                var again = Plan(view, before);
                moved |= Covers(again).Any(route => !before.Routes.TryGetValue(route.Destination, out var was) || was.Target != route.Target);
                decisions[at] = decisions[at] with { Wanted = again };
            }
        }
    }

    private static IEnumerable<PlannedRoute> Covers(WantedRoutes wanted) => wanted.Routes.Values.Where(route => route.Kind == PlannedRouteKind.Cover);

    private void Plan(PlanGroup group, TableView view, List<StandingRoute> inOrder, WantedRoutes wanted, WantedRoutes? before)
    {
        if (group.Duty == GroupDuty.Segment)
        {
            PlanSegment(group, view, wanted);
            return;
        }

        var inside = Inside(group.Cidr, inOrder);
        _exact.Weigh(group, inside);
        var hasRoot = view.Routes.TryGetValue(group.Cidr, out var root);
        var router = group.WantsCover && !group.Routers.IsEmpty ? ChooseRouter(group, Leads(group, view, before), inside) : -1;
        if (router >= 0 && hasRoot && root.Kind == Standing.Foreign) wanted.Conflicts.Add((root, ground.Hosts[router].Eni));
        var counts = new BlockCounts(group.Wanting);
        void Own(Cidr destination, int host) => wanted.AddOwn(destination, ground.Hosts[host], counts.Of(host, destination));
        if (router < 0 || (hasRoot && root.Kind is Standing.Foreign or Standing.Still)) _exact.Read(Own);
        else
        {
            load.Add(router, 1);
            wanted.AddCover(group, ground.Hosts[router]);
            _exact.ReadUnder(router, Own);
        }

        _exact.ReadConflicts((found, host) =>
        {
            if (router < 0 || found.Destination != group.Cidr) wanted.Conflicts.Add((found, ground.Hosts[host].Eni));
        });
    }

    private static void PlanSegment(PlanGroup group, TableView view, WantedRoutes wanted)
    {
        if (!view.Routes.TryGetValue(group.Cidr, out var stands) || stands.Kind is not (Standing.Foreign or Standing.Still)) wanted.AddSegment(group);
        else if (stands.Kind == Standing.Foreign) wanted.Conflicts.Add((stands, group.Group.Via!));
    }

    /// <summary>Fewest extra hops, fewest routes, then the one that leads already unless it leads too much, then balance, then fewest changes.</summary>
    private int ChooseRouter(PlanGroup group, int leads, List<StandingRoute> inside)
    {
        if (leads >= 0 && group.Routers.Contains(leads)) load.Add(leads, -1);
        var extra = ExtraHops(group, inside);
        var best = group.Routers.Min(host => (extra(host), _exact.CostUnder(host) / ExactRoutes.Route));
        var equal = group.Routers.Where(host => (extra(host), _exact.CostUnder(host) / ExactRoutes.Route) == best).ToHashSet();
        return load.Choose(equal, leads, host => _exact.CostUnder(host));
    }

    /// <summary>The host behind the group's cover, as planned before or else as it stands; -1 for none.</summary>
    private int Leads(PlanGroup group, TableView view, WantedRoutes? before)
    {
        if (before is not null)
            return before.Routes.TryGetValue(group.Cidr, out var cover) && cover.Kind == PlannedRouteKind.Cover ? ground.Hosts.Behind(cover.Target) : -1;
        return view.Routes.TryGetValue(group.Cidr, out var root) && root.Kind is (Standing.Ours or Standing.Adoptable) ? ground.Hosts.Behind(root.Target) : -1;
    }

    /// <summary>Where the prefix is all that is announced its router's own blocks alone are reached without an extra hop.</summary>
    private Func<int, long> ExtraHops(PlanGroup group, List<StandingRoute> inside)
    {
        if (group.Duty != GroupDuty.PrefixOnly) return _ => 0;
        var others = inside.Where(route => route.Kind != Standing.Ours).ToList();
        var shift = AddressUnits.Shift(group.Cidr.Family, group.Granted, others.Select(route => route.Destination));
        var vectors = new CostVectors(0, long.MaxValue);
        var costs = new GroupCosts<int>(new GroupTree(group, ground.Hosts, others, shift), vectors);
        return host => vectors.At(costs.Below(0, host), 0);
    }

    /// <summary>The run of routes inside a block, in an ordered list.</summary>
    internal static List<StandingRoute> Inside(Cidr space, List<StandingRoute> inOrder)
    {
        var (low, high) = (0, inOrder.Count);
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (inOrder[middle].Destination < space) low = middle + 1;
            else high = middle;
        }

        return [.. inOrder.Skip(low).TakeWhile(route => space.Contains(route.Destination))];
    }

    /// <summary>Loads of covers that stand, so that the first table planned already sees the last one's.</summary>
    public void CountStandingCovers(TableView view)
    {
        foreach (var group in ground.Groups.Where(group => group.WantsCover && group.Cidr.Family == view.Family))
        {
            if (!view.Routes.TryGetValue(group.Cidr, out var root) || root.Kind is not (Standing.Ours or Standing.Adoptable)) continue;
            var leads = ground.Hosts.Behind(root.Target);
            if (leads >= 0 && group.Routers.Contains(leads)) load.Add(leads, 1);
        }
    }
}

/// <summary>How many blocks of a host lie in a prefix, for the `why` of a route.</summary>
internal sealed class BlockCounts(List<PlanBlock> blocks)
{
    private readonly Dictionary<int, List<Cidr>> _byHost = blocks.GroupBy(block => block.Host).ToDictionary(held => held.Key, held => held.Select(block => block.Cidr).ToList());

    public int Of(int host, Cidr space)
    {
        var own = _byHost[host];
        var at = own.BinarySearch(space);
        if (at < 0) at = ~at;
        var count = 0;
        while (at + count < own.Count && space.Contains(own[at + count])) count++;
        return Math.Max(1, count);
    }
}
