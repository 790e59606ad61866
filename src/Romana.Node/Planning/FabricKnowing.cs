using System.Collections.Immutable;
using Romana.Ipam.Addressing;
using Romana.Ipam.Blocks;
using Romana.Ipam.Hosts;
using Romana.Ipam.Topologies;

namespace Romana.Node.Planning;

/// <summary>
/// What this host's kernel follows from the store's records. L2 networks are left out: their traffic is the VLAN gateway's.
/// </summary>
internal static class FabricKnowing
{
    private const RoutingModes InVpc = RoutingModes.BlockAnnounceVpc | RoutingModes.PrefixAnnounceVpc;

    public static FabricKnowledge Of(HostSpec own, Topology layout, IReadOnlyCollection<HostSpec> hosts, IReadOnlyCollection<BlockSpec> blocks)
    {
        var networks = layout.Networks.Where(network => !network.IsL2).ToList();
        var routed = networks.Select(network => network.Name).ToHashSet(StringComparer.Ordinal);
        var living = hosts.Where(host => host.Condition != HostCondition.Dead && host.Uid != own.Uid).ToList();
        var held = Held(blocks, routed).ToLookup(block => block.Host, block => block.Cidr);
        return new FabricKnowledge
        {
            OwnAddresses = Addresses(own),
            Networks = [.. networks.Select(network => Terms(network, own))],
            LinkGroups = [.. living.Where(host => IsOnLinkOf(own, host)).Append(own)
                .SelectMany(host => host.Groups.Where(group => routed.Contains(group.Key)).Select(group => group.Value)).Distinct().Order()],
            OwnBlocks = [.. held[own.Uid].Order()],
            Peers = [.. living.Where(host => held[host.Uid].Any()).OrderBy(host => host.Name, StringComparer.Ordinal)
                .Select(host => new PeerHost(host.Name, Addresses(host), [.. held[host.Uid].Order()]))],
            HostAddresses = [.. living.Append(own).SelectMany(host => Addresses(host)).Distinct().Order()],
            Elsewhere = [.. networks.SelectMany(network => network.Root?.SelfAndBelow ?? []).Where(group => group.Via is not null).Select(group => group.Cidr).Order()],
        };
    }

    /// <summary>Translated and refused metadata are the terms of a network that a VPC announces, and of no other unless it says so.</summary>
    private static RoutedNetwork Terms(Network network, HostSpec own)
    {
        var home = network.Leaves.FirstOrDefault(leaf => own.Groups.TryGetValue(network.Name, out var group) && leaf.Cidr == group);
        var isAnnounced = home is not null ? (home.Modes & InVpc) != 0 : network.Leaves.Any(leaf => (leaf.Modes & InVpc) != 0);
        return new RoutedNetwork(network.Name, network.Cidr, network.Egress.Snat ?? isAnnounced, network.Egress.ImdsDenied ?? isAnnounced,
            network.Egress.Native.IsDefault ? [] : network.Egress.Native);
    }

    /// <summary>A block that is being taken back has pods until its holder says otherwise. Of two that overlap neither gets a route (I5).</summary>
    public static IEnumerable<BlockSpec> Held(IReadOnlyCollection<BlockSpec> blocks, HashSet<string> routed)
    {
        var taken = blocks.Where(block => block.Intent != BlockIntent.Free).OrderBy(block => block.Cidr).ToList();
        // In the order of Cidr a wider block comes before what is inside it, so the widest so far and the next are all that can overlap.
        IpAddress? reach = null;
        for (var i = 0; i < taken.Count; i++)
        {
            var block = taken[i];
            var overlaps = reach is { } end && end.Family == block.Cidr.Family && block.Cidr.First <= end || i + 1 < taken.Count && block.Cidr.Overlaps(taken[i + 1].Cidr);
            if (reach is not { } last || last.Family != block.Cidr.Family || last < block.Cidr.Last) reach = block.Cidr.Last;
            if (!overlaps && routed.Contains(block.Network)) yield return block;
        }
    }

    private static bool IsOnLinkOf(HostSpec own, HostSpec host) =>
        own.PodInterface?.Link is { } link && host.PodInterface?.Link == link;

    public static ImmutableArray<IpAddress> Addresses(HostSpec host) =>
        [.. (host.PodInterface is { } pods ? host.Addresses.Prepend(pods.Address) : host.Addresses).Distinct()];
}
