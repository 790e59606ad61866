using Romana.Ipam.Addressing;

namespace Romana.Cloud.Planning;

/// <summary>What a table is to hold when its exact routes do not fit.</summary>
/// <param name="Wanted">Null when no complete set fits.</param>
/// <param name="Needed">Routes of ours that the smallest complete set has, where none fits.</param>
/// <param name="Gap">Units behind an extra hop that a best plan could spare at the most, and the same of local ones.</param>
/// <param name="Units">Of all counted blocks.</param>
internal sealed record Aggregation(WantedRoutes? Wanted, int Needed, (long Far, long Local) Gap, long Units);

/// <summary>
/// The best set of routes that fits, as formats.md defines it, when not every block can have its own: the fewest
/// addresses behind an extra hop. The problem falls apart by group, since a next hop is only ever right inside one; within
/// a group <see cref="GroupSolution"/> knows the best for every number of routes, and <see cref="RoomShare"/> divides the
/// table's room among the groups.
/// </summary>
internal sealed class AggregateStrategy
{
    /// <summary>Steps of arithmetic for one family: a second or two.</summary>
    public const long Work = 2_000_000_000;

    /// <summary>Times that tables are read again because a router leads more than it should.</summary>
    private const int Rounds = 3;

    private readonly PlanGround _ground;
    private readonly RouterLoad _load;
    private readonly Dictionary<IpFamily, (CostVectors Vectors, int Shift)> _families = [];
    private readonly Dictionary<(PlanGroup Group, string Others), GroupSolution> _known = [];

    /// <param name="tables">Those whose exact routes do not fit.</param>
    /// <param name="work">Steps of arithmetic for one family.</param>
    public AggregateStrategy(PlanGround ground, RouterLoad load, IReadOnlyCollection<TableView> tables, long work)
    {
        (_ground, _load) = (ground, load);
        foreach (var family in tables.GroupBy(view => view.Family))
            _families[family.Key] = (new CostVectors(Math.Max(0, family.Max(Room)), work), Shift(ground, family));
    }

    /// <summary>Routes of ours that the table may hold; those that are taken over bring their own room.</summary>
    public static int Room(TableView view) => view.Quota - view.Foreign - 1;

    /// <summary>Routes of ours in the smallest complete set, whatever the room.</summary>
    public static int Fewest(PlanGround ground, TableView view)
    {
        var inOrder = view.Routes.Values.OrderBy(route => route.Destination).ToList();
        var groups = ground.Groups.Where(group => group.Cidr.Family == view.Family).ToLookup(group => group.Duty == GroupDuty.Segment);
        var segments = groups[true].Count(group => !view.Routes.TryGetValue(group.Cidr, out var root) || root.Kind is Standing.Ours or Standing.Propagated);
        return segments + groups[false].Sum(group => Fewest(new GroupTree(
            group, ground.Hosts, [.. ExactStrategy.Inside(group.Cidr, inOrder).Where(route => route.Kind != Standing.Ours)], view.Family.Width() - 1)));
    }

    private static int Fewest(GroupTree tree) => new GroupCosts<int>(tree, new RouteCounts()).Curve!.Value;

    /// <param name="tables">With the exact routes of each, whose covers are among the routers' load already.</param>
    public List<Aggregation> Plan(List<(TableView View, WantedRoutes Exact)> tables)
    {
        var drafts = tables.ConvertAll(table => Divide(table.View, table.Exact));
        foreach (var host in drafts.SelectMany(table => table.Standing)) _load.Add(host, 1);
        foreach (var table in drafts.Where(table => table.Shares is not null))
        {
            foreach (var host in table.Standing.Concat(Covers(table.Exact))) _load.Add(host, -1);
            Read(table, [.. table.View.Routes.Values.Where(route => route.Kind == Standing.Ours)], []);
        }

        // Those that were read first did not know yet where others have no choice.
        for (var round = 0; round < Rounds && _load.IsOver; round++)
        {
            foreach (var table in drafts.Where(table => table.Shares is not null)) ReadAgain(table);
        }

        return drafts.ConvertAll(Finish);
    }

    private Draft Divide(TableView view, WantedRoutes exact)
    {
        var always = exact.Routes.Values.Where(route => route.Kind == PlannedRouteKind.Segment || IsStill(view, route)).ToList();
        var inOrder = view.Routes.Values.OrderBy(route => route.Destination).ToList();
        var groups = _ground.Groups.Where(group => group.Cidr.Family == view.Family && group.Duty != GroupDuty.Segment)
            .Select(group => Look(group, view, ExactStrategy.Inside(group.Cidr, inOrder))).ToList();
        var room = Room(view) - Takes(view, always);
        var shares = room < 0 ? null : RoomShare.Divide(groups.ConvertAll(group => group.Curve), room);
        return new Draft(view, exact, always, groups, shares) { Standing = RouterLoad.Aggregates(_ground, view) };
    }

