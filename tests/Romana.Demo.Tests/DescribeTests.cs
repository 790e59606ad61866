using Amazon.EC2;
using Amazon.EC2.Model;
using Romana.Demo.Ec2;

namespace Romana.Demo.Tests;

/// <summary>What the SDK makes of the answers.</summary>
public sealed class DescribeTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_default_scenario_is_seen_whole()
    {
        await using var test = await TestVpc.StartAsync();
        var vpc = Assert.Single((await test.Client.DescribeVpcsAsync(new DescribeVpcsRequest(), Cancel)).Vpcs);
        Assert.Equal("10.0.0.0/16", vpc.CidrBlock);
        Assert.Equal("10.0.0.0/16", Assert.Single(vpc.CidrBlockAssociationSet).CidrBlock);
        var subnets = (await test.Client.DescribeSubnetsAsync(new DescribeSubnetsRequest(), Cancel)).Subnets;
        Assert.Equal(6, subnets.Count);
        Assert.Equal(["us-west-2a", "us-west-2b", "us-west-2c"], subnets.Select(one => one.AvailabilityZone).Distinct().Order());
        var zones = await test.Client.DescribeAvailabilityZonesAsync(new DescribeAvailabilityZonesRequest(), Cancel);
        Assert.Equal(["usw2-az1", "usw2-az2", "usw2-az3"], zones.AvailabilityZones.Select(one => one.ZoneId));
        var tables = (await test.Client.DescribeRouteTablesAsync(new DescribeRouteTablesRequest(), Cancel)).RouteTables;
        Assert.Equal(4, tables.Count);
        Assert.Single(tables, one => one.Associations.Exists(at => at.Main == true && at.SubnetId is null));
        Assert.All(tables, one => Assert.Contains(one.Routes, route => route.GatewayId == "local"));
    }

    [Fact]
    public async Task An_instance_carries_tags_placement_and_interfaces()
    {
        await using var test = await TestVpc.StartAsync(new VpcScenario
        {
            InterfacesPerHost = 2,
            SecondariesPerHost = 2,
            SpotEvery = 1,
            Ipv6Cidr = Romana.Ipam.Addressing.Cidr.Parse("2600:1f14::/56")
        });
        var response = await test.Client.DescribeInstancesAsync(new DescribeInstancesRequest(), Cancel);
        var hosts = response.Reservations.SelectMany(one => one.Instances).ToList();
        Assert.Equal(12, hosts.Count);
        var host = hosts.Single(one => one.Tags.Exists(tag => tag is { Key: "Name", Value: "host-1" }));
        Assert.Contains(host.Tags, tag => tag is { Key: "romana.io/cluster", Value: "default" });
        Assert.Equal("us-west-2a", host.Placement.AvailabilityZone);
        Assert.Equal(InstanceStateName.Running, host.State.Name);
        Assert.Equal(16, host.State.Code);
        Assert.Equal(InstanceLifecycleType.Spot, host.InstanceLifecycle);
        Assert.Equal([0, 1], host.NetworkInterfaces.Select(eni => eni.Attachment.DeviceIndex!.Value));
        var first = host.NetworkInterfaces[0];
        Assert.Equal("10.0.0.10", first.PrivateIpAddress);
        Assert.True(first.SourceDestCheck);
        Assert.Equal([true, false, false], first.PrivateIpAddresses.Select(address => address.Primary!.Value));
        Assert.Equal("2600:1f14::a", Assert.Single(first.Ipv6Addresses).Ipv6Address);
    }

    [Fact]
    public async Task Pages_are_whole_and_without_repeats()
    {
        await using var test = await TestVpc.StartAsync(new VpcScenario(Hosts: 23));
        var seen = new List<string>();
        var request = new DescribeInstancesRequest { MaxResults = 5 };
        var pages = 0;
        do
        {
            var response = await test.Client.DescribeInstancesAsync(request, Cancel);
            seen.AddRange(response.Reservations.SelectMany(one => one.Instances).Select(one => one.InstanceId));
            request.NextToken = response.NextToken;
            pages++;
        }
        while (request.NextToken is not null);

        Assert.Equal(5, pages);
        Assert.Equal(test.State.Instances.Keys, seen);
    }
}
