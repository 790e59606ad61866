using System.Runtime.InteropServices;

namespace Romana.Cloud.Planning;

/// <summary>
/// For each node of a trie, what its part of the plan costs under the next hop that it inherits: one figure for any
/// host, and a list of the hosts for which it is less, in their order.
/// </summary>
internal sealed class CostTable
{
    private readonly List<(int Host, long Cost)> _entries = [];
    private (int Start, int Length, long Other)[] _nodes = [];

    public void Clear(int nodes)
    {
        _entries.Clear();
        if (_nodes.Length < nodes) _nodes = new (int, int, long)[Math.Max(nodes, 2 * _nodes.Length)];
    }

    public ReadOnlySpan<(int Host, long Cost)> Cheaper(int node) => node < 0
        ? []
        : CollectionsMarshal.AsSpan(_entries).Slice(_nodes[node].Start, _nodes[node].Length);

    /// <summary>Cost under a host that is not on the list, or under none.</summary>
    public long Other(int node) => node < 0 ? 0 : _nodes[node].Other;

    public long Of(int node, int host)
    {
        var cheaper = Cheaper(node);
        var (low, high) = (0, cheaper.Length - 1);
        while (low <= high)
        {
            var middle = (low + high) >>> 1;
            if (cheaper[middle].Host == host) return cheaper[middle].Cost;
            if (cheaper[middle].Host < host) low = middle + 1;
            else high = middle - 1;
        }

        return Other(node);
    }

    public void Set(int node, long other, ReadOnlySpan<(int Host, long Cost)> costs)
    {
        var start = _entries.Count;
        foreach (var cost in costs)
        {
            if (cost.Cost < other) _entries.Add(cost);
        }

        _nodes[node] = (start, _entries.Count - start, other);
    }
}
