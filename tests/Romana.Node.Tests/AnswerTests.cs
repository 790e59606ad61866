using Romana.Ipam.Addressing;
using Romana.Node.Linux.Netlink;
using Romana.Node.Linux.Netlink.Records;
using Romana.Node.Linux.Netlink.Wire;

namespace Romana.Node.Tests;

/// <summary>The kernel's recorded answers, read.</summary>
public sealed class AnswerTests
{
    private const int Lo = 1, Vb = 2, Va = 3;

    [Fact]
    public void Interfaces()
    {
        var found = Dialogue.Decode("link-list", InterfaceCodec.Decode);
        Assert.Equal(["lo", "vc", "va"], found.Select(item => item.Name));
        Assert.Equal(
            new Interface { Index = Va, Name = "va", IsUp = true, HasCarrier = true, Mac = MacAddress.Parse("02:00:00:00:00:0a"), Mtu = 1400, Kind = "veth", Lower = Vb, V4 = new Settings4(Forwards: false, ReversePath: 0), V6 = new Settings6(IsDisabled: false, Advertisements: 1, AddressGeneration: 0) },
            found[2]);
        Assert.Equal((Lo, true, (string?)null), (found[0].Index, found[0].IsLoopback, found[0].Kind));
    }

    [Fact]
    public void One_interface_with_its_statistics() => Assert.Equal("va", Assert.Single(Dialogue.Decode("link-get", InterfaceCodec.Decode)).Name);

    [Fact]
    public void A_vlan_has_its_id_and_its_trunk()
    {
        var vlan = Assert.Single(Dialogue.Decode("link-get-vlan", InterfaceCodec.Decode));
        Assert.Equal(("v100", "vlan", 100, Va, 1400), (vlan.Name, vlan.Kind, vlan.VlanId, vlan.Lower, vlan.Mtu));
    }

    [Fact]
    public void Addresses()
    {
        var found = Dialogue.Decode("addr-list", AddressCodec.Decode);
        Assert.Contains(new InterfaceAddress { Interface = Va, Address = IpAddress.Parse("10.9.0.1"), Length = 24, Flags = AddressFlags.Permanent }, found);
        Assert.Contains(
            new InterfaceAddress { Interface = Va, Address = IpAddress.Parse("fd00:9::2"), Length = 128, Flags = AddressFlags.Permanent | AddressFlags.NoPrefixRoute | AddressFlags.NoDuplicateDetection },
            found);
        Assert.Contains(found, item => item is { Interface: Lo, Length: 8, Scope: Scope.Host });
    }

    /// <summary>Whoever compares what he wanted with what he reads sees no difference.</summary>
    [Theory]
    [MemberData(nameof(RequestTests.Routes), MemberType = typeof(RequestTests))]
    public void A_route_that_was_added_is_read_back_equal(string vector, RouteCase wanted)
    {
        // Replaced in the recording before it was listed.
        var expected = vector == "route-add"
            ? wanted.Route with { Hops = [new(Va, IpAddress.Parse("10.9.0.3"))], Metric = 0, Mtu = null, Source = null }
            : wanted.Route;
        var found = Dialogue.Decode("route-list", RouteCodec.Decode).Concat(Dialogue.Decode("route-list6", RouteCodec.Decode)).ToList();
        if (vector == "route-add") Assert.DoesNotContain(expected.Canonical(), found);
        else Assert.Contains(expected.Canonical(), found);
    }

    [Fact]
    public void Routes_of_the_kernel_itself()
    {
        var found = Dialogue.Decode("route-list", RouteCodec.Decode);
        Assert.Contains(
            new Route { Destination = Cidr.Parse("10.9.0.0/24"), Protocol = RouteProtocols.Kernel, Source = IpAddress.Parse("10.9.0.1"), Scope = Scope.Link, Hops = [new(Va)] },
            found);
        Assert.Contains(found, route => route is { Type: RouteType.Local, Table: RouteTables.Local });
        Assert.DoesNotContain(found, route => route.HasUnknownParts);
    }

    [Fact]
    public void A_lookup_answers_with_the_hop_taken()
    {
        var route = Assert.Single(Dialogue.Decode("route-get", RouteCodec.DecodeAnswer));
        Assert.Equal(Cidr.Parse("10.4.0.7/32"), route.Destination);
        Assert.Equal((Va, true), (route.Hops[0].Interface, route.Hops[0].Via is not null));
    }

    [Fact]
    public void Rules()
    {
        var found = Dialogue.Decode("rule-list", RuleCodec.Decode).Concat(Dialogue.Decode("rule-list6", RuleCodec.Decode)).ToList();
        foreach (var row in RequestTests.Rules) Assert.Contains(row.Data.Item2.Rule, found);
        Assert.Contains(new Rule { Family = IpFamily.IPv4, Priority = 32766, Table = RouteTables.Main, Protocol = RouteProtocols.Kernel }, found);
        Assert.DoesNotContain(found, rule => rule.HasUnknownParts);
    }

    [Fact]
    public void Neighbours()
    {
        var found = Dialogue.Decode("neigh-list", NeighbourCodec.Decode);
        Assert.Contains(new Neighbour { Interface = Va, Address = IpAddress.Parse("10.9.0.7"), Mac = MacAddress.Parse("02:00:00:00:00:08") }, found);
        Assert.Contains(new Neighbour { Interface = Va, Address = IpAddress.Parse("fd00:9::7"), Mac = MacAddress.Parse("02:00:00:00:00:07") }, found);
        Assert.DoesNotContain(found, item => item.IsProxy);
    }

    [Fact]
    public void Proxies() => Assert.Equal(
        [Neighbour.Proxy(Va, IpAddress.Parse("10.9.0.8")), Neighbour.Proxy(Va, IpAddress.Parse("fd00:9::8"))],
        Dialogue.Decode("neigh-proxy-list", NeighbourCodec.Decode));

    [Fact]
    public void An_error_without_the_right_says_which_right() => Assert.Equal(
        "cannot try: the kernel gives no reason (EPERM); it takes root or CAP_NET_ADMIN in the namespace",
        KernelError.From(new KernelFailure(Errno.NotPermitted), "try", Dialogue.Read("err-route").Request).ToString());

    [Theory]
    [InlineData("err-route", Errno.NetworkUnreachable, "cannot try: Nexthop has invalid gateway (ENETUNREACH); no address of the interface's reaches the gateway: add one, or mark the hop onlink")]
    [InlineData("link-vlan", Errno.NotSupported, "cannot try: Unknown device type (EOPNOTSUPP); this kernel lacks it: load the module or use a kernel that has it")]
    [InlineData("err-exists", Errno.Exists, "cannot try: the kernel gives no reason (EEXIST)")]
    public void Errors_have_their_text(string vector, int errno, string text)
    {
        var dialogue = Dialogue.Read(vector);
        var reply = new Reply<object>(1, _ => null);
        reply.Take(dialogue.Answers[0]);
        Assert.True(reply.IsComplete);
        Assert.Equal(errno, reply.Failure?.Errno);
        Assert.Equal(text, KernelError.From(reply.Failure!.Value, "try", dialogue.Request).ToString());
    }
}
