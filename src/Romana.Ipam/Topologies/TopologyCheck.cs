using System.Collections.Immutable;
using Romana.Ipam.Addressing;

namespace Romana.Ipam.Topologies;

/// <summary>
/// Looks at a topology that is sound in itself for what would not work in the world: the second stage of
/// `romana topology check`. Paths name network and group, since one entry of a document may be laid out several times.
/// </summary>
public sealed class TopologyCheck
{
    private const RoutingModes ToVpc = RoutingModes.BlockAnnounceVpc | RoutingModes.PrefixAnnounceVpc;

    /// <summary>Ranges that nothing may use for pods; the first two are EC2's own (EC2 User Guide, "VPC CIDR blocks").</summary>
    private static readonly ImmutableArray<(Cidr Range, string Use)> Forbidden =
    [
        (Cidr.Parse("169.254.168.0/22"), "EC2 uses it inside instances"),
        (Cidr.Parse("fd00:ec2::/32"), "EC2's own services answer there"),
        (Cidr.Parse("169.254.0.0/16"), "it is link-local"),
        (Cidr.Parse("fe80::/10"), "it is link-local"),
        (Cidr.Parse("127.0.0.0/8"), "it is loopback"),
        (Cidr.Parse("::1/128"), "it is loopback"),
        (Cidr.Parse("224.0.0.0/3"), "it is multicast or reserved"),
        (Cidr.Parse("ff00::/8"), "it is multicast"),
    ];

    private readonly ProblemList problems = new();
    private readonly NetworkFacts facts;

    private TopologyCheck(NetworkFacts facts) => this.facts = facts;

    public static ImmutableArray<TopologyProblem> Check(Topology topology, NetworkFacts facts)
    {
        var check = new TopologyCheck(facts);
        foreach (var network in topology.Networks)
        {
            check.Ranges(network);
            check.Keys(network);
            var links = new LinkCheck(check.problems, facts.Links, network);
            foreach (var leaf in network.Leaves) links.Leaf(leaf);
        }

        if (facts.Links.Length > 0) LinkCheck.LinksWithoutGroup(check.problems, facts.Links, topology);
        return check.problems.ToImmutable();
    }

    internal static bool Announces(Group group) => (group.Modes & ToVpc) != 0;

    internal static string Place(Network network, Group group) =>
        group.Name.Length > 0 ? $"network '{network.Name}', group '{group.Name}'" : $"network '{network.Name}', group [{string.Join(", ", group.Path)}]";

    private void Ranges(Network network)
    {
        var path = $"network '{network.Name}'";
        var cidr = network.Cidr.ToString();
        foreach (var (range, use) in Forbidden.Where(entry => entry.Range.Overlaps(network.Cidr)).Take(1))
            problems.Error("forbidden_range", path, cidr, $"it overlaps {range}: {use}", "Choose another range");
        foreach (var vpc in facts.VpcCidrs.Where(network.Cidr.Overlaps))
            problems.Error(
                "overlaps_vpc", path, cidr, $"it overlaps {vpc} of the VPC, and a VPC's own range always wins there",
                "Choose a range outside every CIDR of the VPC");
        foreach (var service in facts.ServiceCidrs.Where(network.Cidr.Overlaps))
            problems.Error("overlaps_services", path, cidr, $"it overlaps the service range {service}", "Choose a range outside the service range");
        foreach (var peer in facts.PeeringCidrs.Where(network.Cidr.Overlaps))
            problems.Error(
                "overlaps_peering", path, cidr, $"it overlaps {peer}, which a peering or transit gateway leads to", "Choose a range that no peer uses");
        foreach (var native in network.Egress.Native.IsDefault ? [] : network.Egress.Native.Where(network.Cidr.Overlaps))
            problems.Warning(
                "native_inside_network", $"{path}, egress.native", native.ToString(), "the pod network is native anyway", "Remove it from the list");
    }

    private void Keys(Network network)
    {
        var path = $"network '{network.Name}'";
        var announced = network.Leaves.Any(Announces);
        if (announced && network.Egress.Snat == false)
            problems.Warning(
                "egress_not_translated", $"{path}, egress.snat", "never",
                "the VPC's DNS, NAT and internet gateways do not serve pod addresses", "Write node, unless nothing outside is wanted");
        if (network.Root is null) return;
        foreach (var group in network.Root.SelfAndBelow.Where(group => group.Kind != GroupKind.Padding))
        {
            if (group.Via is null) continue;
            if (group.SelfAndBelow.Any(inner => inner.Kind == GroupKind.Hosts && Announces(inner)))
                problems.Error(
                    "announces_inside_via", Place(network, group), group.Via, "hosts of a group elsewhere cannot be targets of this VPC's routes",
                    "Take `routing` to the VPC off the group, or take `via` away");
            if (group.Via.StartsWith("tgw-", StringComparison.Ordinal) && (group.Mtu ?? network.Mtu) > 8500)
                problems.Warning("mtu_over_gateway", Place(network, group), $"{group.Mtu ?? network.Mtu}", "a transit gateway passes 8500 bytes", "Write mtu 8500");
            foreach (var vpc in facts.VpcCidrs.Where(group.Cidr.Overlaps))
                problems.Error("overlaps_vpc", Place(network, group), group.Cidr.ToString(), $"it overlaps {vpc} of the VPC", "A group elsewhere needs a range of its own");
        }
    }
}
