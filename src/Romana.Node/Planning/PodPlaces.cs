using System.Collections.Immutable;
using Romana.Ipam.Addressing;
using Romana.Node.Linux.Netlink.Records;
using Romana.Node.Linux.Wiring;
using Romana.Node.Planning.Vlans;

namespace Romana.Node.Planning;

/// <summary>Which part of the host's policy a pod's address belongs to: a routed network's, or a VLAN's.</summary>
internal static class PodPlaces
{
    /// <summary>Better no route than one past a gateway.</summary>
    public static readonly PodWay Nowhere = new([], null);

    /// <summary>A refused VLAN's addresses are in no part: such a pod sends nothing.</summary>
    public static ImmutableArray<PodFact> OutsideVlans(VlanKnowledge known, ImmutableArray<PodFact> pods) =>
        known.Networks.IsEmpty ? pods : [.. pods.Select(pod => Outside(known, pod)).Where(pod => !pod.Addresses.IsEmpty)];

    /// <param name="known">Null: nothing is known yet, and a pod that stands goes on with what its table allows.</param>
    public static IEnumerable<(string Set, ImmutableArray<string> Elements)> Elements(VlanKnowledge? known, VlanFacts? vlans, PodFact pod)
    {
        if (known is null) return FabricNft.Elements(pod);
        var inside = vlans is null ? [] : VlanNft.Elements(vlans, pod);
        return FabricNft.Elements(Outside(known, pod)).Concat(inside);
    }

    public static PodWay WayOf(VlanKnowledge known, VlanFacts? vlans, FabricFacts? fabric, IpAddress address)
    {
        foreach (var vlan in vlans?.Vlans ?? [])
        {
            if (vlan.Sides.FirstOrDefault(side => side.Cidr.Contains(address)) is { } side) return VlanRoutes.WayOf(vlan, side);
        }

        return IsInVlan(known, address) ? Nowhere : PodWay.Main with { Source = fabric?.PrimaryOf(address.Family) };
    }

    /// <summary>Null: each address has a network that is kept; else why a pod with them cannot be let in.</summary>
    public static string? WhyNot(VlanKnowledge known, VlanFacts? vlans, ImmutableArray<VlanRefusal> refusals, IEnumerable<IpAddress> addresses)
    {
        foreach (var address in addresses.Where(address => IsInVlan(known, address)))
        {
            if (vlans is not null && vlans.Vlans.Any(vlan => vlan.Sides.Any(side => side.Cidr.Contains(address)))) continue;
            var network = known.Networks.First(network => network.Cidr.Contains(address));
            return refusals.FirstOrDefault(refusal => refusal.Networks.Contains(network.Name))?.Message ?? $"the VLAN of network {network.Name} is not kept yet";
        }

        return null;
    }

    private static PodFact Outside(VlanKnowledge known, PodFact pod) =>
        pod with { Addresses = [.. pod.Addresses.Where(address => !IsInVlan(known, address))] };

    private static bool IsInVlan(VlanKnowledge known, IpAddress address) => known.Networks.Any(network => network.Cidr.Contains(address));
}
