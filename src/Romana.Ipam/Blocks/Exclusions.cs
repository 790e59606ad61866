using System.Collections.Immutable;
using Romana.Ipam.Addressing;
using Romana.Ipam.Topologies;

namespace Romana.Ipam.Blocks;

/// <summary>
/// Addresses of one network that nobody gets (I7): reserved ranges, black-outs, and on an L2 network its own address,
/// its broadcast address, the gateway and the nodes' addresses. Kept as disjoint ranges in order.
/// </summary>
public sealed class Exclusions
{
    private readonly IReadOnlyList<AddressRange> _ranges;

    private Exclusions(IEnumerable<Cidr> excluded, bool firstOfBlock)
    {
        FirstOfBlock = firstOfBlock;
        _ranges = AddressRange.Merge(excluded);
    }

    /// <summary>The first address of each block that is not excluded anyway is its node's own.</summary>
    public bool FirstOfBlock { get; }

    public static Exclusions Of(Network network, ImmutableArray<Cidr> blackOuts)
    {
        ArgumentNullException.ThrowIfNull(network);
        var excluded = network.Reserved.Concat(blackOuts).Where(network.Cidr.Overlaps).ToList();
        if (network.IsL2) excluded.AddRange(OfLink(network));
        return new Exclusions(excluded, network.IsL2 && network.NodeAddresses == "first-of-block");
    }

    public bool Contains(IpAddress address)
    {
        var at = AddressRange.FirstEndingAtOrAfter(_ranges, address);
        return at < _ranges.Count && _ranges[at].First <= address;
    }

    /// <summary>True for an address of that block that nobody gets.</summary>
    public bool Excludes(IpAddress address, Cidr block) =>
        Contains(address) || FirstOfBlock && FirstUsable(block, 0) is { } first && first == address;

    /// <summary>How many addresses of the block pods may have.</summary>
    public UInt128 Usable(Cidr block)
    {
        var excluded = UInt128.Zero;
        for (var at = AddressRange.FirstEndingAtOrAfter(_ranges, block.First); at < _ranges.Count && _ranges[at].First <= block.Last; at++)
        {
            var first = _ranges[at].First > block.First ? _ranges[at].First : block.First;
            var last = _ranges[at].Last < block.Last ? _ranges[at].Last : block.Last;
            excluded += last.Bits - first.Bits + 1;
        }

        var usable = block.CountLessOne - excluded + 1;
        return FirstOfBlock && usable > 0 ? usable - 1 : usable;
    }

    /// <summary>The lowest address of the block, from that offset on, that no range holds; null when there is none.</summary>
    public IpAddress? FirstUsable(Cidr block, UInt128 offset)
    {
        if (offset > block.CountLessOne) return null;
        var candidate = block.First.Plus(offset);
        for (var at = AddressRange.FirstEndingAtOrAfter(_ranges, candidate); at < _ranges.Count && _ranges[at].First <= candidate; at++)
        {
            if (_ranges[at].Last >= block.Last) return null;
            candidate = _ranges[at].Last.Plus(1);
        }

        return candidate;
    }

    /// <summary>Ranges of whole blocks of that length in which nobody gets an address.</summary>
    public IReadOnlyList<AddressRange> WholeBlocks(int mask) => [.. _ranges.SelectMany(range => Shrunk(range, mask))];

    /// <summary>True when both exclude the same addresses of the block.</summary>
    public bool SameWithin(Cidr block, Exclusions other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return FirstOfBlock == other.FirstOfBlock && Within(block).SequenceEqual(other.Within(block));
    }

    private IEnumerable<AddressRange> Within(Cidr block) => AddressRange.Union(_ranges, [], block).Select(range => new AddressRange(
        range.First > block.First ? range.First : block.First, range.Last < block.Last ? range.Last : block.Last));

    private static IEnumerable<Cidr> OfLink(Network network)
    {
        yield return Cidr.Of(network.Cidr.First);
        if (network.Cidr.Family == IpFamily.IPv4) yield return Cidr.Of(network.Cidr.Last);
        if (network.Gateway is { } gateway) yield return Cidr.Of(gateway);
        if (Cidr.TryParse(network.NodeAddresses, out var nodes, out _)) yield return nodes;
    }

    private static IEnumerable<AddressRange> Shrunk(AddressRange range, int mask)
    {
        var slot = Cidr.Around(range.First, mask);
        var first = slot.First == range.First ? slot.First : slot.Last.Plus(1);
        slot = Cidr.Around(range.Last, mask);
        if (slot.Last == range.Last) return first <= range.Last ? [new(first, range.Last)] : [];
        return slot.First > first ? [new(first, new IpAddress(first.Family, slot.First.Bits - 1))] : [];
    }
}
