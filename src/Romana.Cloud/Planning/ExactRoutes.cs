using System.Runtime.InteropServices;
using Romana.Ipam.Addressing;

namespace Romana.Cloud.Planning;

/// <summary>
/// The fewest routes of one group that send every block to its own host, and among those the fewest changes. Space that
/// no block uses may fall to anyone. Works from the leaves to the root: each node learns what its subtree costs under
/// every next hop that it could inherit (the idea of ORTC, Draves, King, Venkatachary and Zill, 1999, with costs instead
/// of sets, so that what stands and what is not ours take part), then one walk down reads the choice off.
/// </summary>
internal sealed class ExactRoutes(PlanHosts hosts)
{
    /// <summary>One route outweighs every number of changes.</summary>
    public const long Route = 1L << 32;

    public const long Change = 1L << 8;

    /// <summary>An address that does not reach its host: worse than any number of routes.</summary>
    public const long Miss = 1L << 50;

    /// <summary>Inherited at the top of a group without cover: no route of ours.</summary>
    public const int Nobody = -1;

    private readonly RouteTrie _trie = new();
    private readonly CostTable _costs = new();
    private readonly List<(int Host, long Cost)> _sums = [];
    private readonly Stack<(int Node, int Inherited)> _walk = new();
    private (StandingRoute Route, int Host, bool Stands)[] _standing = [];
    private (long Place, int Host)[] _best = [];

    /// <summary>Looks at a group; then <see cref="CostUnder"/> and <see cref="Read"/> may be asked.</summary>
    /// <param name="standing">What stands inside the group's CIDR.</param>
    public void Weigh(PlanGroup group, List<StandingRoute> standing)
    {
        _trie.Build(group.Cidr, group.Wanting, standing.Select(route => route.Destination));
        _costs.Clear(_trie.Count);
        if (_standing.Length < _trie.Count) (_standing, _best) = (new (StandingRoute, int, bool)[_trie.Count * 2], new (long, int)[_trie.Count * 2]);
        Array.Clear(_standing, 0, _trie.Count);
        var byPlace = standing.ToDictionary(route => route.Destination);
        for (var node = _trie.Count - 1; node >= 0; node--)
        {
            if (byPlace.TryGetValue(_trie[node], out var route)) _standing[node] = (route, hosts.Behind(route.Target), true);
            WeighNode(node);
        }
    }

    /// <summary>Cost of all below the group's own route when that leads to <paramref name="router"/>.</summary>
    public long CostUnder(int router) => Below(0, router);

    /// <summary>The routes, the group's own left out, when that leads to <paramref name="router"/>.</summary>
    public void ReadUnder(int router, Action<Cidr, int> route)
    {
        Push(0, router);
        Walk(route);
    }

    /// <summary>The routes of a group without a cover.</summary>
    public void Read(Action<Cidr, int> route)
    {
        _walk.Push((0, Nobody));
        Walk(route);
    }

    /// <summary>Routes of others at the place of a block or inside it, whatever their target: they take it from its host.</summary>
    public void ReadConflicts(Action<StandingRoute, int> conflict)
    {
        for (var node = 0; node < _trie.Count; node++)
        {
            if (_standing[node] is { Stands: true, Route.Kind: Standing.Foreign } stands && _trie.Holder[node] >= 0)
                conflict(stands.Route, _trie.Holder[node]);
        }
    }

    private void WeighNode(int node)
    {
        var stands = _standing[node];
        if (stands is { Stands: true, Route.Kind: Standing.Foreign or Standing.Still })
        {
            // It will not move, so whatever it misleads is not held against the choices above.
            _costs.Set(node, Below(node, stands.Host) % Miss, []);
            return;
        }

        var otherBelow = SumBelow(node);
        _best[node] = BestPlace(node);
        foreach (ref var sum in CollectionsMarshal.AsSpan(_sums)) sum.Cost = Math.Min(Pass(node, sum.Host, sum.Cost), _best[node].Place);
        _costs.Set(node, Math.Min(Pass(node, Nobody, otherBelow), _best[node].Place), CollectionsMarshal.AsSpan(_sums));
    }

