using Romana.Ipam.Addressing;
using Romana.Node.Linux.Netlink;
using Romana.Node.Linux.Netlink.Records;

namespace Romana.Node.Kernel.Tests;

/// <summary>Ten thousand routes; lists taken while they change; many askers at once.</summary>
public sealed class ScaleTests
{
    private const int Many = 10_000;

    private static readonly IpAddress Ten = IpAddress.Parse("10.128.0.0");

    [Theory]
    [InlineData("10.128.0.0/9", "10.9.0.2")]
    [InlineData("fd00:80::/64", "fd00:9::2")]
    public void Ten_thousand_routes_are_listed(string space, string gateway)
    {
        using var sandbox = Sandbox.WithPair();
        var all = Add(sandbox, Cidr.Parse(space), IpAddress.Parse(gateway), Many, table: 880);
        var listed = sandbox.Kernel.Routes.List(new RouteFilter { Table = 880 });
        Assert.Equal(all, listed.OrderBy(route => route.Destination));
        Assert.Equal(Many, sandbox.Ip($"{(IpAddress.Parse(gateway).Family == IpFamily.IPv4 ? "-4" : "-6")} route show table 880").Split('\n').Length - 1);
    }

    /// <summary>
    /// A dump takes many datagrams, and the kernel goes on by counting: if something before goes, something behind is
    /// left out. It says so for addresses, mostly, and for neither rules nor routes.
    /// </summary>
    [Fact]
    public Task Addresses_listed_while_they_change_have_all_that_stood() => AllThatStoodIsListedAsync(
        3_000,
        (sandbox, i) => new InterfaceAddress { Interface = sandbox.Va, Address = Ten.Plus((UInt128)i), Length = 32 },
        (kernel, address) => kernel.Addresses.Add(address),
        (kernel, address) => kernel.Addresses.Remove(address),
        kernel => kernel.Addresses.List(IpFamily.IPv4),
        address => address.Address);

    [Fact]
    public Task IPv6_addresses_listed_while_they_change_have_all_that_stood() => AllThatStoodIsListedAsync(
        3_000,
        (sandbox, i) => new InterfaceAddress
        {
            Interface = sandbox.Va,
            Address = IpAddress.Parse("fd00:80::1").Plus((UInt128)i),
            Length = 128,
            Flags = AddressFlags.NoDuplicateDetection,
        },
        (kernel, address) => kernel.Addresses.Add(address),
        (kernel, address) => kernel.Addresses.Remove(address),
        kernel => kernel.Addresses.List(IpFamily.IPv6),
        address => address.Address);

    [Fact]
    public Task Rules_listed_while_they_change_are_all_that_stood() => AllThatStoodIsListedAsync(
        2_000,
        (_, i) => new Rule { Family = IpFamily.IPv4, Priority = 1_000 + (uint)i, From = Cidr.Parse("10.128.0.0/9").Slice(32, (UInt128)i), Table = 77 },
        (kernel, rule) => kernel.Rules.Add(rule),
        (kernel, rule) => kernel.Rules.Remove(rule),
        kernel => kernel.Rules.List(IpFamily.IPv4),
        rule => rule.Priority);

    /// <summary>Of one destination: the kernel goes on by the destination, and counts within it.</summary>
    [Fact]
    public Task Routes_listed_while_they_change_are_all_that_stood() => AllThatStoodIsListedAsync(
        3_000,
        (sandbox, i) => new Route { Destination = Cidr.Parse("10.200.0.0/16"), Metric = 1 + (uint)i, Table = 880, Hops = [new(sandbox.Va)] },
        (kernel, route) => kernel.Routes.Add(route),
        (kernel, route) => kernel.Routes.Remove(route),
        kernel => kernel.Routes.List(new RouteFilter { Table = 880 }),
        route => route.Metric);

    [Fact]
    public void Many_askers_share_one_socket()
    {
        using var sandbox = Sandbox.WithPair();
        var pool = Cidr.Parse("10.128.0.0/9");
        Parallel.For(0, 8, asker =>
        {
            for (var i = 0; i < 200; i++)
            {
                var route = new Route { Destination = pool.Slice(32, (UInt128)((asker * 1_000) + i)), Table = 880, Hops = [new(sandbox.Va)] };
                Assert.Equal(OutcomeKind.Created, sandbox.Kernel.Routes.Add(route).Kind);
                if (i % 50 == 0) Assert.Contains(route.Canonical(), sandbox.Kernel.Routes.List(new RouteFilter { Table = 880 }));
                Assert.Equal(OutcomeKind.Exists, sandbox.Kernel.Routes.Add(route).Kind);
            }
        });
        Assert.Equal(1_600, sandbox.Kernel.Routes.List(new RouteFilter { Table = 880 }).Count);
    }

    /// <summary>Removes the first fifty one by one, and looks all the while.</summary>
    private static async Task AllThatStoodIsListedAsync<T, TKey>(
        int count,
        Func<Sandbox, int, T> make,
        Func<KernelNetwork, T, Outcome> add,
        Func<KernelNetwork, T, Outcome> remove,
        Func<KernelNetwork, IReadOnlyList<T>> list,
        Func<T, TKey> key)
        where TKey : notnull
    {
        const int passing = 50;
        using var sandbox = Sandbox.WithPair();
        using var other = KernelNetwork.Open(sandbox.Space);
        var all = Enumerable.Range(0, count).Select(i => make(sandbox, i)).ToList();
        foreach (var item in all) Assert.Equal(OutcomeKind.Created, add(sandbox.Kernel, item).Kind);
        // In the kernel's own order, so that what goes stands before what stays.
        var made = all.Select(key).ToHashSet();
        var byKey = all.ToDictionary(key, item => item);
        var order = list(sandbox.Kernel).Select(key).Where(made.Contains).ToList();
        var standing = order.Skip(passing).ToHashSet();
        foreach (var gone in order.Take(passing))
        {
            var removal = Task.Run(() => remove(other, byKey[gone]));
            while (!removal.IsCompleted)
            {
                var listed = list(sandbox.Kernel).Select(key).ToHashSet();
                Assert.True(listed.IsSupersetOf(standing), "what stood is not in the list");
            }

            Assert.Equal(OutcomeKind.Removed, (await removal).Kind);
        }
    }

    private static List<Route> Add(Sandbox sandbox, Cidr space, IpAddress gateway, int count, uint table)
    {
        var routes = new List<Route>(count);
        for (var i = 0; i < count; i++)
        {
            var route = new Route { Destination = space.Slice(space.Family.Width(), (UInt128)i), Table = table, Hops = [new(sandbox.Va, gateway)] };
            Assert.Equal(OutcomeKind.Created, sandbox.Kernel.Routes.Add(route).Kind);
            routes.Add(route.Canonical());
        }

        return routes;
    }
}
