using System.Collections.Immutable;
using Romana.Ipam.Addressing;
using Romana.Node.Linux.Netlink.Records;
using Romana.Node.Planning;
using Romana.Node.Planning.Vlans;

namespace Romana.Node.Tests.Planning.Vlans;

/// <summary>A host with the VLANs 10 and 200, both families, three pods, and a neighbour that holds a block of each.</summary>
internal static class VlanCases
{
    public static readonly VlanKnowledge Plain = new()
    {
        Networks =
        [
            Network("green", "192.168.10.0/24", 10, "v10") with
            {
                OwnBlocks = [Cidr.Parse("192.168.10.64/28")],
                OtherBlocks = [new(Cidr.Parse("192.168.10.80/28"), Ip("192.168.10.3"))],
            },
            Network("green6", "fd00:10::/64", 10, "v10") with
            {
                OwnBlocks = [Cidr.Parse("fd00:10::40/124")],
                OtherBlocks = [new(Cidr.Parse("fd00:10::50/124"), Ip("fd00:10::3"))],
            },
            Network("blue", "192.168.200.0/24", 200, "v200") with { OwnBlocks = [Cidr.Parse("192.168.200.64/28")], Reach = Reach.Bgp },
        ],
        HostAddresses = [Ip("10.0.0.11")],
    };

    public static readonly VlanKnowledge Tagged = Plain with { Networks = [.. Plain.Networks.Select(network => network with { Interface = null })], Trunk = "eth1" };

    public static readonly ImmutableArray<PodFact> Pods =
    [
        new("rom1", [Ip("192.168.10.65"), Ip("fd00:10::41")]),
        new("rom2", [Ip("192.168.10.66")]),
        new("rom3", [Ip("192.168.200.65")]),
        // Of a routed network: not a VLAN's.
        new("rom4", [Ip("100.64.0.2")]),
    ];

    public static readonly VlanLook Look = new()
    {
        Interfaces =
        [
            Device(1, "lo") with { IsLoopback = true }, Device(2, "eth0"), Device(3, "eth1"), Device(4, "v10"), Device(5, "v200"),
            Device(11, "rom1"), Device(12, "rom2"), Device(13, "rom3"), Device(14, "rom4"),
        ],
        Addresses = [Address(1, "127.0.0.1", 8) with { Scope = Scope.Host }, Address(2, "10.0.0.11", 24), Address(2, "fd00:99::11", 64)],
    };

    /// <summary>The machine itself is reached by an address inside VLAN 10.</summary>
    public static readonly VlanLook Inside = Look with { Addresses = [Look.Addresses[0], Address(4, "192.168.10.11", 24)] };

    /// <summary>What the kernel shows once the tagged interfaces stand, one of them under a name of somebody's.</summary>
    public static readonly VlanLook WithTagged = Look with
    {
        Interfaces =
        [
            .. Look.Interfaces,
            Device(21, "rvlan10") with { Kind = "vlan", VlanId = 10, Lower = 3 },
            Device(22, "storage.200") with { Kind = "vlan", VlanId = 200, Lower = 3, IsUp = false },
        ],
    };

    public static VlanFacts Facts(VlanKnowledge known, VlanLook look)
    {
        var read = VlanReading.Read(known, look, Pods);
        Assert.Empty(read.Refusals);
        return read.Facts;
    }

    public static IpAddress Ip(string text) => IpAddress.Parse(text);

    public static VlanNetwork Network(string name, string cidr, int? id, string? plain) => new()
    {
        Name = name,
        Cidr = Cidr.Parse(cidr),
        Id = id,
        Interface = plain,
        Gateway = Cidr.Parse(cidr).First.Plus(1),
        NodeAddress = Cidr.Parse(cidr).First.Plus(2),
    };

    public static Interface Device(int index, string name) => new() { Index = index, Name = name, IsUp = true };

    private static InterfaceAddress Address(int index, string address, int length) => new() { Interface = index, Address = Ip(address), Length = length };
}
