using System.Collections.Immutable;
using Romana.Ipam.Addressing;
using Romana.Ipam.Blocks;
using Romana.Ipam.Hosts;
using Romana.Ipam.Topologies;

namespace Romana.Node.Planning.Vlans;

/// <summary>What this host's VLANs follow from the store's records: networks with `vlan`, `interface` or `gateway` in which it has a group.</summary>
internal static class VlanKnowing
{
    /// <summary>Label of a host whose tagged frames go by another interface than the one with its address.</summary>
    public const string TrunkLabel = "romana.io/trunk";

    /// <param name="own">This host's addresses that may be on its VLANs, by network.</param>
    public static VlanKnowledge Of(
        HostSpec self, Topology layout, IReadOnlyCollection<(HostSpec Spec, ImmutableSortedDictionary<string, NodeAddress> Nodes)> hosts, IReadOnlyCollection<BlockSpec> blocks,
        ImmutableSortedDictionary<string, IpAddress> own)
    {
        var networks = layout.Networks.Where(network => network.IsL2 && self.Groups.ContainsKey(network.Name)).ToList();
        if (networks.Count == 0) return new VlanKnowledge();
        var living = hosts.Where(host => host.Spec.Condition != HostCondition.Dead).ToDictionary(host => host.Spec.Uid, host => host.Nodes);
        var held = FabricKnowing.Held(blocks, networks.Select(network => network.Name).ToHashSet(StringComparer.Ordinal)).ToLookup(block => block.Network, StringComparer.Ordinal);
        return new VlanKnowledge
        {
            Networks = [.. networks.Select(network => Known(network, [.. held[network.Name]]))],
            Trunk = TrunkOf(self),
            HostAddresses = FabricKnowing.Addresses(self),
        };

        VlanNetwork Known(Network network, ImmutableArray<BlockSpec> lent) => new()
        {
            Name = network.Name,
            Cidr = network.Cidr,
            Id = network.Vlan,
            Interface = network.Interface,
            Gateway = network.Gateway,
            NodeAddress = own.TryGetValue(network.Name, out var address) ? address : null,
            NodeAddresses = network.NodeAddresses,
            Reach = network.Reach switch { "bgp" => Reach.Bgp, "static" => Reach.Static, _ => Reach.Arp },
            OwnBlocks = [.. lent.Where(block => block.Host == self.Uid).Select(block => block.Cidr).Order()],
            // Whose holder has said no address yet is asked for on the wire.
            OtherBlocks = [.. from block in lent
                              where block.Host != self.Uid && living.ContainsKey(block.Host)
                              let way = living[block.Host].GetValueOrDefault(network.Name)
                              where way is not null && network.Cidr.Contains(way.Address)
                              orderby block.Cidr
                              select new VlanBlock(block.Cidr, way.Address)],
        };
    }

    public static string? TrunkOf(HostSpec host) => host.Labels.GetValueOrDefault(TrunkLabel);
}
