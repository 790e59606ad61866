using Romana.Ipam.Addressing;

namespace Romana.Cloud.Planning;

/// <summary>A set of addresses given as blocks, to ask whether a block touches it. Built once, asked often.</summary>
internal sealed class SpaceSet
{
    private readonly List<Cidr> _blocks = [];

    public SpaceSet(IEnumerable<Cidr> blocks)
    {
        foreach (var block in blocks.Order())
        {
            // In this order a block is either inside the last one kept or disjoint from all of them.
            if (_blocks.Count == 0 || !_blocks[^1].Contains(block)) _blocks.Add(block);
        }
    }

    public bool IsEmpty => _blocks.Count == 0;

    public bool Overlaps(Cidr block)
    {
        var at = _blocks.BinarySearch(block);
        if (at >= 0) return true;
        var next = ~at;
        return (next < _blocks.Count && block.Contains(_blocks[next])) || (next > 0 && _blocks[next - 1].Contains(block));
    }

    /// <summary>True when all of the block is in it.</summary>
    public bool Holds(Cidr block)
    {
        var at = _blocks.BinarySearch(block);
        return at >= 0 || (~at > 0 && _blocks[~at - 1].Contains(block));
    }
}
