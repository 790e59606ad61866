using Romana.Ipam.Addressing;
using Romana.Node.Linux.Netlink;
using Romana.Node.Linux.Netlink.Records;
using Romana.Node.Linux.Netlink.Wire;

namespace Romana.Node.Tests;

/// <summary>Our requests are, byte for byte, those of `ip` for the same thing.</summary>
public sealed class RequestTests
{
    private const int Va = 3, Vb = 2;

    internal delegate void Write(ref MessageWriter request);

    [Fact]
    public void Veth_with_its_peer_in_another_namespace() => Same("link-veth", MessageType.NewInterface, KernelCalls.Add, (ref request) =>
        InterfaceCodec.WriteVeth(ref request, new VethRequest(
            new VethEnd("rom1", MacAddress.Parse("02:00:00:00:00:01"), 9001),
            new VethEnd("eth0", MacAddress.Parse("02:00:00:00:00:02"), 9001))
        { FarNamespace = new NamespaceHandle(HandleIn("link-veth")) }));

    [Fact]
    public void Vlan() => Same("link-vlan", MessageType.NewInterface, KernelCalls.Add, (ref request) =>
        InterfaceCodec.WriteVlan(ref request, new VlanRequest("v100", Va, 100)));

    [Fact]
    public void Interface_up() => Same("link-up", MessageType.NewInterface, MessageFlags.Acknowledge, (ref request) =>
        InterfaceCodec.WriteChange(ref request, Va, new InterfaceChange { IsUp = true }));

    [Fact]
    public void Interface_renamed() => Same("link-rename", MessageType.NewInterface, MessageFlags.Acknowledge, (ref request) =>
        InterfaceCodec.WriteChange(ref request, Vb, new InterfaceChange { Name = "vc" }));

    [Fact]
    public void Interface_changed() => Same("link-change", MessageType.NewInterface, MessageFlags.Acknowledge, (ref request) =>
        InterfaceCodec.WriteChange(ref request, Va, new InterfaceChange { Mtu = 1400, Mac = MacAddress.Parse("02:00:00:00:00:0a") }));

    [Fact]
    public void Address() => Same("addr-add", MessageType.NewAddress, KernelCalls.Add, (ref request) =>
        AddressCodec.WriteAdd(ref request, OfVa("10.9.1.1", 32) with { Flags = AddressFlags.NoPrefixRoute, Scope = Scope.Link }));

    [Fact]
    public void Address_of_IPv6() => Same("addr-add6", MessageType.NewAddress, KernelCalls.Add, (ref request) =>
        AddressCodec.WriteAdd(ref request, OfVa("fd00:9::2", 128) with { Flags = AddressFlags.NoPrefixRoute | AddressFlags.NoDuplicateDetection }));

    [Fact]
    public void Address_removed() => Same("addr-del", MessageType.DeleteAddress, MessageFlags.Acknowledge, (ref request) =>
        AddressCodec.WriteDelete(ref request, OfVa("10.9.1.1", 32)));

    public static readonly TheoryData<string, RouteCase> Routes = new()
    {
        { "route-add", new(new() { Destination = Cidr.Parse("10.1.0.0/24"), Table = 880, Metric = 5, Source = Ip("10.9.0.1"), Mtu = 1400, IsMtuLocked = true, Hops = [new(Va, Ip("10.9.0.2"), OnLink: true)] }) },
        { "route-add6", new(new() { Destination = Cidr.Parse("fd00:1::/64"), Table = 880, Metric = 0, Hops = [new(Va, Ip("fd00:9::9"))] }) },
        { "route-unreach", new(new() { Destination = Cidr.Parse("10.2.0.0/24"), Table = 1000, Type = RouteType.Unreachable }) },
        { "route-throw", new(new() { Destination = Cidr.Parse("10.3.0.0/24"), Table = 880, Type = RouteType.Throw }) },
        { "route-prohibit6", new(new() { Destination = Cidr.Parse("fd00:3::/64"), Type = RouteType.Prohibit }) },
        { "route-ecmp", new(new() { Destination = Cidr.Parse("10.4.0.0/24"), Hops = [new(Va, Ip("10.9.0.2")), new(Va, Ip("10.9.0.3"), OnLink: true, Weight: 2)] }) },
        { "route-ecmp6", new(new() { Destination = Cidr.Parse("fd00:4::/64"), Hops = [new(Va, Ip("fd00:9::12")), new(Va, Ip("fd00:9::13"), Weight: 2)] }) },
        { "route-via6", new(new() { Destination = Cidr.Parse("10.5.0.0/24"), Hops = [new(Va, Ip("fe80::9"))] }) },
    };

    [Theory]
    [MemberData(nameof(Routes))]
    public void Route(string vector, RouteCase wanted) => Same(vector, MessageType.NewRoute, KernelCalls.Add, (ref request) =>
        // `ip` leaves IPv6's default metric to the kernel, we name it: the record then says what will be shown.
        RouteRequestCodec.WriteAdd(ref request, wanted.Route.Canonical() with { Metric = wanted.Route.Metric }));

