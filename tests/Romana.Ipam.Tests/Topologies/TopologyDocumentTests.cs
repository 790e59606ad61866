using Romana.Ipam.Addressing;
using Romana.Ipam.Topologies;

namespace Romana.Ipam.Tests.Topologies;

public class TopologyDocumentTests
{
    private const string Map = """ "topologies": [{"networks": ["a"], "map": [{"groups": []}]}] """;

    /// <summary>Document, code, path and a part of the remedy or message.</summary>
    public static TheoryData<string, string, string> Wrong => new()
    {
        { "", "invalid_json", "line 1, column 1" },
        { "[", "invalid_json", "line 1, column 2" },
        { "[]", "bad_document", "" },
        { "{}", "missing_networks", "networks" },
        { """{"networks": {}}""", "bad_value", "networks" },
        { """{"networks": [7]}""", "bad_document", "networks[0]" },
        { """{"networks": [{"cidr": "10.0.0.0/8"}]}""", "network_needs_name", "networks[0].name" },
        { """{"networks": [{"name": ""}]}""", "network_needs_name", "networks[0].name" },
        { """{"networks": [{"name": 5}]}""", "bad_value", "networks[0].name" },
        { Network(""" "block_mask": 29 """, cidr: null), "invalid_cidr", "networks[0].cidr" },
        { Network("", "10.0.0.1/8"), "invalid_cidr", "networks[0].cidr" },
        { Network("", "10.0.0.0/33"), "invalid_cidr", "networks[0].cidr" },
        { Network("", "010.0.0.0/8"), "invalid_cidr", "networks[0].cidr" },
        { Network(""" "block_mask": 20 """, "10.0.0.0/24"), "invalid_block_mask", "networks[0].block_mask" },
        { Network(""" "block_mask": 33 """, "10.0.0.0/24"), "invalid_block_mask", "networks[0].block_mask" },
        { Network(""" "block_mask": 129 """, "fd00::/64"), "invalid_block_mask", "networks[0].block_mask" },
        { Network(""" "block_mask": -1 """, "10.0.0.0/24"), "invalid_block_mask", "networks[0].block_mask" },
        { Network(""" "block_mask": 28.5 """, "10.0.0.0/24"), "invalid_block_mask", "networks[0].block_mask" },
        { Network(""" "block_mask": "28" """, "10.0.0.0/24"), "invalid_block_mask", "networks[0].block_mask" },
        { Network(""" "tenants": ["ok", "bad name!"] """), "bad_tenant_name", "networks[0].tenants[1]" },
        { Network(""" "tenants": ["a\n"] """), "bad_tenant_name", "networks[0].tenants[0]" },
        { Network(""" "owner": "hosts" """), "invalid_owner", "networks[0].owner" },
        { Network(""" "placement": "near" """), "invalid_placement", "networks[0].placement" },
        { Network(""" "vlan": 0 """), "invalid_vlan", "networks[0].vlan" },
        { Network(""" "vlan": 4095 """), "invalid_vlan", "networks[0].vlan" },
        { Network(""" "interface": "a name" """), "invalid_interface", "networks[0].interface" },
        { Network(""" "interface": "abcdefghijklmnop" """), "invalid_interface", "networks[0].interface" },
        { Network(""" "gateway": "10.0.0" """), "invalid_address", "networks[0].gateway" },
        { Network(""" "gateway": "11.0.0.1" """), "outside_network", "networks[0].gateway" },
        { Network(""" "reserved": ["10.0.0.1/8"] """), "invalid_cidr", "networks[0].reserved[0]" },
        { Network(""" "reserved": ["11.0.0.0/24"] """), "outside_network", "networks[0].reserved[0]" },
        { Network(""" "node_addresses": "last" """), "invalid_node_addresses", "networks[0].node_addresses" },
        { Network(""" "node_addresses": "11.0.0.0/24" """), "outside_network", "networks[0].node_addresses" },
        { Network(""" "vlan": 7, "reach": "rip" """), "invalid_reach", "networks[0].reach" },
        { Network(""" "reuse_delay": 4 """), "invalid_reuse_delay", "networks[0].reuse_delay" },
        { Network(""" "reuse_delay": "1 minute" """), "invalid_reuse_delay", "networks[0].reuse_delay" },
        { Network(""" "reuse_delay": "99999999999999999999h" """), "invalid_reuse_delay", "networks[0].reuse_delay" },
        { Network(""" "mtu": 100 """), "invalid_mtu", "networks[0].mtu" },
        { Network(""" "egress": {"snat": "always"} """), "invalid_egress", "networks[0].egress.snat" },
        { Network(""" "egress": {"imds": "maybe"} """), "invalid_egress", "networks[0].egress.imds" },
        { Network(""" "egress": {"native": ["x"]} """), "invalid_cidr", "networks[0].egress.native[0]" },
        { Network(""" "name": "b" """), "duplicate_key", "networks[0].name" },
        { """{"apiVersion": "romana.io/v2", "networks": []}""", "unsupported_version", "apiVersion" },
        { """{"networks": [{"name": "a", "cidr": "10.0.0.0/16"}, {"name": "a", "cidr": "10.1.0.0/16"}]}""", "duplicate_network", "networks[1].name" },
        { """{"networks": [{"name": "a", "cidr": "10.0.0.0/16"}, {"name": "b", "cidr": "10.0.3.0/24"}]}""", "overlapping_cidr", "networks[1].cidr" },
        { """{"networks": [{"name": "b", "cidr": "10.0.3.0/24"}, {"name": "a", "cidr": "10.0.0.0/16"}]}""", "overlapping_cidr", "networks[0].cidr" },
        { """{"networks": [], "topologies": [{"networks": ["zz"], "map": []}]}""", "unknown_network", "topologies[0].networks[0]" },
        { Groups("""[{"groups": []}]}, {"networks": ["a"], "map": [{"groups": []}]"""), "network_repeated", "topologies[1].networks[0]" },
        { Groups("""[{"groups": [{"name": "h", "ip": "1.1.1.1"}, {"ip": "1.1.1.2"}]}]"""), "host_needs_name_and_ip", "topologies[0].map[0].groups[1]" },
        { Groups("""[{"groups": [{"name": "h", "ip": "1.1.1.1"}, {"name": "g", "groups": []}]}]"""), "host_needs_name_and_ip", "topologies[0].map[0].groups[1]" },
        { Groups("""[{"groups": [{"name": "h", "ip": "1.1.1"}]}]"""), "invalid_address", "topologies[0].map[0].groups[0].ip" },
        { Groups("""[{"cover": "yes"}]"""), "invalid_cover", "topologies[0].map[0].cover" },
        { Groups("""[{"via": "igw-1"}]"""), "invalid_via", "topologies[0].map[0].via" },
        { Groups("""[{"assignment": {"rack": 1}}]"""), "bad_value", "topologies[0].map[0].assignment.rack" },
        { Groups("""[{"assignment": ["rack"]}]"""), "bad_document", "topologies[0].map[0].assignment" },
        { Groups("""[{"cidr": "10.0.0.0/24"}, {"name": "g"}]"""), "missing_group_cidr", "topologies[0].map[1].cidr" },
        { Groups("""[{"cidr": "11.0.0.0/24"}]"""), "outside_parent", "topologies[0].map[0].cidr" },
        { Groups("""[{"cidr": "fd00::/64"}]"""), "outside_parent", "topologies[0].map[0].cidr" },
        { Groups("""[{"cidr": "10.0.0.0/30"}]"""), "invalid_block_mask", "topologies[0].map[0].cidr" },
        { Groups("""[{"cidr": "10.0.0.0/24"}, {"cidr": "10.0.0.128/25"}]"""), "overlapping_cidr", "topologies[0].map[1].cidr" },
        { Groups("""[{"groups": [{}, {}, {}, {}]}, {}]""", "10.0.0.0/27"), "invalid_block_mask", "topologies[0].map[0].groups" },
        { """{"networks": [{"name": "a\ud800", "cidr": "10.0.0.0/8"}]}""", "invalid_json", "" },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public void A_wrong_document_is_refused_with_code_and_place(string document, string code, string path)
    {
        var reading = TopologyDocument.Read(document);
        Assert.Null(reading.Topology);
        var problem = Assert.Single(reading.Errors, error => error.Code == code && error.Path == path);
        Assert.NotEmpty(problem.Message);
        Assert.NotEmpty(problem.Remedy);
    }

    [Fact]
    public void Everything_wrong_is_reported_at_once()
    {
        const string Document = """
            {"networks": [
                {"name": "a", "cidr": "10.0.0.1/8"},
                {"name": "b", "cidr": "10.0.0.0/24", "block_mask": 8, "tenants": ["x y"]},
                {"name": "b", "cidr": "10.9.0.0/24"}],
             "topologies": [{"networks": ["a", "c"], "map": [{"groups": [{"ip": "1.1.1.1"}]}]}]}
            """;
        var codes = TopologyDocument.Read(Document).Errors.Select(problem => problem.Code);
        Assert.Equal(
            ["invalid_cidr", "invalid_block_mask", "bad_tenant_name", "duplicate_network", "unknown_network", "host_needs_name_and_ip"], codes);
    }

    [Theory]
    [InlineData("""{"networks": [], "netwroks": 1}""", "unknown_key", "netwroks")]
    [InlineData("""{"networks": [{"name": "a", "CIDR": "10.0.0.0/8", "cidr": "10.0.0.0/8"}]}""", "unknown_key", "networks[0].CIDR")]
    [InlineData("""{"networks": [{"name": "a", "cidr": "10.0.0.0/8"}]}""", "network_without_map", "networks[0]")]
    public void Some_things_are_only_warned_about(string document, string code, string path)
    {
        var reading = TopologyDocument.Read(document);
        Assert.NotNull(reading.Topology);
        Assert.Single(reading.Warnings, warning => warning.Code == code && warning.Path == path);
    }

    [Fact]
    public void Comments_trailing_commas_and_a_byte_order_mark_are_tolerated()
    {
        var reading = TopologyDocument.Read("\uFEFF// racks\n{\"networks\": [{\"name\": \"a\", /* wide */ \"cidr\": \"10.0.0.0/8\",},], " + Map + ",}");
        Assert.Empty(reading.Problems);
        Assert.Equal(29, reading.Topology!.Networks[0].BlockMask);
    }

    [Theory]
    [InlineData("10.0.0.0/24", 29)]
    [InlineData("10.0.0.0/30", 30)]
    [InlineData("10.0.0.0/32", 32)]
    [InlineData("fd00::/48", 120)]
    [InlineData("fd00::/124", 124)]
    public void The_block_mask_has_a_default_in_each_family(string cidr, int mask)
    {
        Assert.Equal(mask, TopologyDocument.Read(Network("", cidr)).Topology!.Networks[0].BlockMask);
        Assert.Equal(mask, TopologyDocument.Read(Network(""" "block_mask": 0 """, cidr)).Topology!.Networks[0].BlockMask);
    }

    [Fact]
    public void Every_key_of_a_network_is_read()
    {
        var network = TopologyDocument.Read(Network("""
            "owner": "host", "placement": "spread", "vlan": 12, "interface": "eth1", "gateway": "10.0.0.1",
            "reserved": ["10.0.1.0/24", "10.0.2.7"], "node_addresses": "first-of-block", "reach": "bgp", "reuse_delay": "5m",
            "mtu": 9000, "egress": {"snat": "never", "native": ["192.168.0.0/16"], "imds": "allow"}, "tenants": ["t1"]
            """)).Topology!.Networks[0];

        Assert.Equal(
            (OwnerMode.Host, Placement.Spread, 12, "eth1", "10.0.0.1", "first-of-block", "bgp", TimeSpan.FromMinutes(5), 9000),
            (network.Owner, network.Placement, network.Vlan, network.Interface, network.Gateway.ToString(), network.NodeAddresses, network.Reach, network.ReuseDelay, network.Mtu));
        Assert.Equal([Cidr.Parse("10.0.1.0/24"), Cidr.Parse("10.0.2.7/32")], network.Reserved);
        Assert.Equal((false, false), (network.Egress.Snat, network.Egress.ImdsDenied));
        Assert.Equal([Cidr.Parse("192.168.0.0/16")], network.Egress.Native);
        Assert.Equal(["t1"], network.Tenants);
        Assert.True(network.IsL2);
    }

    [Fact]
    public void An_old_document_means_what_it_meant()
    {
        var network = TopologyDocument.Read(Network(""" "tenants": ["*"] """)).Topology!.Networks[0];
        Assert.Equal(
            (OwnerMode.TenantSegment, Placement.Sequential, TimeSpan.FromSeconds(60), false, RoutingModes.None),
            (network.Owner, network.Placement, network.ReuseDelay, network.Root!.Cover, network.Root.Modes));
        Assert.Empty(network.Tenants);
        Assert.Null(network.Egress.Snat);
    }

    [Fact]
    public void Routing_and_cover_are_inherited_until_a_group_says_otherwise()
    {
        var network = TopologyDocument.Read(Groups("""
            [{"routing": "block-host-routes, prefix-announce-bgp:tor1", "cover": "always", "groups": [
                {"name": "silent"}, {"name": "own", "routing": "block-announce-vpc", "cover": "never"}, {"name": "none", "routing": ""}]}]
            """)).Topology!.Networks[0];
        var leaves = network.Leaves.ToDictionary(leaf => leaf.Name);
        Assert.Equal((RoutingModes.BlockHostRoutes | RoutingModes.PrefixAnnounceBgp, true), (leaves["silent"].Modes, leaves["silent"].Cover));
        Assert.Equal((RoutingModes.BlockAnnounceVpc, false), (leaves["own"].Modes, leaves["own"].Cover));
        Assert.Equal((RoutingModes.None, true), (leaves["none"].Modes, leaves["none"].Cover));
        Assert.Equal("block-host-routes, prefix-announce-bgp:tor1", network.Root!.Routing);
    }

    [Fact]
    public void Explicit_slices_leave_free_space_and_need_no_padding()
    {
        var root = TopologyDocument.Read(Groups("""[{"name": "z1", "cidr": "10.0.64.0/18"}, {"name": "z0", "cidr": "10.0.0.0/20"}, {"name": "z2", "cidr": "10.1.0.0/16", "via": "tgw-0a1"}]"""))
            .Topology!.Networks[0].Root!;
        Assert.Equal(["10.0.64.0/18", "10.0.0.0/20", "10.1.0.0/16"], root.Groups.Select(group => group.Cidr.ToString()));
        Assert.Equal("tgw-0a1", root.Groups[2].Via);
        Assert.True(root.Implied);
    }

    [Fact]
    public void A_network_without_a_map_does_not_stop_the_others()
    {
        var topology = TopologyDocument.Read("""{"networks": [{"name": "a", "cidr": "10.0.0.0/16"}, {"name": "b", "cidr": "10.1.0.0/16"}], "topologies": [{"networks": ["b"], "map": [{"groups": []}]}]}""").Topology!;
        Assert.Equal((true, false), (topology.Network("a")!.Root is null, topology.Network("b")!.Root is null));
        Assert.NotNull(GroupPlacement.Choose(topology.Network("b")!, new Dictionary<string, string>(), _ => 0));
        Assert.Null(GroupPlacement.Choose(topology.Network("a")!, new Dictionary<string, string>(), _ => 0));
    }

    [Fact]
    public void Padding_that_an_export_of_the_old_system_wrote_out_stays_padding()
    {
        var root = TopologyDocument.Read(Groups("""[{"name": "g", "cidr": "10.0.0.0/17", "groups": []}, {"cidr": "10.0.128.0/17", "dummy": true, "groups": []}]""", "10.0.0.0/16")).Topology!.Networks[0].Root!;
        Assert.Equal([GroupKind.Hosts, GroupKind.Padding], root.Groups.Select(group => group.Kind));
    }

    private static string Network(string more, string? cidr = "10.0.0.0/8") =>
        $$"""{"networks": [{"name": "a"{{(cidr is null ? "" : $", \"cidr\": \"{cidr}\"")}}{{(more.Length == 0 ? "" : $", {more}")}}}], {{Map}} }""";

    private static string Groups(string map, string cidr = "10.0.0.0/8") =>
        $$"""{"networks": [{"name": "a", "cidr": "{{cidr}}"}], "topologies": [{"networks": ["a"], "map": {{map}} }]}""";
}
