using System.Collections.Immutable;
using Romana.Ipam.Addressing;
using Romana.Ipam.Blocks;
using Romana.Ipam.Hosts;
using Romana.Ipam.Stores;
using Romana.Ipam.Topologies;
using Romana.Node.Planning.Vlans;
using static Romana.Node.Tests.Planning.Vlans.VlanCases;

namespace Romana.Node.Tests.Planning.Vlans;

/// <summary>From records to what a host's VLANs follow.</summary>
public sealed class VlanKnowingTests
{
    private static readonly Topology Layout = new()
    {
        Networks =
        [
            new Network { Name = "green", Cidr = Cidr.Parse("192.168.10.0/24"), BlockMask = 28, Vlan = 10, Gateway = Ip("192.168.10.1"), Reach = "bgp", NodeAddresses = "dhcp" },
            new Network { Name = "blue", Cidr = Cidr.Parse("192.168.20.0/24"), BlockMask = 28, Vlan = 20, Interface = "v20", Gateway = Ip("192.168.20.1") },
            new Network { Name = "pods", Cidr = Cidr.Parse("10.1.0.0/16"), BlockMask = 26 },
        ],
    };

    [Fact]
    public void A_host_has_the_VLANs_in_which_it_has_a_group()
    {
        var known = Known(Host(1, "192.168.10.2"), []);
        var green = Assert.Single(known.Networks);
        Assert.Equal(("green", 10, (string?)null, Ip("192.168.10.1"), Reach.Bgp, "dhcp"), (green.Name, green.Id, green.Interface, green.Gateway!.Value, green.Reach, green.NodeAddresses));
        Assert.Equal(Ip("192.168.10.2"), green.NodeAddress);
        Assert.Equal([Ip("10.0.0.1")], known.HostAddresses.AsEnumerable());
        Assert.Equal("eno2", known.Trunk);
    }

    /// <summary>Blocks of hosts that said no address, of the dead, and those that overlap are asked for on the wire.</summary>
    [Fact]
    public void Others_blocks_have_their_holders_address_on_the_VLAN()
    {
        var hosts = new[] { Host(2, "192.168.10.3"), Host(3, null), Host(4, "192.168.10.5"), Host(5, "192.168.99.9") };
        hosts[2] = hosts[2] with { Spec = hosts[2].Spec with { Condition = HostCondition.Dead } };
        var known = Known(Host(1, "192.168.10.2"), hosts,
            Block("192.168.10.64/28", 1), Block("192.168.10.80/28", 2), Block("192.168.10.96/28", 3), Block("192.168.10.112/28", 4), Block("192.168.10.160/28", 5),
            Block("192.168.10.128/28", 2), Block("192.168.10.128/29", 3), Block("10.1.0.0/26", 2) with { Network = "pods" }, Block("192.168.10.144/28", 1) with { Intent = BlockIntent.Free });
        var green = Assert.Single(known.Networks);
        Assert.Equal("192.168.10.64/28", string.Join(",", green.OwnBlocks));
        Assert.Equal([new VlanBlock(Cidr.Parse("192.168.10.80/28"), Ip("192.168.10.3"))], green.OtherBlocks.AsEnumerable());
    }

    private static VlanKnowledge Known(TypedRecord<HostSpec, HostStatus> own, TypedRecord<HostSpec, HostStatus>[] others, params BlockSpec[] blocks) =>
        VlanKnowing.Of(own.Spec, Layout, [.. others.Prepend(own).Select(host => (host.Spec, host.Status?.NodeAddresses ?? NodeAddresses.None.Say))], blocks, ImmutableSortedDictionary<string, IpAddress>.Empty.Add("green", Ip("192.168.10.2")));

    private static TypedRecord<HostSpec, HostStatus> Host(int number, string? address) => new(RecordTypes.Hosts.Key($"h-{number}"), default, "s", new HostSpec
    {
        Uid = new HostUid($"h-{number}"),
        Name = $"h{number}",
        Addresses = [Ip($"10.0.0.{number}")],
        Labels = ImmutableSortedDictionary<string, string>.Empty.Add("romana.io/trunk", "eno2"),
        Groups = ImmutableSortedDictionary<string, Cidr>.Empty.Add("green", Cidr.Parse("192.168.10.0/24")).Add("pods", Cidr.Parse("10.1.0.0/16")),
    }, address is null ? null : new HostStatus { NodeAddresses = NodeAddresses.None.Say.Add("green", new NodeAddress(Ip(address), "")) });

    private static BlockSpec Block(string cidr, int host) => new()
    {
        Cidr = Cidr.Parse(cidr),
        Network = "green",
        Group = Cidr.Parse("192.168.10.0/24"),
        Host = new HostUid($"h-{host}"),
        Epoch = 1,
        Generation = 1,
        Intent = BlockIntent.Lent,
    };
}
