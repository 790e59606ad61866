using System.Collections.Immutable;
using Romana.Ipam.Addressing;
using Romana.Node.Linux.Netlink.Records;
using Romana.Node.Planning;

namespace Romana.Node.Tests.Planning;

/// <summary>A host of a VPC with two neighbours on its link, as the store and the kernel show it.</summary>
internal static class Fabrics
{
    public static readonly FabricKnowledge Known = new()
    {
        OwnAddresses = [Ip("10.0.1.11"), Ip("2001:db8:1:1::11")],
        Networks =
        [
            new("pods", Cidr.Parse("100.64.0.0/16"), true, true, [Cidr.Parse("198.51.100.0/24")]),
            new("pods6", Cidr.Parse("fd64::/96"), true, true, []),
        ],
        LinkGroups = [Cidr.Parse("100.64.0.0/20"), Cidr.Parse("fd64::1:0/112")],
        OwnBlocks = [Cidr.Parse("100.64.0.0/26"), Cidr.Parse("fd64::1:0/122")],
        Peers =
        [
            new("h2", [Ip("10.0.1.12"), Ip("2001:db8:1:1::12")], [Cidr.Parse("100.64.0.64/26"), Cidr.Parse("fd64::1:40/122")]),
            new("h3", [Ip("10.0.1.13"), Ip("2001:db8:1:1::13")], [Cidr.Parse("100.64.0.128/26"), Cidr.Parse("fd64::1:80/122")]),
            new("h4", [Ip("10.0.2.14"), Ip("2001:db8:1:2::14")], [Cidr.Parse("100.64.16.0/26"), Cidr.Parse("fd64::2:0/122")]),
        ],
        HostAddresses =
        [
            .. new[] { "10.0.1.11", "10.0.1.12", "10.0.1.13", "10.0.2.14", "2001:db8:1:1::11", "2001:db8:1:1::12", "2001:db8:1:1::13", "2001:db8:1:2::14" }.Select(Ip),
        ],
        Elsewhere = [Cidr.Parse("100.65.0.0/20")],
    };

    public static readonly ImmutableArray<PodFact> Pods =
    [
        new("rom1", [Ip("100.64.0.2"), Ip("fd64::1:2")]),
        new("rom2", [Ip("100.64.0.3")]),
    ];

    /// <summary>eth0 (2) on the link; eth1 (3) as the case wants it; rom1 (11), rom2 (12).</summary>
    public static KernelLook Look => new()
    {
        Interfaces = [Device(1, "lo") with { IsLoopback = true }, Device(2, "eth0"), Device(3, "eth1"), Device(11, "rom1") with { Kind = "veth" }, Device(12, "rom2") with { Kind = "veth" }],
        Addresses = [Address(1, "127.0.0.1", 8) with { Scope = Scope.Host }, Address(2, "10.0.1.11", 24), Address(2, "2001:db8:1:1::11", 64), Address(2, "fe80::11", 64) with { Scope = Scope.Link }],
        Main = [Default("0.0.0.0/0", new NextHop(2, Ip("10.0.1.1"))), Default("::/0", new NextHop(2, Ip("fe80::1")))],
        WayTo = address => WayTo(address, Cidr.Parse("10.0.1.0/24"), Cidr.Parse("2001:db8:1:1::/64")),
        AcceptsAdvertisements = _ => "0",
    };

    /// <summary>A second ENI in another subnet.</summary>
    public static KernelLook WithTwoUplinks => Look with
    {
        Addresses = [.. Look.Addresses, Address(3, "10.0.2.22", 24)],
        Main = [.. Look.Main, Default("0.0.0.0/0", new NextHop(3, Ip("10.0.2.1"))) with { Metric = 512 }],
        AcceptsAdvertisements = _ => "1",
    };

    /// <summary>A rack: the host's address is on lo, and the default route is spread over two interfaces.</summary>
    public static KernelLook Spread => Look with
    {
        Addresses = [Address(1, "10.0.1.11", 32), Address(2, "192.0.2.1", 31), Address(3, "192.0.2.3", 31)],
        Main = [Default("0.0.0.0/0", new NextHop(2, Ip("192.0.2.0")), new NextHop(3, Ip("192.0.2.2")))],
        WayTo = address => address == Ip("10.0.1.12")
            ? new Route { Destination = Cidr.Of(address), Hops = [new NextHop(2), new NextHop(3)] }
            : WayTo(address),
    };

    public static FabricFacts Facts(KernelLook look) => Facts(Known, look);

    public static FabricFacts Facts(FabricKnowledge known, KernelLook look) =>
        Assert.IsType<FactsOutcome.Known>(FabricReading.Read(known, look, Pods)).Facts;

    public static IpAddress Ip(string text) => IpAddress.Parse(text);

    public static InterfaceAddress Address(int index, string address, int length) => new() { Interface = index, Address = Ip(address), Length = length };

    public static Interface Device(int index, string name) => new() { Index = index, Name = name, IsUp = true };

    private static Route? WayTo(IpAddress address, params Cidr[] links) =>
        links.Where(link => link.Contains(address)).Select(link => new Route { Destination = link, Hops = [new NextHop(2)] }).FirstOrDefault()
        ?? new Route { Destination = Cidr.Around(address, 0), Hops = [new NextHop(2, Ip(address.Family == IpFamily.IPv4 ? "10.0.1.1" : "fe80::1"))] };

    private static Route Default(string destination, params NextHop[] hops) =>
        new Route { Destination = Cidr.Parse(destination), Protocol = RouteProtocols.Boot, Hops = [.. hops] }.Canonical();
}
