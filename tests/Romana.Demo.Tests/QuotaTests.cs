using Amazon.EC2;
using Amazon.EC2.Model;
using Romana.Demo.Ec2;

namespace Romana.Demo.Tests;

/// <summary>RouteLimitExceeded: what counts against a table's quota and what does not.</summary>
public sealed class QuotaTests
{
    private const int Quota = 10;

    private static readonly VpcScenario Small = new(1, 1, 1) { Behaviour = new Behaviour { RouteQuota = Quota, Throttling = false } };

    /// <summary>Each row: foreign routes, and how many IPv4 routes of ours then fit under a quota of 10.</summary>
    [Theory]
    [InlineData(ForeignRoutes.None, 10)]
    [InlineData(ForeignRoutes.Usual, 8)]
    public async Task Only_local_routes_are_free(ForeignRoutes foreign, int fits)
    {
        await using var test = await TestVpc.StartAsync(Small with { Foreign = foreign });
        Assert.Equal(fits, await FillAsync(test, "10.244.{0}.0/24"));
    }

    [Fact]
    public async Task The_families_are_counted_apart()
    {
        await using var test = await TestVpc.StartAsync(Small with { Foreign = ForeignRoutes.None });
        Assert.Equal(Quota, await FillAsync(test, "10.244.{0}.0/24"));
        Assert.Equal(Quota, await FillAsync(test, "fd01:{0}::/64"));
        Assert.Equal(2 * Quota + 1, (await test.SeeAsync()).Routes.Count);
    }

    [Fact]
    public async Task A_prefix_list_counts_with_its_maximum_number_of_entries()
    {
        await using var test = await TestVpc.StartAsync(Small with { Foreign = ForeignRoutes.None });
        test.Vpc.Update(state => state.With(new Ec2.PrefixList("pl-1", "corporate", "123456789012", 7, [])));
        await test.Client.CreateRouteAsync(
            new CreateRouteRequest { RouteTableId = test.Table.Id, DestinationPrefixListId = "pl-1", NetworkInterfaceId = test.Eni },
            TestContext.Current.CancellationToken);
        Assert.Equal(Quota - 7, await FillAsync(test, "10.244.{0}.0/24"));
    }

    [Fact]
    public async Task Propagated_routes_are_counted_elsewhere()
    {
        await using var test = await TestVpc.StartAsync(Small with { Foreign = ForeignRoutes.None });
        test.Vpc.Update(state => state.With(test.Table with
        {
            Propagated = [.. Enumerable.Range(0, 50).Select(n =>
                new Ec2.Route($"172.16.{n}.0/24", "vgw-1", Ec2.RouteOrigin.EnableVgwRoutePropagation))],
        }));
        Assert.Equal(Quota, await FillAsync(test, "10.244.{0}.0/24"));
    }

    [Theory]
    [InlineData(99, 99)]
    [InlineData(100, 100)]
    [InlineData(150, 100)]
    public async Task No_more_than_a_hundred_routes_are_propagated(int offered, int taken)
    {
        await using var test = await TestVpc.StartAsync(Small with { Foreign = ForeignRoutes.None });
        test.Vpc.Update(state => state.With(test.Table with
        {
            Propagated = [.. Enumerable.Range(0, offered).Select(n =>
                new Ec2.Route($"172.16.{n}.0/24", "vgw-1", Ec2.RouteOrigin.EnableVgwRoutePropagation))],
        }));
        Assert.Equal(taken, (await test.SeeAsync()).Routes.Count(route => route.Origin == Amazon.EC2.RouteOrigin.EnableVgwRoutePropagation));
    }

    [Fact]
    public async Task A_table_may_have_a_quota_of_its_own_and_blackholes_count()
    {
        await using var test = await TestVpc.StartAsync(Small with { Foreign = ForeignRoutes.None });
        test.Vpc.Update(state => state.With(test.Table with { Quota = 3 }));
        Assert.Equal(3, await FillAsync(test, "10.244.{0}.0/24"));
        test.Vpc.Terminate("host-1");
        test.Vpc.Launch(new Launch { SubnetId = test.State.Subnets.Keys.First(), Name = "host-1" });
        Assert.Equal(0, await FillAsync(test, "10.245.{0}.0/24"));
    }

    [Fact]
    public async Task Replacing_in_a_full_table_is_fine()
    {
        await using var test = await TestVpc.StartAsync(Small with { Foreign = ForeignRoutes.None });
        await FillAsync(test, "10.244.{0}.0/24");
        await test.Client.ReplaceRouteAsync(
            new ReplaceRouteRequest { RouteTableId = test.Table.Id, DestinationCidrBlock = "10.244.1.0/24", NetworkInterfaceId = test.Eni },
            TestContext.Current.CancellationToken);
    }

    /// <summary>Creates routes until EC2 says that the table is full; returns how many fitted.</summary>
    private static async Task<int> FillAsync(TestVpc test, string pattern)
    {
        for (var number = 0; number <= Quota; number++)
        {
            try
            {
                await test.CreateAsync(string.Format(null, pattern, number + 1));
            }
            catch (AmazonEC2Exception full)
            {
                Assert.Equal("RouteLimitExceeded", full.ErrorCode);
                return number;
            }
        }

        return Quota + 1;
    }
}
