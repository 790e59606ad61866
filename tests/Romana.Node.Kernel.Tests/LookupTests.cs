using Romana.Ipam.Addressing;
using Romana.Node.Linux.Netlink;
using Romana.Node.Linux.Netlink.Records;

namespace Romana.Node.Kernel.Tests;

/// <summary>The kernel asked what it would do with a packet: rules, tables and all.</summary>
public sealed class LookupTests
{
    [Theory]
    [InlineData("10.1.0.0/24", "10.9.0.2", "10.1.0.7")]
    [InlineData("fd00:1::/64", "fd00:9::2", "fd00:1::7")]
    public void The_table_and_the_hop_are_told(string network, string gateway, string address)
    {
        using var sandbox = Sandbox.WithPair();
        var family = IpAddress.Parse(address).Family;
        var route = new Route { Destination = Cidr.Parse(network), Table = 880, Hops = [new(sandbox.Va, IpAddress.Parse(gateway))] };
        sandbox.Kernel.Routes.Add(route);
        sandbox.Kernel.Rules.Add(new Rule { Family = family, Priority = 500, Mark = 0x10, MarkMask = 0xf0, Table = 880 });
        var question = new RouteQuestion(IpAddress.Parse(address)) { Mark = 0x15 };
        var found = Assert.IsType<RouteAnswer.Found>(sandbox.Kernel.Routes.Lookup(question)).Route;
        Assert.Equal((880u, sandbox.Va, gateway), (found.Table, found.Hops[0].Interface, found.Hops[0].Via.ToString()));
        Assert.Equal(Cidr.Of(question.To), found.Destination);
        var whole = Assert.IsType<RouteAnswer.Found>(sandbox.Kernel.Routes.Lookup(question with { AsRoute = true })).Route;
        Assert.Equal(route.Canonical(), whole);
        var unmarked = Assert.IsType<RouteAnswer.Refused>(sandbox.Kernel.Routes.Lookup(question with { Mark = 0 }));
        Assert.Equal(Errno.NetworkUnreachable, unmarked.Error.Errno);
    }

    [Theory]
    [InlineData("unreachable", "10.1.0.7", Errno.HostUnreachable)]
    [InlineData("prohibit", "10.1.0.7", Errno.Denied)]
    [InlineData("blackhole", "10.1.0.7", Errno.Invalid)]
    [InlineData("unreachable", "fd00:1::7", Errno.HostUnreachable)]
    [InlineData("prohibit", "fd00:1::7", Errno.Denied)]
    [InlineData("blackhole", "fd00:1::7", Errno.Invalid)]
    public void A_route_that_refuses_answers_with_its_error(string type, string address, int errno)
    {
        using var sandbox = Sandbox.WithPair();
        var to = IpAddress.Parse(address);
        sandbox.Kernel.Routes.Add(new Route { Destination = Cidr.Around(to, 24), Type = Enum.Parse<RouteType>(type, ignoreCase: true) });
        var answer = sandbox.Kernel.Routes.Lookup(new RouteQuestion(to));
        Assert.Equal(errno, Assert.IsType<RouteAnswer.Refused>(answer).Error.Errno);
    }

    [Fact]
    public void A_forwarded_packet_is_asked_for_by_where_it_comes_in()
    {
        using var sandbox = Sandbox.WithPair();
        sandbox.Ip("route add default via 10.9.0.2 dev va");
        sandbox.Run("sh", "-c \"echo 1 > /proc/sys/net/ipv4/ip_forward\"");
        sandbox.Kernel.Rules.Add(new Rule { Family = IpFamily.IPv4, Priority = 100, InterfaceIn = "vb", Action = RuleAction.Unreachable });
        var question = new RouteQuestion(IpAddress.Parse("10.1.0.7")) { From = IpAddress.Parse("10.9.0.9"), InterfaceIn = sandbox.Index("vb") };
        Assert.IsType<RouteAnswer.Refused>(sandbox.Kernel.Routes.Lookup(question));
        Assert.IsType<RouteAnswer.Found>(sandbox.Kernel.Routes.Lookup(new RouteQuestion(question.To)));
    }
}
