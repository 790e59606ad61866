using Romana.Ipam.Addressing;
using Romana.Ipam.Topologies;

namespace Romana.Cloud.Planning;

/// <summary>
/// Finds the turning points of an inventory's growth by halving: with every host that is added the exact routes and the
/// smallest complete set can only become more, since a plan with it is a plan without it. Pure, and nothing like the
/// tables as they stand: it asks what they would hold.
/// </summary>
internal sealed class CapacityPlanner
{
    /// <summary>Hosts beyond which nothing is looked for: a VPC holds no more.</summary>
    public const int Most = 100_000;

    private readonly GrownInventory _grown;
    private readonly Topology _topology;
    private readonly PlanOptions _options;
    private readonly Dictionary<int, List<TableNeed>> _known = [];
    private readonly int _limit;

    private CapacityPlanner(Topology topology, GrownInventory grown, PlanOptions options)
    {
        (_topology, _grown, _options) = (topology, grown, options with { Adopt = false });
        grown.GrowTo(Math.Max(Most, 2 * grown.Now));
        _limit = (grown.Full?.Hosts ?? Math.Max(Most, 2 * grown.Now) + 1) - 1;
    }

    /// <param name="blocksPerHost">For an inventory without blocks.</param>
    /// <returns>Null when no host is Up, so that there is nothing that new ones could be like.</returns>
    public static Capacity? Plan(Topology topology, Inventory inventory, int blocksPerHost, PlanOptions options)
    {
        var grown = new GrownInventory(topology, inventory, blocksPerHost);
        if (!grown.CanGrow) return null;
        var planner = new CapacityPlanner(topology, grown, options);
        return new Capacity(grown.Now, planner.NextRoutes(), planner.FirstExtraHop(), planner.End());
    }

    private CapacityPoint? NextRoutes()
    {
        var now = Exact(_grown.Now);
        // A table that is full or aggregated gets no more of them.
        var open = Enumerable.Range(0, now.Count).Where(index => now[index].Exact < now[index].Room).ToList();
        if (open.Count == 0 || !HasExactGroups()) return null;
        bool More(int hosts) => open.Exists(index => Exact(hosts)[index].Exact > now[index].Exact);
        if (First(More) is not { } at) return null;
        var then = Exact(at);
        var table = open.Find(index => then[index].Exact > now[index].Exact);
        return new CapacityPoint(at, $"{Name(now[table])} goes from {Count(now[table].Exact, "route")} of ours to {then[table].Exact}");
    }

    private CapacityPoint? FirstExtraHop()
    {
        if (First(hosts => MayHaveExtraHop(hosts) && Exact(hosts).Exists(table => table.HasExtraHop)) is not { } at) return null;
        var table = Exact(at).Find(table => table.HasExtraHop)!;
        return new CapacityPoint(at, table.Exact > table.Room
            ? $"{Name(table)} has room for {Count(Math.Max(0, table.Room), "route")} of ours, exact routes would be {table.Exact}"
            : $"{Name(table)} reaches a group by its prefix alone, or by a route of somebody else");
    }

    private CapacityPoint? End()
    {
        bool Incomplete(int hosts) => Fewest(hosts).Exists(table => table.Needed > table.Room);
        var full = _grown.Full is { } problem ? new CapacityPoint(problem.Hosts, problem.Why) : null;
        if (_limit < _grown.Now || !Incomplete(_limit)) return full;
        var at = First(Incomplete)!.Value;
        var table = Fewest(at).Find(table => table.Needed > table.Room)!;
        return new CapacityPoint(at, $"{table.View.Id} {table.View.Family.ToString().ToLowerInvariant()} has room for {Count(Math.Max(0, table.Room), "route")} of ours, "
            + $"the smallest set that reaches every block has {table.Needed}");
    }

    /// <summary>The least number of hosts, from now on, for which it is true; it stays so from there.</summary>
    private int? First(Func<int, bool> isSo)
    {
        if (_limit < _grown.Now) return null;
        var (below, step, at) = (_grown.Now - 1, 1, _grown.Now);
        while (!isSo(at))
        {
            if (at == _limit) return null;
            (below, at, step) = (at, Math.Min(_limit, at + step), 2 * step);
        }

        while (at - below > 1)
        {
            var middle = (at + below) >>> 1;
            if (isSo(middle)) at = middle;
            else below = middle;
        }

        return at;
    }

    /// <summary>False where every block could have a route of its own: then nothing need be worked out.</summary>
    private bool MayHaveExtraHop(int hosts)
    {
        var (ground, views) = Read(hosts);
        if (ground.Groups.Exists(group => group.Duty == GroupDuty.PrefixOnly) || views.Exists(view => view.Routes.Keys.Any(destination => ground.Groups.Exists(group => group.Cidr.Contains(destination)))))
            return true;
        return views.Exists(view => AggregateStrategy.Room(view) < ground.Groups.Where(group => group.Cidr.Family == view.Family).Sum(group => group.Wanting.Count + 1));
    }

    private bool HasExactGroups() => Read(_grown.Now).Ground.Groups.Exists(group => group.Duty is GroupDuty.Exact or GroupDuty.Covered);

    private List<TableNeed> Exact(int hosts)
    {
        if (_known.TryGetValue(hosts, out var known)) return known;
        var (ground, views) = Read(hosts);
        var exact = new ExactStrategy(ground, new RouterLoad(ground.Hosts));
        return _known[hosts] = views.ConvertAll(view =>
        {
            var wanted = exact.Plan(view);
            var judged = TableDecision.Judge(ground, view, wanted);
            return new TableNeed(view.Id, view.Family, wanted.Count, AggregateStrategy.Room(view), judged.ExtraHopShare + judged.LocalExtraHopShare > 0);
        });
    }

    private List<(TableView View, int Needed, int Room)> Fewest(int hosts)
    {
        var (ground, views) = Read(hosts);
        return views.ConvertAll(view => (view, AggregateStrategy.Fewest(ground, view), AggregateStrategy.Room(view)));
    }

    private (PlanGround Ground, List<TableView> Views) Read(int hosts)
    {
        var inventory = _grown.At(hosts);
        var ground = PlanGround.Read(_topology, inventory);
        return (ground, RoutePlanner.Views(ground, inventory, _options, null));
    }

    private static string Name(TableNeed table) => $"{table.Table} {table.Family.ToString().ToLowerInvariant()}";

    private static string Count(int number, string what) => $"{number} {what}{(number == 1 ? "" : "s")}";

    private sealed record TableNeed(string Table, IpFamily Family, int Exact, int Room, bool Judged)
    {
        public bool HasExtraHop => Judged || Exact > Room;
    }
}
