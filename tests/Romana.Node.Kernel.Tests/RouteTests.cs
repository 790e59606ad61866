using Romana.Ipam.Addressing;
using Romana.Node.Linux.Netlink;
using Romana.Node.Linux.Netlink.Records;

namespace Romana.Node.Kernel.Tests;

/// <summary>Routes of every form, as `ip` sees them; what was added is read back equal.</summary>
public sealed class RouteTests
{
    public static readonly TheoryData<string> Forms =
    [
        "device", "via", "source and metric", "onlink", "other table", "table above 255", "mtu", "mtu locked", "unreachable", "throw",
        "prohibit", "blackhole", "ecmp", "default",
    ];

    [Theory]
    [MemberData(nameof(Forms))]
    public void A_route_of_IPv4_comes_and_goes(string form) => ComesAndGoes(form, "10.1.0.0/24", "10.9.0.2", "10.9.0.3", "10.9.0.1", "0.0.0.0/0");

    [Theory]
    [MemberData(nameof(Forms))]
    public void A_route_of_IPv6_comes_and_goes(string form) => ComesAndGoes(form, "fd00:1::/64", "fd00:9::2", "fd00:9::3", "fd00:9::1", "::/0");

    private static void ComesAndGoes(string form, string destination, string gateway, string second, string source, string everything)
    {
        using var sandbox = Sandbox.WithPair();
        var hop = new NextHop(sandbox.Va, IpAddress.Parse(gateway));
        var plain = new Route { Destination = Cidr.Parse(destination), Hops = [hop] };
        var route = form switch
        {
            "device" => plain with { Hops = [new NextHop(sandbox.Va)] },
            "via" => plain,
            "source and metric" => plain with { Source = IpAddress.Parse(source), Metric = 77 },
            "onlink" => plain with { Hops = [hop with { Via = plain.Destination.Family == IpFamily.IPv4 ? IpAddress.Parse("192.0.2.1") : IpAddress.Parse("2001:db8::1"), OnLink = true }] },
            "other table" => plain with { Table = 99 },
            "table above 255" => plain with { Table = 4_000_000_000 },
            "mtu" => plain with { Mtu = 1400 },
            "mtu locked" => plain with { Mtu = 1400, IsMtuLocked = true },
            "ecmp" => plain with { Hops = [hop with { Weight = 3 }, hop with { Via = IpAddress.Parse(second) }] },
            "default" => plain with { Destination = Cidr.Parse(everything) },
            _ => plain with { Hops = [], Type = Enum.Parse<RouteType>(form, ignoreCase: true), Table = 880 },
        };
        var routes = sandbox.Kernel.Routes;
        Assert.Equal(OutcomeKind.Created, routes.Add(route).Kind);
        Assert.Equal(OutcomeKind.Exists, routes.Add(route).Kind);
        Assert.Single(routes.List(), found => found == route.Canonical());
        Same(sandbox);
        Assert.Equal(OutcomeKind.Set, routes.Replace(route).Kind);
        Assert.Single(routes.List(new RouteFilter { Protocol = RouteProtocols.Romana }), found => found == route.Canonical());
        Assert.Equal(OutcomeKind.Removed, routes.Remove(route).Kind);
        Assert.Equal(OutcomeKind.Absent, routes.Remove(route).Kind);
        Assert.Empty(routes.List(new RouteFilter { Protocol = RouteProtocols.Romana }));
        Same(sandbox);
    }