    /// <summary>Fills the sums with the cost of what is under the node, for each host that makes a difference; answers it for any other.</summary>
    private long SumBelow(int node)
    {
        var (lower, upper, need) = (_trie.Lower[node], _trie.Upper[node], _trie.Need[node]);
        var a = _costs.Cheaper(lower);
        var b = _costs.Cheaper(upper);
        var (otherA, otherB) = (_costs.Other(lower), _costs.Other(upper));
        var miss = need >= 0 ? Miss : 0;
        _sums.Clear();
        for (int i = 0, j = 0; i < a.Length || j < b.Length;)
        {
            var host = Math.Min(i < a.Length ? a[i].Host : int.MaxValue, j < b.Length ? b[j].Host : int.MaxValue);
            var cost = (i < a.Length && a[i].Host == host ? a[i++].Cost : otherA) + (j < b.Length && b[j].Host == host ? b[j++].Cost : otherB);
            _sums.Add((host, host == need ? cost : cost + miss));
        }

        if (need >= 0) Include(need, otherA + otherB);
        return otherA + otherB + miss;
    }

    private void Include(int host, long cost)
    {
        var at = _sums.FindIndex(sum => sum.Host >= host);
        if (at >= 0 && _sums[at].Host == host) return;
        _sums.Insert(at < 0 ? _sums.Count : at, (host, cost));
    }

    private long Below(int node, int host)
    {
        var need = _trie.Need[node];
        return _costs.Of(_trie.Lower[node], host) + _costs.Of(_trie.Upper[node], host) + (need >= 0 && need != host ? Miss : 0);
    }

    /// <summary>Cheapest route at the node itself.</summary>
    private (long Place, int Host) BestPlace(int node)
    {
        var (place, best) = (long.MaxValue, Nobody);
        if (_trie.InBlock[node] && !_standing[node].Stands) return (place, best);
        foreach (var (host, below) in _sums)
        {
            var cost = below + PlaceCost(node, host);
            if (cost < place) (place, best) = (cost, host);
        }

        return (place, best);
    }

    /// <summary>A route of ours here, to that host.</summary>
    private long PlaceCost(int node, int host)
    {
        var stands = _standing[node];
        var inPlace = stands.Stands && stands.Host == host;
        return stands switch
        {
            { Stands: true, Route.Kind: Standing.Ours } => Route + (inPlace ? 0 : Change),
            // Another's that is right already is taken over; one that is wrong only where there is no way around it.
            { Stands: true, Route.Kind: Standing.Adoptable } => inPlace ? 0 : Route + Change + 2,
            _ => Route + Change,
        };
    }

    /// <summary>No route of ours here: what is inherited passes, or what stands of others takes its place.</summary>
    private long Pass(int node, int host, long below)
    {
        var stands = _standing[node];
        if (!stands.Stands) return below;
        return stands.Route.Kind switch
        {
            Standing.Ours => below + Change,
            Standing.Adoptable => Below(node, stands.Host) + 1,
            Standing.Propagated => Below(node, stands.Host),
            _ => below,
        };
    }

    private void Walk(Action<Cidr, int> route)
    {
        while (_walk.TryPop(out var step))
        {
            var (node, inherited) = step;
            var stands = _standing[node];
            if (stands is { Stands: true, Route.Kind: Standing.Foreign or Standing.Still }) Push(node, stands.Host);
            else if (Pass(node, inherited, Below(node, inherited)) <= _best[node].Place)
                Push(node, stands is { Stands: true, Route.Kind: not Standing.Ours } ? stands.Host : inherited);
            else
            {
                route(_trie[node], _best[node].Host);
                Push(node, _best[node].Host);
            }
        }
    }

    private void Push(int node, int inherited)
    {
        if (_trie.Upper[node] >= 0) _walk.Push((_trie.Upper[node], inherited));
        if (_trie.Lower[node] >= 0) _walk.Push((_trie.Lower[node], inherited));
    }
}
