using Amazon.EC2.Model;
using Romana.Demo.Ec2;
using Romana.Ipam.Addressing;
using Route = Romana.Demo.Ec2.Route;
using RouteOrigin = Romana.Demo.Ec2.RouteOrigin;

namespace Romana.Demo.Tests;

/// <summary>Where packets go: the oracle that end-to-end tests prove reachability with.</summary>
public sealed class DataPlaneTests
{
    /// <summary>Routes "destination target" of the first zone's table (h1, h2 = interfaces of two hosts), a destination, and what happens.</summary>
    [Theory]
    [InlineData("", "10.244.0.5", "dropped: no route")]
    [InlineData("0.0.0.0/0 NAT", "10.244.0.5", "gateway NAT")]
    [InlineData("10.244.0.0/16 h1", "10.244.0.5", "h1")]
    [InlineData("10.244.0.0/16 h1;10.244.0.0/24 h2", "10.244.0.5", "h2")]
    [InlineData("10.244.0.0/16 h1;10.244.0.0/24 h2", "10.244.1.5", "h1")]
    [InlineData("10.244.0.0/24 eni-gone;10.244.0.0/16 h1", "10.244.0.5", "dropped: route 10.244.0.0/24")]
    [InlineData("10.244.0.0/24 h1;10.244.0.0/24 propagated", "10.244.0.5", "h1")]
    [InlineData("10.244.0.0/16 h1;10.244.0.0/24 propagated", "10.244.0.5", "gateway VGW")]
    [InlineData("fd01::/48 h1", "fd01::7", "h1")]
    [InlineData("10.244.0.0/16 h1", "10.0.0.10", "host-1")]
    [InlineData("10.244.0.0/16 h1", "10.0.0.99", "dropped: no interface")]
    public async Task The_longest_match_decides(string routes, string to, string expected)
    {
        await using var test = await TestVpc.StartAsync(new VpcScenario { Foreign = ForeignRoutes.None, SourceDestCheck = false });
        var (h1, h2) = (test.State.FindInstance("host-1")!.Interfaces[0], test.State.FindInstance("host-2")!.Interfaces[0]);
        test.Vpc.Update(state => Put(state.With(new Gateway("NAT", "")).With(new Gateway("VGW", "")), test.Table.Id, routes, h1, h2));
        var got = test.Vpc.Forward(test.Table.Subnets[0], IpAddress.Parse(to)) switch
        {
            Delivery.ToInterface at when at.Via == "local" => test.State.Instances[at.Instance!].Name,
            Delivery.ToInterface at => at.Interface == h1 ? "h1" : at.Interface == h2 ? "h2" : at.Interface,
            Delivery.ToGateway at => $"gateway {at.Target}",
            Delivery.Dropped drop => $"dropped: {drop.Why}",
            _ => "?",
        };
        Assert.StartsWith(expected, got, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Source_destination_checks_drop_pods_in_both_directions()
    {
        await using var test = await TestVpc.StartAsync();
        await test.CreateAsync("10.244.0.0/24");
        var (subnet, pod) = (test.Table.Subnets[0], IpAddress.Parse("10.244.0.5"));
        Assert.IsType<Delivery.Dropped>(test.Vpc.Forward(subnet, pod));
        await test.Client.ModifyNetworkInterfaceAttributeAsync(
            new ModifyNetworkInterfaceAttributeRequest { NetworkInterfaceId = test.Eni, SourceDestCheck = false },
            TestContext.Current.CancellationToken);
        Assert.IsType<Delivery.ToInterface>(test.Vpc.Forward(subnet, pod));
        var sender = test.State.FindInstance("host-2")!.Interfaces[0];
        Assert.IsType<Delivery.Dropped>(test.Vpc.Forward(subnet, pod, sender));
        Assert.IsType<Delivery.ToInterface>(test.Vpc.Forward(subnet, pod, test.Eni));
    }

    [Fact]
    public async Task Routers_follow_the_tables_after_their_own_delay()
    {
        await using var test = await TestVpc.StartAsync(new VpcScenario
        {
            SourceDestCheck = false,
            Behaviour = new Behaviour { DataPlaneLag = TimeSpan.FromSeconds(4) },
        });
        await test.CreateAsync("10.244.0.0/24");
        Assert.IsType<Delivery.ToGateway>(test.Vpc.Forward(test.Table.Subnets[0], IpAddress.Parse("10.244.0.5")));
        test.Time.Advance(TimeSpan.FromSeconds(4));
        Assert.IsType<Delivery.ToInterface>(test.Vpc.Forward(test.Table.Subnets[0], IpAddress.Parse("10.244.0.5")));
    }

    [Fact]
    public async Task A_subnet_without_association_uses_the_main_table()
    {
        await using var test = await TestVpc.StartAsync();
        var publicSubnet = test.State.Subnets.Keys.First();
        Assert.Same(test.Main, test.State.TableOf(publicSubnet));
        var way = Assert.IsType<Delivery.ToGateway>(test.Vpc.Forward(publicSubnet, IpAddress.Parse("8.8.8.8")));
        Assert.StartsWith("igw-", way.Target, StringComparison.Ordinal);
    }

    private static AccountState Put(AccountState state, string table, string routes, string h1, string h2)
    {
        foreach (var words in routes.Split(';', StringSplitOptions.RemoveEmptyEntries).Select(one => one.Split(' ')))
        {
            var one = state.Tables[table];
            state = state.With(words[1] == "propagated"
                ? one with { Propagated = [new Route(words[0], "VGW", RouteOrigin.EnableVgwRoutePropagation)] }
                : one.With(new Route(words[0], words[1] switch { "h1" => h1, "h2" => h2, var other => other })));
        }

        return state;
    }
}
