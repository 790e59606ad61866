using Romana.Ipam.Addressing;
using Romana.Node.Linux.Netlink;
using Romana.Node.Linux.Netlink.Records;

namespace Romana.Node.Kernel.Tests;

/// <summary>Ten thousand routes; lists taken while they change; many askers at once.</summary>
public sealed class ScaleTests
{
    private const int Many = 10_000;

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
    /// left out. It says so, and the list is taken again.
    /// </summary>
    [Fact]
    public async Task A_list_taken_while_it_changes_has_all_that_stood()
    {
        const int passing = 100;
        using var sandbox = Sandbox.WithPair();
        using var other = KernelNetwork.Open(sandbox.Space);
        var all = Enumerable.Range(0, 3_000)
            .Select(i => new InterfaceAddress { Interface = sandbox.Va, Address = Cidr.Parse("10.128.0.0/9").First.Plus((UInt128)i), Length = 32 })
            .ToList();
        foreach (var address in all) sandbox.Kernel.Addresses.Add(address);
        var standing = all.Skip(passing).Select(item => item.Address).ToHashSet();
        foreach (var gone in all.Take(passing))
        {
            var removal = Task.Run(() => other.Addresses.Remove(gone));
            while (!removal.IsCompleted)
            {
                var listed = sandbox.Kernel.Addresses.List(IpFamily.IPv4).Select(item => item.Address).ToHashSet();
                Assert.True(listed.IsSupersetOf(standing), "an address that stood is not in the list");
            }

            Assert.Equal(OutcomeKind.Removed, (await removal).Kind);
        }
    }

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
