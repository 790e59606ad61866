using System.Collections.Immutable;
using Romana.Ipam.Addressing;
using Romana.Ipam.Blocks;
using Romana.Ipam.Hosts;
using Romana.Ipam.Topologies;
using Romana.Node.Planning;
using static Romana.Node.Tests.Planning.Fabrics;

namespace Romana.Node.Tests.Planning;

/// <summary>From records to what a host's kernel follows.</summary>
public sealed class FabricKnowingTests
{
    private const string Document = """
        {"networks": [
           {"name": "pods", "cidr": "10.244.0.0/16", "block_mask": 26, "egress": {"native": ["192.168.0.0/16"]}},
           {"name": "quiet", "cidr": "10.245.0.0/16", "block_mask": 26},
           {"name": "lan", "cidr": "10.9.0.0/24", "block_mask": 29, "vlan": 9, "gateway": "10.9.0.1"}],
         "topologies": [
           {"networks": ["pods"], "map": [
              {"name": "a", "cidr": "10.244.0.0/20", "assignment": {"romana.io/subnet": "subnet-1"}, "routing": "block-announce-vpc"},
              {"name": "b", "cidr": "10.244.16.0/20", "assignment": {"romana.io/subnet": "subnet-2"}, "routing": "block-announce-vpc"},
              {"name": "far", "cidr": "10.244.32.0/20", "via": "tgw-1", "routing": "prefix-announce-vpc"}]},
           {"networks": ["quiet"], "map": [{"name": "q", "cidr": "10.245.0.0/16", "routing": "block-host-routes"}]},
           {"networks": ["lan"], "map": [{"name": "l", "cidr": "10.9.0.0/24"}]}]}
        """;

    private static readonly Topology Layout = Read();

    private static readonly HostSpec Own = Host(1, "subnet-1", "10.244.0.0/20");

    [Fact]
    public void Peers_have_their_pod_interfaces_address_first_and_the_dead_none()
    {
        HostSpec[] hosts = [Own, Host(2, "subnet-1", "10.244.0.0/20"), Host(3, "subnet-2", "10.244.16.0/20"), Host(4, "subnet-1", "10.244.0.0/20") with { Condition = HostCondition.Dead }];
        var known = Known(hosts, Block("10.244.0.0/26", 1), Block("10.244.0.64/26", 2), Block("10.244.16.0/26", 3), Block("10.244.0.192/26", 4));
        Assert.Equal(["10.244.0.0/26"], known.OwnBlocks.Select(block => block.ToString()));
        Assert.Equal(["h2 10.0.0.2,10.1.0.2 10.244.0.64/26", "h3 10.0.0.3,10.1.0.3 10.244.16.0/26"],
            known.Peers.Select(peer => $"{peer.Name} {string.Join(",", peer.Addresses)} {string.Join(",", peer.Blocks)}"));
        Assert.Equal("10.0.0.1,10.0.0.2,10.0.0.3,10.1.0.1,10.1.0.2,10.1.0.3", string.Join(",", known.HostAddresses));
    }

    [Fact]
    public void The_links_groups_are_those_of_its_hosts_in_routed_networks()
    {
        HostSpec[] hosts = [Own, Host(2, "subnet-1", "10.244.0.0/20"), Host(3, "subnet-2", "10.244.16.0/20")];
        Assert.Equal("10.244.0.0/20,10.245.0.0/16", string.Join(",", Known(hosts).LinkGroups));
        // Of hosts whose link nobody knows the own groups are all that is sure.
        var unknown = hosts.Select(host => host with { PodInterface = host.PodInterface! with { Link = null } }).ToArray();
        Assert.Equal("10.244.0.0/20,10.245.0.0/16", string.Join(",", FabricKnowing.Of(unknown[0], Layout, unknown, []).LinkGroups));
    }

    [Fact]
    public void Egress_is_translated_where_a_VPC_announces_and_where_the_document_says_so()
    {
        var known = Known([Own]);
        Assert.Equal(["pods True True 192.168.0.0/16", "quiet False False "],
            known.Networks.Select(network => $"{network.Name} {network.Snat} {network.ImdsDenied} {string.Join(",", network.Native)}"));
        Assert.Equal("10.244.32.0/20", string.Join(",", known.Elsewhere));
    }

    [Fact]
    public void A_recalled_block_is_its_holders_still_and_a_free_one_nobodys()
    {
        var known = Known([Own], Block("10.244.0.0/26", 1) with { Intent = BlockIntent.Recall }, Block("10.244.0.64/26", 1) with { Intent = BlockIntent.Free });
        Assert.Equal("10.244.0.0/26", string.Join(",", known.OwnBlocks));
    }

    [Fact]
    public void Of_blocks_that_overlap_none_gets_a_route_nor_one_of_an_L2_network()
    {
        var known = Known([Own, Host(2, "subnet-1", "10.244.0.0/20")],
            Block("10.244.0.0/24", 2), Block("10.244.0.0/26", 1), Block("10.244.0.128/26", 2), Block("10.244.1.0/26", 1), Block("10.9.0.8/29", 1) with { Network = "lan" });
        Assert.Equal("10.244.1.0/26", string.Join(",", known.OwnBlocks));
        Assert.Empty(known.Peers);
    }

    private static FabricKnowledge Known(HostSpec[] hosts, params BlockSpec[] blocks) => FabricKnowing.Of(hosts[0], Layout, hosts, blocks);

    private static HostSpec Host(int number, string link, string group) => new()
    {
        Uid = new HostUid($"h-{number}"),
        Name = $"h{number}",
        Addresses = [Ip($"10.1.0.{number}"), Ip($"10.0.0.{number}")],
        PodInterface = new PodInterface { Address = Ip($"10.0.0.{number}"), Link = link },
        Groups = ImmutableSortedDictionary<string, Cidr>.Empty.Add("pods", Cidr.Parse(group)).Add("quiet", Cidr.Parse("10.245.0.0/16")).Add("lan", Cidr.Parse("10.9.0.0/24")),
    };

    private static BlockSpec Block(string cidr, int host) => new()
    {
        Cidr = Cidr.Parse(cidr),
        Network = "pods",
        Group = Cidr.Parse("10.244.0.0/20"),
        Host = new HostUid($"h-{host}"),
        Epoch = 1,
        Generation = 1,
        Intent = BlockIntent.Lent,
    };

    private static Topology Read()
    {
        var reading = TopologyDocument.Read(Document);
        return reading.Topology ?? throw new InvalidOperationException(string.Join("; ", reading.Problems.Select(problem => problem.ToString())));
    }
}
