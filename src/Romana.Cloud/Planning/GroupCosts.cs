using System.Runtime.InteropServices;

namespace Romana.Cloud.Planning;

/// <summary>
/// For each node of a group's tree and each next hop that it could inherit: the least cost of what lies below, by the
/// number of routes spent there. From the leaves to the root. Hops that own nothing below a node fall into two kinds
/// there, those that are right for everybody and those that are right for nobody, so only owners are kept by name, and
/// of these only such as make a difference. Exact: no plan within the rules is left out.
/// </summary>
internal sealed class GroupCosts<T>
    where T : struct, IEquatable<T>
{
    private readonly GroupTree _tree;
    private readonly ICosts<T> _costs;
    private readonly List<(int Hop, T Costs)> _entries = [];
    private readonly (int Start, int Length, T Leader, T Nobody)[] _nodes;
    private readonly T[] _places;
    private readonly T[] _bestBelow;
    private readonly List<(int Hop, T Costs)> _below = [];
    private readonly List<T> _ways = [];

    public GroupCosts(GroupTree tree, ICosts<T> costs)
    {
        (_tree, _costs) = (tree, costs);
        _nodes = new (int, int, T, T)[tree.Count];
        (_places, _bestBelow) = (new T[tree.Count], new T[tree.Count]);
        for (var node = tree.Count - 1; node >= 0 && !costs.GaveUp; node--) Weigh(node);
    }

    public GroupTree Tree => _tree;

    public ICosts<T> Costs => _costs;

    /// <summary>Cost of the whole group by its routes, the cover among them; null when the work was too much.</summary>
    public T? Curve => _costs.GaveUp ? null : Of(0, GroupTree.Nobody);

    /// <summary>Cost of a node and all below it when <paramref name="hop"/> is inherited.</summary>
    public T Of(int node, int hop)
    {
        if (node < 0) return _costs.Nothing;
        foreach (var (named, costs) in Named(node, hop))
        {
            if (named == hop) return costs;
        }

        return _tree.Leads(hop) ? _nodes[node].Leader : _nodes[node].Nobody;
    }

    /// <summary>Cost when the hop is right at the node, by a route there or by what it inherited.</summary>
    public T Below(int node, int hop)
    {
        var costs = _costs.Sum(Of(_tree.Trie.Lower[node], hop), Of(_tree.Trie.Upper[node], hop));
        if (_tree.Need(node) is not (>= 0 and var owner) || _tree.Owns(hop, owner)) return costs;
        return _tree.Leads(hop) ? _costs.Sum(costs, _costs.ExtraHops(_tree.Weight(node))) : _costs.Never;
    }

    /// <summary>Cost with no route of ours at the node.</summary>
    public T Pass(int node, int hop) => Below(node, _tree.Fixed(node) || _tree.Yielding(node) is not null ? _tree.StandingHop(node) : hop);

    /// <summary>Cost with the best route of ours at the node.</summary>
    public T Place(int node) => _places[node];

    /// <summary>The same without the route itself.</summary>
    public T BestBelow(int node) => _bestBelow[node];

    /// <summary>Hops of ours that own something at the node or below it and make a difference there.</summary>
    public IEnumerable<int> Owners(int node)
    {
        Gather(node);
        return [.. _below.Select(entry => entry.Hop).Where(hop => hop < _tree.OtherFace(0))];
    }

    private void Weigh(int node)
    {
        Gather(node);
        _places[node] = BestPlace(node);
        var start = _entries.Count;
        if (_tree.Placeable(node) && node == 0 && _tree.MustCover)
        {
            _nodes[node] = (start, 0, _places[node], _places[node]);
            return;
        }

        if (_tree.Fixed(node) || _tree.Yielding(node) is not null)
        {
            var same = Best(Below(node, _tree.StandingHop(node)), node);
            _nodes[node] = (start, 0, same, same);
            return;
        }

        var (leader, nobody) = (Best(BelowAs(node, leads: true), node), Best(BelowAs(node, leads: false), node));
        foreach (var (hop, below) in CollectionsMarshal.AsSpan(_below))
        {
            var costs = Best(below, node);
            if (!costs.Equals(_tree.Leads(hop) ? leader : nobody)) _entries.Add((hop, costs));
        }

        _nodes[node] = (start, _entries.Count - start, leader, nobody);
    }

    private T Best(T pass, int node) => _tree.Placeable(node) ? _costs.Least([pass, _places[node]]) : pass;

    private T BestPlace(int node)
    {
        _bestBelow[node] = _costs.Never;
        if (!_tree.Placeable(node)) return _costs.Never;
        var cover = node == 0 && _tree.MustCover;
        _ways.Clear();
        _ways.Add(_tree.HasRouter ? BelowAs(node, leads: true) : _costs.Never);
        foreach (var (hop, below) in CollectionsMarshal.AsSpan(_below))
        {
            if (hop < _tree.OtherFace(0) && (!cover || _tree.Leads(hop))) _ways.Add(below);
        }

        var best = _bestBelow[node] = _costs.Least(CollectionsMarshal.AsSpan(_ways));
        return _tree.IsFree(node) ? best : _costs.AndOneRoute(best);
    }

    /// <summary>Fills the list of hops that make a difference at the node's children or own the node, in order, with their costs below.</summary>
    private void Gather(int node)
    {
        var (lower, upper, need) = (_tree.Trie.Lower[node], _tree.Trie.Upper[node], _tree.Need(node));
        var a = Named(lower);
        var b = Named(upper);
        _below.Clear();
        for (int i = 0, j = 0; i < a.Length || j < b.Length;)
        {
            var hop = Math.Min(i < a.Length ? a[i].Hop : int.MaxValue, j < b.Length ? b[j].Hop : int.MaxValue);
            var costs = _costs.Sum(
                i < a.Length && a[i].Hop == hop ? a[i++].Costs : Kind(lower, hop),
                j < b.Length && b[j].Hop == hop ? b[j++].Costs : Kind(upper, hop));
            if (need >= 0 && !_tree.Owns(hop, need)) costs = _tree.Leads(hop) ? _costs.Sum(costs, _costs.ExtraHops(_tree.Weight(node))) : _costs.Never;
            _below.Add((hop, costs));
        }

        if (need < 0) return;
        Include(node, need);
        if (_tree.TwoFaced.Contains(need)) Include(node, _tree.OtherFace(need));
    }

    private void Include(int node, int hop)
    {
        var at = _below.FindIndex(entry => entry.Hop >= hop);
        if (at >= 0 && _below[at].Hop == hop) return;
        _below.Insert(at < 0 ? _below.Count : at, (hop, _costs.Sum(Kind(_tree.Trie.Lower[node], hop), Kind(_tree.Trie.Upper[node], hop))));
    }

    /// <summary>Cost below a router that owns nothing there.</summary>
    public T AsLeader(int node) => BelowAs(node, leads: true);

    private T BelowAs(int node, bool leads)
    {
        var (lower, upper) = (_tree.Trie.Lower[node], _tree.Trie.Upper[node]);
        T One(int child) => child < 0 ? _costs.Nothing : leads ? _nodes[child].Leader : _nodes[child].Nobody;
        var costs = _costs.Sum(One(lower), One(upper));
        if (_tree.Need(node) < 0) return costs;
        return leads ? _costs.Sum(costs, _costs.ExtraHops(_tree.Weight(node))) : _costs.Never;
    }

    private T Kind(int child, int hop) => child < 0 ? _costs.Nothing : _tree.Leads(hop) ? _nodes[child].Leader : _nodes[child].Nobody;

    private ReadOnlySpan<(int Hop, T Costs)> Named(int node) => node < 0
        ? []
        : CollectionsMarshal.AsSpan(_entries).Slice(_nodes[node].Start, _nodes[node].Length);

    /// <summary>The one entry of that hop, or none.</summary>
    private ReadOnlySpan<(int Hop, T Costs)> Named(int node, int hop)
    {
        var named = Named(node);
        var (low, high) = (0, named.Length - 1);
        while (low <= high)
        {
            var middle = (low + high) >>> 1;
            if (named[middle].Hop == hop) return named.Slice(middle, 1);
            if (named[middle].Hop < hop) low = middle + 1;
            else high = middle - 1;
        }

        return [];
    }
}
