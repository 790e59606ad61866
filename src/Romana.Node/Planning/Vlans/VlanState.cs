using System.Collections.Immutable;
using Romana.Ipam.Addressing;
using Romana.Node.Linux.Netlink.Records;

namespace Romana.Node.Planning.Vlans;

/// <summary>
/// What the kernel shall hold of a host's VLANs; complete as it stands, and a part of the host's state beside the fabric's
/// (<see cref="KernelState.With"/>).
/// </summary>
internal static class VlanState
{
    public static KernelState Of(VlanFacts facts) => new()
    {
        Links = [.. facts.Vlans.Select(vlan => vlan.Uplink.Tagged).OfType<TaggedLink>()],
        Settings = VlanRules.Settings(facts),
        Addresses = [.. facts.Vlans.SelectMany(Addressed)],
        Rules = VlanRules.Of(facts),
        Routes = VlanRoutes.Of(facts),
        Proxies = [.. Proxied(facts, facts.Vlans.SelectMany(vlan => vlan.Pods).SelectMany(pod => pod.Addresses))],
        Nft = VlanNft.Of(facts),
        KeptLinks = facts.KeptLinks,
        OutsideMain = [.. facts.Vlans.SelectMany(vlan => vlan.Sides).Select(side => side.Cidr), .. facts.Closed],
    };

    /// <summary>The prefix route is left out: it would be main's, and main is everybody's.</summary>
    private static IEnumerable<InterfaceAddress> Addressed(Vlan vlan) =>
        vlan.Uplink.Index is not { } index ? [] : vlan.Sides.Where(side => !side.HoldsManagement).Select(side => new InterfaceAddress
        {
            Interface = index,
            Address = side.Node,
            Length = side.Cidr.Length,
            Protocol = RouteProtocols.Romana,
            // Routes name it as their source at once, and IPv6 refuses that of an address that still asks for duplicates.
            Flags = side.Family == IpFamily.IPv6 ? AddressFlags.NoPrefixRoute | AddressFlags.NoDuplicateDetection : AddressFlags.NoPrefixRoute,
        });

    /// <summary>Answers for those of the addresses whose VLAN's gateway asks on the wire.</summary>
    public static IEnumerable<Neighbour> Proxied(VlanFacts facts, IEnumerable<IpAddress> addresses) =>
        from address in addresses
        from vlan in facts.Vlans
        where vlan.Uplink.IsUp && vlan.Sides.Any(side => side.Reach == Reach.Arp && side.Cidr.Contains(address))
        from index in vlan.Uplink.Index is { } found ? new[] { found } : []
        select Neighbour.Proxy(index, address);
}