    /// <summary>Places that they take of the room: one that is taken over is among the others' already.</summary>
    private static int Takes(TableView view, List<PlannedRoute> always) =>
        always.Count(route => !view.Routes.TryGetValue(route.Destination, out var stands) || stands.Kind != Standing.Adoptable);

    private static bool IsStill(TableView view, PlannedRoute route) =>
        view.Routes.TryGetValue(route.Destination, out var stands) && stands.Kind == Standing.Still;

    private GroupInTable Look(PlanGroup group, TableView view, List<StandingRoute> inside)
    {
        var others = inside.Where(route => route.Kind != Standing.Ours).ToList();
        var (vectors, shift) = _families[view.Family];
        var key = (group, string.Join(' ', others));
        if (!_known.TryGetValue(key, out var solution))
            _known[key] = solution = GroupSolution.Of(new GroupTree(group, _ground.Hosts, others, shift), vectors);
        var local = group.OneLink && view.LocalSubnet is { } subnet && group.Members.Count > 0 && _ground.Hosts[group.Members.Min].Host.Subnet == subnet;
        var ours = inside.Where(route => route.Kind == Standing.Ours);
        return new GroupInTable(solution, new GroupCurve(solution.Costs, local, solution.Tree.CountNodes(ours)));
    }

    private IEnumerable<int> Covers(WantedRoutes exact) =>
        exact.Routes.Values.Where(route => route.Kind == PlannedRouteKind.Cover).Select(route => _ground.Hosts.Behind(route.Target));

    private void Read(Draft table, List<StandingRoute> ours, IReadOnlyCollection<Cidr> counted)
    {
        var routes = new List<(PlanGroup Group, LedRoute Route)>();
        foreach (var ((solution, _), share) in table.Groups.Zip(table.Shares!))
        {
            var group = solution.Tree.Group;
            var standing = new StandingOurs([.. ours.Where(route => group.Cidr.Contains(route.Destination))], counted);
            routes.AddRange(solution.Read(_ground.Hosts, _load, standing, share).Select(route => (group, route)));
        }

        table.Routes = routes;
    }

    private void ReadAgain(Draft table) => Read(
        table,
        table.Routes.ConvertAll(one => new StandingRoute(one.Route.Destination, _ground.Hosts[one.Route.Host].Eni, Standing.Ours)),
        [.. table.Routes.Where(one => one.Route.Leads).Select(one => one.Route.Destination)]);

    private Aggregation Finish(Draft table)
    {
        if (table.Shares is null)
            return new Aggregation(null, Takes(table.View, table.Always) + table.Groups.Sum(group => Fewest(group.Solution.Tree)), default, 0);
        var wanted = new WantedRoutes();
        wanted.Conflicts.AddRange(table.Exact.Conflicts);
        foreach (var route in table.Always) wanted.Add(route);
        foreach (var (group, route) in table.Routes)
        {
            var host = _ground.Hosts[route.Host];
            if (route.Cover) wanted.AddCover(group, host);
            else if (route.Leads) wanted.AddAggregate(route, host, group);
            else wanted.AddOwn(route.Destination, host, Math.Max(1, route.OwnBlocks));
        }

        return new Aggregation(wanted, 0, (Gap(table, local: false), Gap(table, local: true)), table.Groups.Sum(group => group.Solution.Tree.TotalUnits));
    }

    private static long Gap(Draft table, bool local)
    {
        var cost = table.Groups.Zip(table.Shares!).Where(pair => pair.First.Curve.Local == local).Sum(pair => pair.First.Curve.At(pair.Second));
        var bounds = table.Groups.ConvertAll(group => group.Curve with { Costs = group.Solution.Bounds });
        return table.Groups.TrueForAll(group => group.Solution.IsExact) ? 0 : cost - RoomShare.Least(bounds, Room(table.View) - Takes(table.View, table.Always), local);
    }

    private static int Shift(PlanGround ground, IGrouping<IpFamily, TableView> tables)
    {
        var groups = ground.Groups.Where(group => group.Cidr.Family == tables.Key).ToList();
        var spaces = new SpaceSet(groups.Select(group => group.Cidr));
        return AddressUnits.Shift(tables.Key, [.. groups.SelectMany(group => group.Granted)], tables.SelectMany(view => view.Routes.Values)
            .Where(route => route.Kind != Standing.Ours && spaces.Overlaps(route.Destination)).Select(route => route.Destination));
    }

    private sealed record GroupInTable(GroupSolution Solution, GroupCurve Curve);

    private sealed record Draft(TableView View, WantedRoutes Exact, List<PlannedRoute> Always, List<GroupInTable> Groups, int[]? Shares)
    {
        /// <summary>What leads others' blocks now, covers aside; it counts until the table is read.</summary>
        public List<int> Standing { get; init; } = [];

        public List<(PlanGroup Group, LedRoute Route)> Routes { get; set; } = [];
    }
}
