using System.Collections.Immutable;
using Romana.Ipam.Addressing;

namespace Romana.Ipam.Topologies;

/// <summary>Addresses of a network that no pod may have (I7). Black-outs are the operator's and not among them.</summary>
public static class KeptBack
{
    /// <summary>
    /// Reserved ranges and the gateway; on L2 networks also the network's own address, the IPv4 broadcast address and the
    /// range of node addresses. On routed networks the first and last address of a block are usable.
    /// </summary>
    public static ImmutableArray<Cidr> Of(Network network)
    {
        var kept = network.Reserved.ToBuilder();
        if (network.Gateway is { } gateway) kept.Add(Cidr.Of(gateway));
        if (Cidr.TryParse(network.NodeAddresses, out var nodes, out _)) kept.Add(nodes);
        if (!network.IsL2 || network.Cidr.CountLessOne < 3) return kept.ToImmutable();
        kept.Add(Cidr.Of(network.Cidr.First));
        if (network.Cidr.Family == IpFamily.IPv4) kept.Add(Cidr.Of(network.Cidr.Last));
        return kept.ToImmutable();
    }

    /// <summary>The first address of each block is its host's own on the VLAN.</summary>
    public static bool FirstOfBlock(Network network) => network.NodeAddresses == "first-of-block";

    /// <summary>True when a pod may have the address as far as the document goes.</summary>
    public static bool Usable(Network network, IpAddress address) =>
        !Of(network).Any(range => range.Contains(address))
        && !(FirstOfBlock(network) && Cidr.Around(address, network.BlockMask).First == address);
}
