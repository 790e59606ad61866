using System.Collections.Immutable;
using System.Globalization;

namespace Romana.Ipam.Topologies;

/// <summary>Looks at leaves against links: a router serves only hosts of its own link, so an announcing group must not span two.</summary>
internal sealed class LinkCheck(ProblemList problems, ImmutableArray<LinkFact> links, Network network)
{
    private readonly Dictionary<string, ImmutableDictionary<string, string>> labelsByPath = Downward(network);

    public void Leaf(Group leaf)
    {
        var place = TopologyCheck.Place(network, leaf);
        if (leaf.Cover && !TopologyCheck.Announces(leaf))
            problems.Warning(
                "cover_without_routing", place, "cover: always", "a cover is a route in the VPC's tables, and this group is not announced there",
                "Add block-announce-vpc to `routing`");
        if (leaf.Modes.HasFlag(RoutingModes.VlanGateway) && !network.IsL2)
            problems.Error(
                "gateway_without_link", place, "vlan-gateway", "the network has no `vlan`, `interface` or `gateway`", "Add the missing key to the network");
        if (network.Vlan is not null && TopologyCheck.Announces(leaf))
            problems.Warning("vlan_announced", place, leaf.Routing, "pods of a VLAN are reached by its gateway, not by a VPC", "Remove the word, or the vlan");
        if (TopologyCheck.Announces(leaf)) Span(leaf, place);
    }

    public static void LinksWithoutGroup(ProblemList problems, ImmutableArray<LinkFact> links, Topology topology)
    {
        foreach (var network in topology.Networks.Where(network => network.Leaves.Any(TopologyCheck.Announces)))
        {
            var check = new LinkCheck(problems, links, network);
            var reached = network.Leaves.SelectMany(leaf => check.Possible(leaf)).Select(link => link.Id).ToHashSet(StringComparer.Ordinal);
            foreach (var link in links.Where(link => !reached.Contains(link.Id)))
                problems.Warning(
                    "link_without_group", $"network '{network.Name}'", link.Id, $"no group takes the hosts of this subnet of zone {link.Zone}",
                    "Run `romana topology init aws` on the document: it adds a group for it");
        }
    }

    private void Span(Group leaf, string place)
    {
        var labels = Labels(leaf);
        if (labels.TryGetValue(PlaceLabels.Subnet, out var subnet))
        {
            if (links.Length > 0 && links.All(link => link.Id != subnet))
                problems.Warning("unknown_link", place, subnet, "the VPC has no such subnet", "Correct it, or leave it if the subnet is to come");
            return;
        }

        var possible = Possible(leaf).Count();
        var remedy = $"Divide it into one group per subnet, with the label {PlaceLabels.Subnet} in `assignment`";
        if (possible > 1 && (leaf.Cover || leaf.Modes.HasFlag(RoutingModes.PrefixAnnounceVpc)))
            problems.Error(
                "group_spans_links", place, leaf.Cidr.ToString(),
                $"it is announced as a whole, and its hosts may be on {possible.ToString(CultureInfo.InvariantCulture)} subnets, of which a router reaches one", remedy);
        else if (possible != 1)
            problems.Warning(
                "group_spans_links", place, leaf.Cidr.ToString(), "its hosts may be on several subnets, so its routes cannot be merged", remedy);
    }

    /// <summary>Links whose hosts the labels do not exclude.</summary>
    private IEnumerable<LinkFact> Possible(Group leaf)
    {
        var labels = Labels(leaf);
        return links.Where(link =>
            (!labels.TryGetValue(PlaceLabels.Subnet, out var subnet) || subnet == link.Id)
            && PlaceLabels.Zones.All(key => !labels.TryGetValue(key, out var zone) || zone == link.Zone));
    }

    private ImmutableDictionary<string, string> Labels(Group leaf) => labelsByPath[string.Join(',', leaf.Path)];

    /// <summary>What a host of each leaf must carry, by the leaf's path: its own pairs and those of all groups above it.</summary>
    private static Dictionary<string, ImmutableDictionary<string, string>> Downward(Network network)
    {
        var found = new Dictionary<string, ImmutableDictionary<string, string>>(StringComparer.Ordinal);
        if (network.Root is not null) Collect(network.Root, ImmutableDictionary<string, string>.Empty);
        return found;

        void Collect(Group group, ImmutableDictionary<string, string> above)
        {
            var all = above.SetItems(group.Assignment);
            if (group.Kind == GroupKind.Hosts) found[string.Join(',', group.Path)] = all;
            foreach (var child in group.Groups) Collect(child, all);
        }
    }
}
