namespace Romana.Cloud.Planning;

/// <summary>What a group costs by the routes it is given, and the routes themselves.</summary>
internal abstract class GroupSolution(GroupTree tree)
{
    public GroupTree Tree => tree;

    /// <summary>Element k: units of addresses behind an extra hop with at most k routes; the last stands for all beyond.</summary>
    public abstract long[] Costs { get; }

    /// <summary>The same, of the best there can be; less than the cost only where the work was too much.</summary>
    public abstract long[] Bounds { get; }

    public bool IsExact => ReferenceEquals(Costs, Bounds);

    public abstract List<LedRoute> Read(PlanHosts hosts, RouterLoad load, StandingOurs standing, int routes);

    /// <summary>The best for every number of routes; by prices where that is more work than is allowed.</summary>
    public static GroupSolution Of(GroupTree tree, CostVectors vectors) =>
        vectors.GaveUp || new GroupCosts<int>(tree, vectors) is not { Curve: { } curve } costs
            ? new PricedSolution(tree, vectors.Most)
            : new ExactSolution(costs, vectors, vectors[curve].ToArray());

    private sealed class ExactSolution(GroupCosts<int> costs, CostVectors vectors, long[] curve) : GroupSolution(costs.Tree)
    {
        public override long[] Costs => curve;

        public override long[] Bounds => curve;

        public override List<LedRoute> Read(PlanHosts hosts, RouterLoad load, StandingOurs standing, int routes) =>
            GroupReading<int>.Read(costs, vectors, hosts, load, standing, routes);
    }
}

/// <summary>
/// A group by prices (Lagrange): a set of routes at every corner of the lower hull of what is possible, found by halving
/// between corners, and the hull itself as the bound. A group's optimum may lie between corners: then the next one below
/// is taken, and the bound says how much that can be.
/// </summary>
internal sealed class PricedSolution : GroupSolution
{
    /// <summary>Corners that are looked for; each is one walk over the tree.</summary>
    private const int Corners = 48;

    private readonly List<Corner> _corners = [];
    private readonly List<(PricedCosts Prices, Price Best)> _tried = [];

    public PricedSolution(GroupTree tree, int most)
        : base(tree)
    {
        // With an extra hop cheaper than any route, then free routes: the two ends.
        var units = (UInt128)Enumerable.Range(0, tree.Count).Sum(tree.Weight);
        var (few, many) = (Try(1, units + 1), Try(1, 0));
        if (few is not null && many is not null && few.Routes < many.Routes && few.Routes <= most) Between(few, many, most);
        _corners.Sort((one, other) => one.Routes.CompareTo(other.Routes));
        (Costs, Bounds) = (new long[most + 1], new long[most + 1]);
        for (var k = 0; k <= most; k++)
        {
            Costs[k] = _corners.FindLast(corner => corner.Routes <= k)?.Units ?? CostVectors.Impossible;
            Bounds[k] = Costs[k] == CostVectors.Impossible ? CostVectors.Impossible : _tried.Max(one => one.Prices.Bound(one.Best, k));
        }
    }

    public override long[] Costs { get; }

    public override long[] Bounds { get; }

    public override List<LedRoute> Read(PlanHosts hosts, RouterLoad load, StandingOurs standing, int routes)
    {
        var prices = _corners.FindLast(corner => corner.Routes <= routes)!.Prices;
        return GroupReading<Price>.Read(new GroupCosts<Price>(Tree, prices), prices, hosts, load, standing, routes);
    }

    private Corner? Try(UInt128 perUnit, UInt128 perRoute)
    {
        var prices = new PricedCosts(perUnit, perRoute);
        var best = new GroupCosts<Price>(Tree, prices).Curve!.Value;
        if (best == prices.Never) return null;
        _tried.Add((prices, best));
        if (_corners.Find(corner => corner.Routes == best.Routes) is { } known) return known;
        _corners.Add(new Corner(best.Routes, prices.Units(best), prices));
        return _corners[^1];
    }

    /// <summary>The widest gap first, as far as the room goes.</summary>
    private void Between(Corner few, Corner many, int most)
    {
        var gaps = new PriorityQueue<(Corner Few, Corner Many), int>([((few, many), 0)]);
        while (_tried.Count < Corners && gaps.TryDequeue(out var gap, out _))
        {
            var (one, other) = gap;
            if (other.Routes - one.Routes < 2 || one.Routes >= most || one.Units <= other.Units) continue;
            var middle = Try((UInt128)(other.Routes - one.Routes), (UInt128)(one.Units - other.Units));
            if (middle is null || middle.Routes <= one.Routes || middle.Routes >= other.Routes) continue;
            gaps.Enqueue((one, middle), one.Routes - middle.Routes);
            gaps.Enqueue((middle, other), middle.Routes - other.Routes);
        }
    }

    private sealed record Corner(int Routes, long Units, PricedCosts Prices);
}
