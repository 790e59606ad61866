using System.Collections.Immutable;
using Romana.Ipam.Addressing;
using Romana.Node.Linux.Netlink.Records;

namespace Romana.Node.Planning.Vlans;

/// <summary>What the kernel shall hold of a host's VLANs.</summary>
internal sealed record VlanState
{
    /// <summary>Tagged interfaces: there, and up.</summary>
    public ImmutableArray<TaggedLink> Links { get; init; } = [];

    public required ImmutableArray<KernelSetting> Settings { get; init; }

    public required ImmutableArray<InterfaceAddress> Addresses { get; init; }

    public required ImmutableArray<Rule> Rules { get; init; }

    public required ImmutableArray<Route> Routes { get; init; }

    /// <summary>Addresses that are answered for on uplinks.</summary>
    public required ImmutableArray<Neighbour> Proxies { get; init; }

    /// <summary>Complete as it stands, and a part of the host's table beside others (<see cref="VlanNft.Onto"/>).</summary>
    public required NftTable Nft { get; init; }

    public static VlanState Of(VlanFacts facts) => new()
    {
        Links = [.. facts.Vlans.Select(vlan => vlan.Uplink.Tagged).OfType<TaggedLink>()],
        Settings = VlanRules.Settings(facts),
        Addresses = [.. facts.Vlans.SelectMany(Addressed)],
        Rules = VlanRules.Of(facts),
        Routes = VlanRoutes.Of(facts),
        Proxies = [.. facts.Vlans.SelectMany(Proxied)],
        Nft = VlanNft.Of(facts),
    };

    /// <summary>The prefix route is left out: it would be main's, and main is everybody's.</summary>
    private static IEnumerable<InterfaceAddress> Addressed(Vlan vlan) =>
        vlan.Uplink.Index is not { } index ? [] : vlan.Sides.Where(side => !side.HoldsManagement).Select(side => new InterfaceAddress
        {
            Interface = index,
            Address = side.Node,
            Length = side.Cidr.Length,
            // Routes name it as their source at once, and IPv6 refuses that of an address that still asks for duplicates.
            Flags = side.Family == IpFamily.IPv6 ? AddressFlags.NoPrefixRoute | AddressFlags.NoDuplicateDetection : AddressFlags.NoPrefixRoute,
        });

    private static IEnumerable<Neighbour> Proxied(Vlan vlan) =>
        vlan.Uplink is not { Index: { } index, IsUp: true } ? [] :
            from pod in vlan.Pods
            from address in pod.Addresses
            where vlan.Sides.Any(side => side.Reach == Reach.Arp && side.Cidr.Contains(address))
            select Neighbour.Proxy(index, address);
}
