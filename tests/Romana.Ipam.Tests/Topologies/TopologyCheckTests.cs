using System.Collections.Immutable;
using Romana.Ipam.Addressing;
using Romana.Ipam.Topologies;

namespace Romana.Ipam.Tests.Topologies;

public class TopologyCheckTests
{
    private static readonly NetworkFacts Facts = new()
    {
        VpcCidrs = [Cidr.Parse("10.0.0.0/16"), Cidr.Parse("2600:1f14::/56")],
        ServiceCidrs = [Cidr.Parse("10.100.0.0/16")],
        PeeringCidrs = [Cidr.Parse("10.200.0.0/16")],
        Links = [new LinkFact("subnet-a1", "a"), new LinkFact("subnet-a2", "a"), new LinkFact("subnet-b1", "b")],
    };

    public static TheoryData<string, string, string, string> Wrong => new()
    {
        { "169.254.168.0/22", "", "{}", "Error forbidden_range" },
        { "169.254.0.0/16", "", "{}", "Error forbidden_range" },
        { "fd00:ec2::/48", "", "{}", "Error forbidden_range" },
        { "fd00::/8", "", "{}", "Error forbidden_range" },
        { "10.0.128.0/17", "", "{}", "Error overlaps_vpc" },
        { "10.0.0.0/8", "", "{}", "Error overlaps_vpc, Error overlaps_services, Error overlaps_peering" },
        { "10.100.0.0/16", "", "{}", "Error overlaps_services" },
        { "10.200.7.0/24", "", "{}", "Error overlaps_peering" },
        { "10.244.0.0/16", """, "egress": {"native": ["10.244.0.0/24"]}""", "{}", "Warning native_inside_network" },
        { "10.244.0.0/16", """, "egress": {"snat": "never"}""", Leaf("block-announce-vpc", ("romana.io/subnet", "subnet-a1")), "Warning egress_not_translated" },
        { "10.244.0.0/16", "", """{"cover": "always"}""", "Warning cover_without_routing" },
        { "10.244.0.0/16", "", """{"routing": "vlan-gateway"}""", "Error gateway_without_link" },
        { "10.244.0.0/16", """, "vlan": 7""", Leaf("block-announce-vpc", ("romana.io/subnet", "subnet-a1")), "Warning vlan_announced" },
        { "10.244.0.0/16", "", Leaf("block-announce-vpc"), "Warning group_spans_links" },
        { "10.244.0.0/16", "", Leaf("block-announce-vpc", ("topology.kubernetes.io/zone", "a")), "Warning group_spans_links" },
        { "10.244.0.0/16", "", Leaf("prefix-announce-vpc", ("topology.kubernetes.io/zone", "a")), "Error group_spans_links" },
        { "10.244.0.0/16", "", Leaf("block-announce-vpc\", \"cover\": \"always", ("failure-domain.beta.kubernetes.io/zone", "a")), "Error group_spans_links" },
        { "10.244.0.0/16", "", Leaf("prefix-announce-vpc", ("topology.kubernetes.io/zone", "b")), "" },
        { "10.244.0.0/16", "", Leaf("block-announce-vpc", ("romana.io/subnet", "subnet-x")), "Warning unknown_link" },
        { "10.244.0.0/16", "", """{"via": "tgw-1", "mtu": 9001}""", "Warning mtu_over_gateway" },
        { "10.244.0.0/16", "", """{"via": "tgw-1", "routing": "block-announce-vpc", "assignment": {"romana.io/subnet": "subnet-a1"}}""", "Error announces_inside_via" },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public void What_would_not_work_is_named(string cidr, string keys, string group, string found)
    {
        var document = $$"""{"networks": [{"name": "n", "cidr": "{{cidr}}"{{keys}}}], "topologies": [{"networks": ["n"], "map": [{{group}}]}]}""";
        var problems = TopologyCheck.Check(TopologyDocument.Read(document).Topology!, Facts).Where(problem => problem.Code != "link_without_group");
        Assert.Equal(found, string.Join(", ", problems.Select(problem => $"{problem.Severity} {problem.Code}")));
    }

    [Fact]
    public void Without_facts_only_what_is_certain_is_an_error()
    {
        var document = """{"networks": [{"name": "n", "cidr": "10.0.0.0/8"}], "topologies": [{"networks": ["n"], "map": [{"routing": "prefix-announce-vpc", "cover": "always"}]}]}""";
        var problem = Assert.Single(TopologyCheck.Check(TopologyDocument.Read(document).Topology!, new NetworkFacts()));
        Assert.Equal((ProblemSeverity.Warning, "group_spans_links"), (problem.Severity, problem.Code));
    }

    [Fact]
    public void Subnets_that_no_group_takes_are_named()
    {
        var document = $$"""{"networks": [{"name": "n", "cidr": "10.244.0.0/16"}], "topologies": [{"networks": ["n"], "map": [{{Leaf("block-announce-vpc", ("romana.io/subnet", "subnet-a1"))}}]}]}""";
        var problems = TopologyCheck.Check(TopologyDocument.Read(document).Topology!, Facts);
        Assert.Equal(["subnet-a2", "subnet-b1"], problems.Where(problem => problem.Code == "link_without_group").Select(problem => problem.Value));
    }

    private static string Leaf(string routing, params (string Key, string Value)[] labels) =>
        $$$"""{"routing": "{{{routing}}}", "assignment": { {{{string.Join(", ", labels.Select(label => $"\"{label.Key}\": \"{label.Value}\""))}}} }}""";
}
