using System.Collections.Frozen;
using System.Collections.Immutable;
using Romana.Ipam.Addressing;
using Romana.Ipam.Attachments;
using Romana.Ipam.Blocks;
using Romana.Ipam.Hosts;
using Romana.Ipam.Topologies;

namespace Romana.Node.Agent;

/// <summary>What the book must know of the topology's networks to hand out addresses on this host. Pure.</summary>
internal static class OwnNetworks
{
    private const RoutingModes Announced = RoutingModes.BlockAnnounceVpc | RoutingModes.PrefixAnnounceVpc
        | RoutingModes.BlockAnnounceBgp | RoutingModes.PrefixAnnounceBgp;

    /// <param name="others">All hosts' own addresses by network: on an L2 network nobody gets a node's address (I7).</param>
    public static ImmutableArray<NetworkTerms> Terms(
        HostSpec own, CommittedSpace space, TopologyProposal? proposal, CommittedSpace? proposed, IEnumerable<ImmutableSortedDictionary<string, NodeAddress>> others)
    {
        var nodes = others.SelectMany(nodes => nodes).ToLookup(pair => pair.Key, pair => pair.Value.Address, StringComparer.Ordinal);
        return [.. space.Layout.Networks.Select(network => new NetworkTerms
        {
            Network = network,
            Exclusions = space.Exclusions(network),
            Proposed = proposed?.Layout.Network(network.Name) is { } next ? proposed.Exclusions(next) : null,
            ProposalId = proposal?.Id,
            Nodes = network.IsL2 ? nodes[network.Name].ToFrozenSet() : FrozenSet<IpAddress>.Empty,
            Announced = LeafOf(own, space, network) is { } leaf && (leaf.Modes & Announced) != 0,
        })];
    }

    public static Group? LeafOf(HostSpec own, CommittedSpace space, Network network) =>
        own.Groups.TryGetValue(network.Name, out var group) ? space.Leaf(network.Name, group) : null;
}
