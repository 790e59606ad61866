using Romana.Ipam.Addressing;

namespace Romana.Cloud.Planning;

/// <summary>A route of ours and the blocks whose longest match it is.</summary>
internal sealed class LedRoute(Cidr destination, int host, bool cover)
{
    private readonly HashSet<int> _others = [];

    public Cidr Destination => destination;

    public int Host => host;

    public bool Cover => cover;

    public int OwnBlocks { get; private set; }

    public int OtherBlocks { get; private set; }

    public int OtherHosts => _others.Count;

    /// <summary>It passes on what is not its host's own.</summary>
    public bool Leads => cover || OtherBlocks > 0;

    public void Take(int owner)
    {
        if (owner == host) OwnBlocks++;
        else
        {
            OtherBlocks++;
            _others.Add(owner);
        }
    }
}

/// <summary>Routes of ours that a group starts from.</summary>
/// <param name="Counted">Those of them that are part of their routers' load, until another takes their place.</param>
internal readonly record struct StandingOurs(List<StandingRoute> Routes, IReadOnlyCollection<Cidr> Counted);

/// <summary>
/// Reads the routes of a group off its costs, from the root down. Of choices that are equally good it makes the one that
/// stands, so a set of routes that is the best already is read back as it is, and another is left only as far as it must.
/// </summary>
internal sealed class GroupReading<T>
    where T : struct, IEquatable<T>
{
    private readonly GroupCosts<T> _below;
    private readonly IReadableCosts<T> _costs;
    private readonly GroupTree _tree;
    private readonly PlanHosts _hosts;
    private readonly RouterLoad _load;
    private readonly StandingRoute?[] _standing;
    private readonly int[] _count;
    private readonly HashSet<Cidr> _counted = [];
    private readonly Stack<(int Node, int Hop, int Routes, LedRoute? Led)> _walk = new();
    private readonly List<LedRoute> _routes = [];

    private GroupReading(GroupCosts<T> below, IReadableCosts<T> costs, PlanHosts hosts, RouterLoad load, List<StandingRoute> ours)
    {
        (_below, _costs, _tree, _hosts, _load) = (below, costs, below.Tree, hosts, load);
        (_standing, _count) = (new StandingRoute?[_tree.Count], new int[_tree.Count]);
        foreach (var route in ours.OrderBy(route => route.Destination.Length))
        {
            if (_tree.NodeUnder(route.Destination) is >= 0 and var node) _standing[node] = route;
        }

        for (var node = _tree.Count - 1; node >= 0; node--) _count[node] = (_standing[node] is null ? 0 : 1) + Count(_tree.Trie.Lower[node]) + Count(_tree.Trie.Upper[node]);
    }

    /// <summary>The routes of the group when it is given so many; the load of its routers grows by them.</summary>
    /// <param name="standing">Routes of ours that stand inside the group's CIDR and may move.</param>
    public static List<LedRoute> Read(GroupCosts<T> below, IReadableCosts<T> costs, PlanHosts hosts, RouterLoad load, StandingOurs standing, int routes)
    {
        var reading = new GroupReading<T>(below, costs, hosts, load, standing.Routes);
        reading._counted.UnionWith(standing.Counted);
        reading._walk.Push((0, GroupTree.Nobody, routes, null));
        while (reading._walk.TryPop(out var step)) reading.Step(step.Node, step.Hop, step.Routes, step.Led);
        foreach (var route in reading._routes.Where(route => !route.Leads)) load.Add(route.Host, -1);
        foreach (var route in standing.Routes.Where(route => reading._counted.Contains(route.Destination))) load.Add(hosts.Behind(route.Target), -1);
        return reading._routes;
    }

    private void Step(int node, int hop, int routes, LedRoute? led)
    {
        var whole = _below.Of(node, hop);
        routes = _costs.Fewest(whole, routes);
        var place = _tree.Placeable(node) && _costs.AsGood(_below.Place(node), whole, routes);
        if (place && Placed(node, hop, whole, routes) is >= 0 and var host)
        {
            var route = new LedRoute(_standing[node]?.Destination ?? _tree.Trie[node], host, node == 0 && _tree.MustCover);
            _routes.Add(route);
            _load.Add(host, 1);
            GoOn(node, host, _tree.IsFree(node) ? routes : routes - 1, route);
        }
        else if (_tree.Fixed(node) || _tree.Yielding(node) is not null) GoOn(node, _tree.StandingHop(node), routes, null);
        else GoOn(node, hop, routes, led);
    }

    /// <summary>The next hop of a route of ours at the node; -1 where none is as good and fits better to what stands.</summary>
    private int Placed(int node, int hop, T whole, int routes)
    {
        var left = _tree.IsFree(node) ? routes : routes - 1;
        var must = (node == 0 && _tree.MustCover) || !_costs.AsGood(_below.Pass(node, hop), whole, routes);
        var stands = _standing[node] is { } route ? _hosts.Behind(route.Target) : -1;
        if (stands < 0 && !must) return -1;
        if (_standing[node] is { } own && _counted.Remove(own.Destination)) _load.Add(stands, -1);
        var best = _below.BestBelow(node);
        var equal = _below.Owners(node).Where(owner => MayStand(node, owner) && _costs.AsGood(_below.Below(node, owner), best, left)).ToHashSet();
        if (_tree.HasRouter && _costs.AsGood(_below.AsLeader(node), best, left)) equal.UnionWith(_tree.Group.Routers);
        return must || equal.Contains(stands) ? _load.Choose(equal, stands) : -1;
    }

    private bool MayStand(int node, int host) => node > 0 || !_tree.MustCover || _tree.Leads(host);

    private void GoOn(int node, int hop, int routes, LedRoute? led)
    {
        var (lower, upper) = (_tree.Trie.Lower[node], _tree.Trie.Upper[node]);
        if (_tree.Need(node) >= 0) led?.Take(_tree.Need(node));
        var (one, other) = _costs.Divide(_below.Of(lower, hop), _below.Of(upper, hop), routes, Count(lower));
        if (upper >= 0) _walk.Push((upper, hop, other, led));
        if (lower >= 0) _walk.Push((lower, hop, one, led));
    }

    private int Count(int node) => node < 0 ? 0 : _count[node];
}