    [Fact]
    public void Ip_prints_the_lock_of_an_mtu()
    {
        using var sandbox = Sandbox.WithPair();
        sandbox.Kernel.Routes.Add(new Route { Destination = Cidr.Parse("10.1.0.0/24"), Mtu = 1400, IsMtuLocked = true, Hops = [new(sandbox.Va)] });
        Assert.Contains("10.1.0.0/24 dev va proto 82 scope link mtu lock 1400", sandbox.Ip("route show"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_gateway_of_the_other_family()
    {
        using var sandbox = Sandbox.WithPair();
        var route = new Route { Destination = Cidr.Parse("10.1.0.0/24"), Hops = [new(sandbox.Va, IpAddress.Parse("fe80::9"))] };
        Assert.Equal(OutcomeKind.Created, sandbox.Kernel.Routes.Add(route).Kind);
        Assert.Contains(route.Canonical(), sandbox.Kernel.Routes.List());
        Same(sandbox);
    }

    [Theory]
    [InlineData("10.1.0.0/24", "10.9.0.2", "10.9.0.3")]
    [InlineData("fd00:1::/64", "fd00:9::2", "fd00:9::3")]
    public void A_replaced_route_is_one_route(string destination, string first, string second)
    {
        using var sandbox = Sandbox.WithPair();
        var route = new Route { Destination = Cidr.Parse(destination), Hops = [new(sandbox.Va, IpAddress.Parse(first))] };
        var other = route with { Hops = [new(sandbox.Va, IpAddress.Parse(second))], Mtu = 1300 };
        var two = route with { Hops = [.. route.Hops, .. other.Hops] };
        foreach (var next in new[] { route, other, two, other with { Hops = [], Mtu = null, Type = RouteType.Unreachable }, route })
        {
            Assert.Equal(OutcomeKind.Set, sandbox.Kernel.Routes.Replace(next).Kind);
            Assert.Equal([next.Canonical()], sandbox.Kernel.Routes.List(new RouteFilter { Protocol = RouteProtocols.Romana }));
        }
    }

    [Theory]
    [InlineData("10.1.0.0/24", "10.9.0.2")]
    [InlineData("fd00:1::/64", "fd00:9::2")]
    public void Another_ones_route_of_the_same_key_is_not_removed(string destination, string gateway)
    {
        using var sandbox = Sandbox.WithPair();
        sandbox.Ip($"route add {destination} via {gateway} dev va proto static");
        var before = sandbox.Kernel.Routes.List();
        var ours = new Route { Destination = Cidr.Parse(destination), Hops = [new(sandbox.Va, IpAddress.Parse(gateway))] };
        Assert.Equal(OutcomeKind.Absent, sandbox.Kernel.Routes.Remove(ours).Kind);
        Assert.Equal(OutcomeKind.Exists, sandbox.Kernel.Routes.Add(ours).Kind);
        Assert.Equal(before, sandbox.Kernel.Routes.List());
    }

    [Theory]
    [InlineData("10.1.0.0/24", 0u, 7u)]
    [InlineData("10.1.0.0/24", 7u, 9u)]
    [InlineData("fd00:1::/64", 0u, 7u)]
    [InlineData("fd00:1::/64", 7u, 9u)]
    public void Of_two_metrics_the_one_that_is_named_goes(string destination, uint named, uint other)
    {
        using var sandbox = Sandbox.WithPair();
        var route = new Route { Destination = Cidr.Parse(destination), Metric = named, Hops = [new(sandbox.Va)] };
        var standing = route with { Metric = other };
        sandbox.Kernel.Routes.Add(standing);
        sandbox.Kernel.Routes.Add(route);
        Assert.Equal(OutcomeKind.Removed, sandbox.Kernel.Routes.Remove(route).Kind);
        Assert.Equal([standing.Canonical()], sandbox.Kernel.Routes.List(new RouteFilter { Protocol = RouteProtocols.Romana }));
    }

    [Fact]
    public void A_list_is_filtered_by_the_kernel()
    {
        using var sandbox = Sandbox.WithPair();
        var routes = sandbox.Kernel.Routes;
        Route[] wanted =
        [
            new() { Destination = Cidr.Parse("10.1.0.0/24"), Table = 880, Hops = [new(sandbox.Va)] },
            new() { Destination = Cidr.Parse("10.2.0.0/24"), Table = 880, Type = RouteType.Throw },
            new() { Destination = Cidr.Parse("10.3.0.0/24"), Table = 881, Hops = [new(sandbox.Index("vb"))] },
            new() { Destination = Cidr.Parse("fd00:1::/64"), Table = 880, Hops = [new(sandbox.Va)] },
        ];
        foreach (var route in wanted) routes.Add(route);
        Destinations("10.1.0.0/24 10.2.0.0/24 fd00:1::/64", new RouteFilter { Table = 880 });
        Destinations("10.1.0.0/24 10.2.0.0/24", new RouteFilter { Table = 880, Family = IpFamily.IPv4 });
        Destinations("10.2.0.0/24", new RouteFilter { Type = RouteType.Throw });
        Destinations("10.3.0.0/24", new RouteFilter { Protocol = RouteProtocols.Romana, Interface = sandbox.Index("vb") });
        Destinations("", new RouteFilter { Table = 4711 });

        void Destinations(string expected, RouteFilter filter) =>
            Assert.Equal(expected, string.Join(' ', routes.List(filter).Select(route => route.Destination)));
    }

    public static readonly TheoryData<string, string> Refusals = new()
    {
        { "10.1.0.0/24 via 192.0.2.1", "cannot add route 10.1.0.0/24 via 192.0.2.1 dev {va} table 254 proto 82: Nexthop has invalid gateway (ENETUNREACH); no address of the interface's reaches the gateway: add one, or mark the hop onlink" },
        { "fd00:1::/64 via 2001:db8::1", "(EHOSTUNREACH); no address of the interface's reaches the gateway: add one, or mark the hop onlink" },
        { "10.1.0.0/24 down", "Device for nexthop is not up (ENETDOWN); the interface is down: set it up first" },
        { "10.1.0.0/24 gone", "(ENODEV); the interface is gone, or in another namespace: look again" },
    };

    [Theory]
    [MemberData(nameof(Refusals))]
    public void A_route_that_the_world_does_not_allow_is_refused_with_the_kernels_words(string what, string text)
    {
        using var sandbox = Sandbox.WithPair();
        var words = what.Split(' ');
        if (words[1] == "down") sandbox.Ip("link set va down");
        var hop = new NextHop(words[1] == "gone" ? 4711 : sandbox.Va, words.Length > 2 ? IpAddress.Parse(words[2]) : null);
        var outcome = sandbox.Kernel.Routes.Add(new Route { Destination = Cidr.Parse(words[0]), Hops = [hop] });
        Assert.Equal(OutcomeKind.Refused, outcome.Kind);
        Assert.EndsWith(text.Replace("{va}", $"{sandbox.Va}", StringComparison.Ordinal), outcome.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void What_no_world_allows_is_a_fault_that_names_the_place()
    {
        using var sandbox = Sandbox.WithPair();
        var fault = Assert.Throws<NetlinkException>(() =>
            sandbox.Kernel.Routes.Add(new Route { Destination = Cidr.Parse("10.1.0.0/24"), Source = IpAddress.Parse("203.0.113.9"), Hops = [new(sandbox.Va)] }));
        Assert.Equal(Errno.Invalid, fault.Error?.Errno);
        Assert.Contains("Invalid prefsrc address", fault.Message, StringComparison.Ordinal);
        Assert.Contains("src 203.0.113.9", fault.Message, StringComparison.Ordinal);
    }

    internal static void Same(Sandbox sandbox) => Assert.Equal(
        IpView.Routes(sandbox).Select(route => route.ToString()).Order(StringComparer.Ordinal),
        // `ip` 6.1 does not print the lock in JSON.
        sandbox.Kernel.Routes.List().Select(route => (route with { IsMtuLocked = false }).ToString()).Order(StringComparer.Ordinal));
}
