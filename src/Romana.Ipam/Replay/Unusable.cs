using System.Collections.Immutable;
using Romana.Ipam.Addressing;
using Romana.Ipam.Topologies;

namespace Romana.Ipam.Replay;

/// <summary>What may not be handed out in a network: black-outs, and what the document keeps back.</summary>
public sealed class Unusable
{
    /// <summary>Sorted, none inside another.</summary>
    private readonly ImmutableArray<Cidr> ranges;
    private readonly bool firstOfBlock;

    public Unusable(Network network, IEnumerable<Cidr> blackOuts)
    {
        firstOfBlock = KeptBack.FirstOfBlock(network);
        var all = KeptBack.Of(network).Concat(blackOuts).Distinct().ToArray();
        ranges = [.. all.Where(range => !all.Any(wider => wider != range && wider.Contains(range))).Order()];
    }

    public IpAddress? FirstCandidate(Cidr block) =>
        !firstOfBlock ? block.First : block.CountLessOne == 0 ? null : block.First.Plus(1);

    public Cidr? RangeAround(IpAddress address)
    {
        var (low, high) = (0, ranges.Length - 1);
        while (low <= high)
        {
            var middle = (low + high) / 2;
            if (ranges[middle].Contains(address)) return ranges[middle];
            if (ranges[middle].First < address) low = middle + 1;
            else high = middle - 1;
        }

        return null;
    }

    public bool Forbids(IpAddress address, Cidr block) =>
        RangeAround(address) is not null || (firstOfBlock && address == block.First);
}
