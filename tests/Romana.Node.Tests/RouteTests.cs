using Romana.Ipam.Addressing;
using Romana.Node.Linux.Netlink.Records;

namespace Romana.Node.Tests;

/// <summary>What the kernel fills in is filled in by us too, so that a wanted route compares with one that was read.</summary>
public sealed class RouteTests
{
    private static readonly Route V4 = new() { Destination = Cidr.Parse("10.1.0.0/24"), Hops = [new(3)] };
    private static readonly Route V6 = new() { Destination = Cidr.Parse("fd00:1::/64"), Hops = [new(3)] };

    public static readonly TheoryData<RouteCase, RouteCase> Canonicals = new()
    {
        { new(V4), new(V4 with { Scope = Scope.Link }) },
        { new(V4 with { Table = 0 }), new(V4 with { Table = RouteTables.Main, Scope = Scope.Link }) },
        { new(V4 with { Hops = [new(3, IpAddress.Parse("10.9.0.1"))] }), new(V4 with { Hops = [new(3, IpAddress.Parse("10.9.0.1"))], Scope = Scope.Global }) },
        { new(V4 with { Type = RouteType.Unreachable }), new(V4 with { Type = RouteType.Unreachable, Hops = [], Scope = Scope.Global }) },
        { new(V4 with { Type = RouteType.Local }), new(V4 with { Type = RouteType.Local, Scope = Scope.Host }) },
        { new(V4 with { IsMtuLocked = true }), new(V4 with { Scope = Scope.Link }) },
        { new(V6), new(V6 with { Metric = 1024, Scope = Scope.Global }) },
        { new(V6 with { Metric = 7, Scope = Scope.Link }), new(V6 with { Metric = 7, Scope = Scope.Global }) },
        { new(V6 with { Type = RouteType.Throw, Hops = [new(1)] }), new(V6 with { Type = RouteType.Throw, Hops = [], Metric = 1024, Scope = Scope.Global }) },
    };

    [Theory]
    [MemberData(nameof(Canonicals))]
    public void Canonical(RouteCase given, RouteCase expected)
    {
        Assert.Equal(expected.Route, given.Route.Canonical());
        Assert.Equal(expected.Route, given.Route.Canonical().Canonical());
    }

    [Fact]
    public void The_order_of_hops_is_nothing()
    {
        var (one, two) = (new NextHop(3, IpAddress.Parse("10.9.0.1")), new NextHop(3, IpAddress.Parse("10.9.0.2"), Weight: 2));
        var (left, right) = ((V4 with { Hops = [one, two] }).Canonical(), (V4 with { Hops = [two, one] }).Canonical());
        Assert.Equal(left, right);
        Assert.Equal(left.GetHashCode(), right.GetHashCode());
        Assert.NotEqual(left, (V4 with { Hops = [one, two with { Weight = 1 }] }).Canonical());
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public void Routes_that_differ_in_one_property_are_not_equal(bool source, bool unknown)
    {
        var other = V4 with { Source = source ? IpAddress.Parse("10.9.0.1") : null, HasUnknownParts = unknown };
        Assert.NotEqual(V4, other);
    }

    [Fact]
    public void A_route_reads_as_ip_prints_it() => Assert.Equal(
        "10.1.0.0/24 nexthop via 10.9.0.1 dev 3 onlink nexthop via 10.9.0.2 dev 3 weight 2 table 880 metric 5 src 10.9.0.9 mtu lock 1400 proto 82",
        new Route
        {
            Destination = Cidr.Parse("10.1.0.0/24"),
            Table = 880,
            Metric = 5,
            Source = IpAddress.Parse("10.9.0.9"),
            Mtu = 1400,
            IsMtuLocked = true,
            Hops = [new(3, IpAddress.Parse("10.9.0.1"), OnLink: true), new(3, IpAddress.Parse("10.9.0.2"), Weight: 2)],
        }.ToString());
}
