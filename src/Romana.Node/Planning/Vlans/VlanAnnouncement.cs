using System.Collections.Immutable;
using Romana.Ipam.Addressing;

namespace Romana.Node.Planning.Vlans;

/// <summary>An address that answers on a VLAN from here, which others may remember to be elsewhere.</summary>
/// <param name="Uplink">Index.</param>
/// <param name="Address">A pod's, or the node's own.</param>
/// <param name="Sender">The node's own of that family: IPv6 wants one that the interface has.</param>
internal sealed record VlanAnnouncement(int Uplink, IpAddress Address, IpAddress Sender)
{
    /// <summary>
    /// All that this host has to announce. Of pods only where the gateway asks for them on the wire: elsewhere it sends what
    /// is theirs to the node's address.
    /// </summary>
    public static ImmutableArray<VlanAnnouncement> Of(VlanFacts facts) =>
    [
        .. from vlan in facts.Vlans
           where vlan.Uplink is { Index: not null, IsUp: true }
           from side in vlan.Sides
           from address in Addresses(vlan, side)
           select new VlanAnnouncement(vlan.Uplink.Index!.Value, address, side.Node),
    ];

    /// <summary>A node address that was there before us was announced by whoever set it.</summary>
    private static IEnumerable<IpAddress> Addresses(Vlan vlan, VlanSide side)
    {
        var node = side.HoldsManagement ? Enumerable.Empty<IpAddress>() : [side.Node];
        var pods = side.Reach == Reach.Arp ? vlan.Pods.SelectMany(pod => pod.Addresses).Where(side.Cidr.Contains) : [];
        return node.Concat(pods);
    }
}
