using System.Runtime.InteropServices;
using Romana.Ipam.Addressing;

namespace Romana.Cloud.Planning;

/// <summary>
/// The prefixes of one group that matter to a plan, as a path-compressed binary trie: blocks, routes that stand, and
/// where they part. Index order is address order, so a child comes after its parent.
/// </summary>
internal sealed class RouteTrie
{
    public const int None = -1;

    private readonly List<Cidr> _prefixes = [];
    private readonly List<int> _path = [];

    public int Count => _prefixes.Count;

    public List<int> Lower { get; } = [];

    public List<int> Upper { get; } = [];

    /// <summary>Host whose addresses lie under the prefix and under none of its children; -1 when that space is free.</summary>
    public List<int> Need { get; } = [];

    /// <summary>Host of the block that the prefix is or lies in; -1 outside of all.</summary>
    public List<int> Holder { get; } = [];

    /// <summary>Strictly inside a block: no place for a new route, since what misleads there is another's.</summary>
    public List<bool> InBlock { get; } = [];

    public Cidr this[int node] => _prefixes[node];

    /// <summary>The topmost node inside a prefix; None when there is none.</summary>
    public int FirstIn(Cidr space)
    {
        var at = _prefixes.BinarySearch(space);
        if (at < 0) at = ~at;
        return at < _prefixes.Count && space.Contains(_prefixes[at]) ? at : None;
    }

    /// <summary>Fills it anew; a trie is used again and again to spare the collector.</summary>
    /// <param name="blocks">Disjoint, in address order, inside the root.</param>
    public void Build(Cidr root, List<PlanBlock> blocks, IEnumerable<Cidr> standing)
    {
        _prefixes.Clear();
        _prefixes.Add(root);
        foreach (var block in blocks) _prefixes.Add(block.Cidr);
        _prefixes.AddRange(standing);
        SortDistinct();
        var leaves = _prefixes.Count;
        for (var i = 1; i < leaves; i++) _prefixes.Add(Meeting(_prefixes[i - 1], _prefixes[i]));
        SortDistinct();
        Link();
        FillNeeds(blocks);
    }

    /// <summary>The longest prefix that holds both.</summary>
    internal static Cidr Meeting(Cidr one, Cidr other)
    {
        var differ = one.First.Bits ^ other.First.Bits;
        var common = (int)UInt128.LeadingZeroCount(differ) - (128 - one.Family.Width());
        return Cidr.Around(one.First, Math.Min(common, Math.Min(one.Length, other.Length)));
    }

    private void SortDistinct()
    {
        _prefixes.Sort();
        var kept = 0;
        for (var i = 0; i < _prefixes.Count; i++)
        {
            if (kept == 0 || _prefixes[i] != _prefixes[kept - 1]) _prefixes[kept++] = _prefixes[i];
        }

        _prefixes.RemoveRange(kept, _prefixes.Count - kept);
    }

    private void Link()
    {
        Reset(Lower);
        Reset(Upper);
        _path.Clear();
        for (var node = 0; node < _prefixes.Count; node++)
        {
            while (_path.Count > 0 && !_prefixes[_path[^1]].Contains(_prefixes[node])) _path.RemoveAt(_path.Count - 1);
            if (_path.Count > 0)
            {
                var parent = _path[^1];
                var side = _prefixes[parent].LowerHalf.Contains(_prefixes[node]) ? Lower : Upper;
                side[parent] = node;
            }

            _path.Add(node);
        }
    }

    private void FillNeeds(List<PlanBlock> blocks)
    {
        Reset(Need);
        Reset(Holder);
        InBlock.Clear();
        CollectionsMarshal.SetCount(InBlock, _prefixes.Count);
        CollectionsMarshal.AsSpan(InBlock).Clear();
        var next = 0;
        for (var node = 0; node < _prefixes.Count; node++)
        {
            while (next < blocks.Count && blocks[next].Cidr.Last < _prefixes[node].First) next++;
            if (next == blocks.Count) return;
            if (!blocks[next].Cidr.Contains(_prefixes[node])) continue;
            InBlock[node] = blocks[next].Cidr != _prefixes[node];
            Holder[node] = blocks[next].Host;
            if (!SplitsWhole(node)) Need[node] = blocks[next].Host;
        }
    }

    private bool SplitsWhole(int node)
    {
        var half = _prefixes[node].Length + 1;
        return Lower[node] >= 0 && Upper[node] >= 0 && _prefixes[Lower[node]].Length == half && _prefixes[Upper[node]].Length == half;
    }

    private void Reset(List<int> list)
    {
        CollectionsMarshal.SetCount(list, _prefixes.Count);
        CollectionsMarshal.AsSpan(list).Fill(None);
    }
}