    [Fact]
    public void Route_replaced() => Same("route-replace", MessageType.NewRoute, KernelCalls.CreateOrReplace, (ref request) =>
        RouteRequestCodec.WriteAdd(ref request, new Route { Destination = Cidr.Parse("10.1.0.0/24"), Table = 880, Hops = [new(Va, Ip("10.9.0.3"))] }.Canonical()));

    [Fact]
    public void Route_removed()
    {
        var expected = Dialogue.Read("route-del").Request;
        // We name the type too.
        expected[MessageHeader.Size + 7] = (byte)RouteType.Unicast;
        Same(expected, MessageType.DeleteRoute, MessageFlags.Acknowledge, (ref request) =>
            RouteRequestCodec.WriteDelete(ref request, new Route { Destination = Cidr.Parse("10.1.0.0/24"), Table = 880, Hops = [new(Va)] }.Canonical()));
    }

    public static readonly TheoryData<string, RuleCase> Rules = new()
    {
        { "rule-add", new(new() { Family = IpFamily.IPv4, Priority = 500, From = Cidr.Parse("10.0.0.0/8"), To = Cidr.Parse("10.9.0.0/16"), InterfaceIn = "va", Mark = 0x100, MarkMask = 0xff00, Table = 880 }) },
        { "rule-unreach", new(new() { Family = IpFamily.IPv4, Priority = 110, InterfaceIn = "va", Action = RuleAction.Unreachable }) },
        { "rule-prohibit6", new(new() { Family = IpFamily.IPv6, Priority = 530, From = Cidr.Parse("fd00::/8"), To = Cidr.Parse("fd00:ec2::254/128"), Action = RuleAction.Prohibit }) },
    };

    [Theory]
    [MemberData(nameof(Rules))]
    public void Rule(string vector, RuleCase wanted) =>
        Same(vector, MessageType.NewRule, KernelCalls.Add, (ref request) => RuleCodec.Write(ref request, wanted.Rule));

    [Fact]
    public void Rule_removed()
    {
        var expected = Dialogue.Read("rule-del").Request;
        // We name the action too.
        expected[MessageHeader.Size + 7] = (byte)RuleAction.Lookup;
        Same(expected, MessageType.DeleteRule, MessageFlags.Acknowledge, (ref request) =>
            RuleCodec.Write(ref request, Rules.First().Data.Item2.Rule));
    }

    [Fact]
    public void Neighbour() => Same("neigh-add", MessageType.NewNeighbour, KernelCalls.Add, (ref request) =>
        NeighbourCodec.WriteSet(ref request, new() { Interface = Va, Address = Ip("10.9.0.7"), Mac = MacAddress.Parse("02:00:00:00:00:07") }));

    [Fact]
    public void Neighbour_of_IPv6() => Same("neigh-add6", MessageType.NewNeighbour, KernelCalls.Add, (ref request) =>
        NeighbourCodec.WriteSet(ref request, new() { Interface = Va, Address = Ip("fd00:9::7"), Mac = MacAddress.Parse("02:00:00:00:00:07") }));

    [Fact]
    public void Neighbour_replaced() => Same("neigh-replace", MessageType.NewNeighbour, KernelCalls.CreateOrReplace, (ref request) =>
        NeighbourCodec.WriteSet(ref request, new() { Interface = Va, Address = Ip("10.9.0.7"), Mac = MacAddress.Parse("02:00:00:00:00:08") }));

    [Theory]
    [InlineData("neigh-proxy", "10.9.0.8")]
    [InlineData("neigh-proxy6", "fd00:9::8")]
    public void Proxy(string vector, string address) => Same(vector, MessageType.NewNeighbour, KernelCalls.Add, (ref request) =>
        NeighbourCodec.WriteSet(ref request, Linux.Netlink.Records.Neighbour.Proxy(Va, Ip(address))));

    private static InterfaceAddress OfVa(string address, int length) => new() { Interface = Va, Address = Ip(address), Length = length };

    private static IpAddress Ip(string text) => IpAddress.Parse(text);

    // The descriptor that the recorded `ip` had open is in its request's last attribute but one.
    private static int HandleIn(string vector) => BitConverter.ToInt32(Dialogue.Read(vector).Request.AsSpan()[^16..]);

    private static void Same(string vector, ushort type, ushort flags, Write write) => Same(Dialogue.Read(vector).Request, type, flags, write);

    private static void Same(byte[] expected, ushort type, ushort flags, Write write)
    {
        var request = new MessageWriter(stackalloc byte[MessageWriter.ScratchSize], type, flags);
        write(ref request);
        Assert.Equal(Convert.ToHexStringLower(expected), Convert.ToHexStringLower(request.Finish(1)));
    }
}
