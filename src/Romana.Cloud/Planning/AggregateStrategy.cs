using Romana.Ipam.Addressing;

namespace Romana.Cloud.Planning;

/// <summary>What a table is to hold when its exact routes do not fit.</summary>
/// <param name="Wanted">Null when no complete set fits.</param>
/// <param name="Needed">Routes of ours that the smallest complete set has.</param>
internal sealed record Aggregation(WantedRoutes? Wanted, int Needed);

/// <summary>
/// The best set of routes that fits, as formats.md defines it, when not every block can have its own: the fewest
/// addresses behind an extra hop. The problem falls apart by group, since a next hop is only ever right inside one; within
/// a group <see cref="GroupCosts{T}"/> knows the best for every number of routes, and <see cref="RoomShare"/> divides the
/// table's room among the groups.
/// </summary>
internal sealed class AggregateStrategy
{
    /// <summary>Steps of arithmetic for one family: some seconds.</summary>
    public const long Work = 4_000_000_000;

    private readonly PlanGround _ground;
    private readonly RouterLoad _load;
    private readonly Dictionary<IpFamily, (CostVectors Vectors, int Shift)> _families = [];
    private readonly Dictionary<TableView, List<int>> _standing;
    private readonly Dictionary<(PlanGroup Group, IpFamily Family, string Others), GroupCosts<int>> _known = [];

    /// <param name="tables">Those whose exact routes do not fit.</param>
    /// <param name="work">Steps of arithmetic for one family.</param>
    public AggregateStrategy(PlanGround ground, RouterLoad load, IReadOnlyCollection<TableView> tables, long work = Work)
    {
        (_ground, _load) = (ground, load);
        foreach (var family in tables.GroupBy(view => view.Family))
            _families[family.Key] = (new CostVectors(Math.Max(0, family.Max(Room)), work), Shift(ground, family));
        _standing = tables.ToDictionary(view => view, StandingAggregates);
        foreach (var led in _standing.Values.SelectMany(hosts => hosts)) load.Add(led, 1);
    }

    /// <summary>Routes of ours that the table may hold; those that are taken over bring their own room.</summary>
    public static int Room(TableView view) => view.Quota - view.Foreign - 1;

    public Aggregation Plan(TableView view, WantedRoutes exact)
    {
        foreach (var led in _standing[view].Concat(exact.Routes.Values.Where(route => route.Kind == PlannedRouteKind.Cover).Select(route => _ground.Hosts.Behind(route.Target))))
            _load.Add(led, -1);
        var wanted = new WantedRoutes();
        wanted.Conflicts.AddRange(exact.Conflicts);
        foreach (var route in exact.Routes.Values.Where(route => route.Kind == PlannedRouteKind.Segment || IsStill(view, route))) wanted.Add(route);
        var inOrder = view.Routes.Values.OrderBy(route => route.Destination).ToList();
        var groups = _ground.Groups.Where(group => group.Cidr.Family == view.Family && group.Duty != GroupDuty.Segment)
            .Select(group => Look(group, view, ExactStrategy.Inside(group.Cidr, inOrder))).ToList();
        var room = Room(view) - wanted.Count;
        var shares = RoomShare.Divide(groups.ConvertAll(group => group.Curve), Math.Max(0, room));
        if (shares is null || room < 0) return new Aggregation(null, wanted.Count + groups.Sum(group => Fewest(group.Costs.Tree)));
        foreach (var (group, share) in groups.Zip(shares)) Read(group, share, wanted);
        return new Aggregation(wanted, 0);
    }

    private static bool IsStill(TableView view, PlannedRoute route) =>
        view.Routes.TryGetValue(route.Destination, out var stands) && stands.Kind == Standing.Still;

    /// <summary>Hosts that routes of ours lead blocks of others to, covers aside; once for each route.</summary>
    private List<int> StandingAggregates(TableView view)
    {
        var match = new LongestMatch(view.Routes.Values.Select(route => new Hop(route.Destination, route.Target, _ground.Hosts.Behind(route.Target))));
        var led = new HashSet<int>();
        foreach (var block in _ground.Groups.Where(group => group.Cidr.Family == view.Family).SelectMany(group => group.Granted))
        {
            foreach (var (_, hop) in match.Ranges(block.Cidr))
            {
                if (hop == LongestMatch.Unmatched || match.Hops[hop].Host is not (>= 0 and var host) || host == block.Host) continue;
                if (!_ground.Roots.ContainsKey(match.Hops[hop].Destination) && view.Routes[match.Hops[hop].Destination].Kind == Standing.Ours) led.Add(hop);
            }
        }

        return [.. led.Select(hop => match.Hops[hop].Host)];
    }

    private GroupInTable Look(PlanGroup group, TableView view, List<StandingRoute> inside)
    {
        var others = inside.Where(route => route.Kind != Standing.Ours).ToList();
        var key = (group, view.Family, string.Join(' ', others));
        var (vectors, shift) = _families[view.Family];
        if (!_known.TryGetValue(key, out var costs))
            _known[key] = costs = new GroupCosts<int>(new GroupTree(group, _ground.Hosts, others, shift), vectors);
        var ours = inside.Where(route => route.Kind == Standing.Ours).ToList();
        var local = group.OneLink && view.LocalSubnet is { } subnet && group.Members.Count > 0 && _ground.Hosts[group.Members.Min].Host.Subnet == subnet;
        return new GroupInTable(costs, ours, new GroupCurve(vectors[costs.Curve!.Value].ToArray(), local, GroupReading<int>.CountStanding(costs.Tree, ours)));
    }

    private static int Fewest(GroupTree tree) => new GroupCosts<int>(tree, new RouteCounts()).Curve!.Value;

    private void Read(GroupInTable group, int share, WantedRoutes wanted)
    {
        foreach (var route in GroupReading<int>.Read(group.Costs, _families[group.Costs.Tree.Group.Cidr.Family].Vectors, _ground.Hosts, _load, group.Ours, share))
        {
            var host = _ground.Hosts[route.Host];
            if (route.Cover) wanted.AddCover(group.Costs.Tree.Group, host);
            else if (route.Leads) wanted.AddAggregate(route, host, group.Costs.Tree.Group);
            else wanted.AddOwn(route.Destination, host, Math.Max(1, route.OwnBlocks));
        }
    }

    private static int Shift(PlanGround ground, IGrouping<IpFamily, TableView> tables)
    {
        var groups = ground.Groups.Where(group => group.Cidr.Family == tables.Key).ToList();
        var spaces = new SpaceSet(groups.Select(group => group.Cidr));
        return AddressUnits.Shift(tables.Key, [.. groups.SelectMany(group => group.Granted)], tables.SelectMany(view => view.Routes.Values)
            .Where(route => route.Kind != Standing.Ours && spaces.Overlaps(route.Destination)).Select(route => route.Destination));
    }

    private sealed record GroupInTable(GroupCosts<int> Costs, List<StandingRoute> Ours, GroupCurve Curve);
}
