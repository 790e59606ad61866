using Romana.Ipam.Addressing;

namespace Romana.Cloud.Planning;

/// <summary>
/// Prefixes of one table and family, each under the longest other one that holds it. Index order is address order, so
/// what lies under a prefix follows it in one run. Addresses that no longer prefix takes from a prefix are its own.
/// </summary>
internal sealed class PrefixTree
{
    public const int None = -1;

    private readonly List<Cidr> _prefixes;
    private readonly int[] _parents;
    private readonly int[] _ends;
    private readonly int[] _needs;

    /// <param name="blocks">Disjoint, in address order.</param>
    public PrefixTree(IEnumerable<Cidr> prefixes, IReadOnlyList<PlanBlock> blocks)
    {
        Blocks = blocks;
        _prefixes = [.. prefixes.Concat(blocks.Select(block => block.Cidr)).Distinct().Order()];
        _parents = new int[_prefixes.Count];
        _ends = new int[_prefixes.Count];
        _needs = new int[_prefixes.Count];
        Link();
        FillNeeds();
    }

    public IReadOnlyList<PlanBlock> Blocks { get; }

    public int Count => _prefixes.Count;

    public Cidr this[int node] => _prefixes[node];

    public int IndexOf(Cidr prefix) => _prefixes.BinarySearch(prefix);

    /// <summary>The next shorter prefix that holds it, or <see cref="None"/>.</summary>
    public int Parent(int node) => _parents[node];

    /// <summary>One past the last prefix under it.</summary>
    public int End(int node) => _ends[node];

    /// <summary>Index of the block that a prefix's own addresses belong to; <see cref="None"/> when there is none.</summary>
    public int Need(int node) => _needs[node];

    private void Link()
    {
        var path = new Stack<int>();
        for (var node = 0; node < Count; node++)
        {
            while (path.TryPeek(out var top) && !_prefixes[top].Contains(_prefixes[node])) _ends[path.Pop()] = node;
            _parents[node] = path.TryPeek(out var parent) ? parent : None;
            path.Push(node);
        }

        while (path.TryPop(out var last)) _ends[last] = Count;
    }

    private void FillNeeds()
    {
        for (int node = 0, next = 0; node < Count; node++)
        {
            _needs[node] = None;
            while (next < Blocks.Count && Blocks[next].Cidr.Last < _prefixes[node].First) next++;
            if (next < Blocks.Count && Blocks[next].Cidr.Contains(_prefixes[node]) && HasOwn(node)) _needs[node] = next;
        }
    }

    private bool HasOwn(int node)
    {
        UInt128 taken = 0;
        for (var child = node + 1; child < _ends[node]; child = _ends[child]) taken += _prefixes[child].CountLessOne + 1;
        return taken != _prefixes[node].CountLessOne + 1;
    }
}
