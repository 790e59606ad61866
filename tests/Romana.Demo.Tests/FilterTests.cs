using Amazon.EC2;
using Amazon.EC2.Model;
using Romana.Demo.Ec2;

namespace Romana.Demo.Tests;

/// <summary>Filters, ids and pages as the SDK sends them.</summary>
public sealed class FilterTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>Filters "name=v1,v2;name=v" over the default scenario, with host-4 stopped, and the numbers of the hosts that pass.</summary>
    [Theory]
    [InlineData("instance-state-name=running", "1 2 3 5 6 7 8 9 10 11 12")]
    [InlineData("instance-state-name=stopped,running", "1 2 3 4 5 6 7 8 9 10 11 12")]
    [InlineData("instance-state-code=80", "4")]
    [InlineData("tag:Name=host-1?", "10 11 12")]
    [InlineData("tag:Name=host-1*", "1 10 11 12")]
    [InlineData("tag:Name=HOST-1", "")]
    [InlineData("tag:romana.io/cluster=default;availability-zone=us-west-2a", "1 4 7 10")]
    [InlineData("tag:romana.io/cluster=other", "")]
    [InlineData("tag-key=romana.io/*;private-ip-address=10.0.0.*", "1 7")]
    [InlineData("tag-value=host-3", "3")]
    [InlineData("network-interface.addresses.private-ip-address=10.0.0.11", "7")]
    [InlineData("vpc-id=vpc-00000001;instance-lifecycle=spot", "")]
    public async Task Instances_pass_when_every_filter_matches_one_of_its_values(string filters, string hosts)
    {
        await using var test = await TestVpc.StartAsync();
        test.Vpc.Stop("host-4");
        var response = await test.Client.DescribeInstancesAsync(new DescribeInstancesRequest { Filters = Parse(filters) }, Cancel);
        var names = response.Reservations.SelectMany(one => one.Instances).Select(one => one.Tags.Single(tag => tag.Key == "Name").Value);
        Assert.Equal(hosts.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(number => $"host-{number}"), names);
    }

    /// <summary>Filters over route tables; "SUBNET" and "TABLE" stand for the first zone table and its subnet.</summary>
    [Theory]
    [InlineData("association.main=true", 1)]
    [InlineData("association.main=false", 3)]
    [InlineData("association.subnet-id=SUBNET", 1)]
    [InlineData("association.route-table-id=TABLE", 1)]
    [InlineData("route-table-id=TABLE", 1)]
    [InlineData("route.destination-cidr-block=0.0.0.0/0", 4)]
    [InlineData("route.nat-gateway-id=nat-*", 3)]
    [InlineData("route.gateway-id=igw-*", 1)]
    [InlineData("route.state=blackhole", 0)]
    [InlineData("tag:Name=zone-*", 3)]
    [InlineData("vpc-id=vpc-00000001", 4)]
    [InlineData("vpc-id=vpc-00000002", 0)]
    public async Task Tables_pass_by_association_and_route(string filters, int count)
    {
        await using var test = await TestVpc.StartAsync();
        var text = filters.Replace("SUBNET", test.Table.Subnets[0], StringComparison.Ordinal)
            .Replace("TABLE", test.Table.Id, StringComparison.Ordinal);
        var response = await test.Client.DescribeRouteTablesAsync(new DescribeRouteTablesRequest { Filters = Parse(text) }, Cancel);
        Assert.Equal(count, response.RouteTables.Count);
    }

    [Theory]
    [InlineData("addresses.private-ip-address=10.0.0.12", 1)]
    [InlineData("private-ip-address=10.0.0.12", 0)]
    [InlineData("source-dest-check=true", 24)]
    [InlineData("attachment.device-index=1", 12)]
    [InlineData("status=in-use", 24)]
    public async Task Interfaces_are_found_by_secondary_address_too(string filters, int count)
    {
        await using var test = await TestVpc.StartAsync(new VpcScenario { InterfacesPerHost = 2, SecondariesPerHost = 2 });
        var response = await test.Client.DescribeNetworkInterfacesAsync(
            new DescribeNetworkInterfacesRequest { Filters = Parse(filters) }, Cancel);
        Assert.Equal(count, response.NetworkInterfaces.Count);
    }

    [Fact]
    public async Task An_unknown_filter_and_too_many_values_are_refused()
    {
        await using var test = await TestVpc.StartAsync();
        Assert.Equal("InvalidParameterValue", await CodeAsync(test, new DescribeInstancesRequest { Filters = Parse("colour=red") }));
        var many = string.Join(',', Enumerable.Range(0, 201));
        Assert.Equal("FilterLimitExceeded", await CodeAsync(test, new DescribeInstancesRequest { Filters = Parse($"instance-id={many}") }));
    }

    [Theory]
    [InlineData(1, "InvalidInstanceID.NotFound", "The instance ID 'i-0dead000' does not exist")]
    [InlineData(2, "InvalidInstanceID.NotFound", "The instance IDs 'i-0dead000, i-0dead001' do not exist")]
    [InlineData(1001, "InvalidParameterValue", "The maximum number of instance IDs in a request is 1000")]
    public async Task Ids_that_are_not_there_are_all_named(int count, string code, string message)
    {
        await using var test = await TestVpc.StartAsync();
        var request = new DescribeInstancesRequest { InstanceIds = [.. Enumerable.Range(0x0dead000, count).Select(n => $"i-{n:x8}")] };
        var error = await Assert.ThrowsAsync<AmazonEC2Exception>(() => test.Client.DescribeInstancesAsync(request, Cancel));
        Assert.Equal((code, message), (error.ErrorCode, error.Message));
    }

    [Fact]
    public async Task Page_sizes_have_bounds_and_exclude_ids()
    {
        await using var test = await TestVpc.StartAsync();
        Assert.Equal("InvalidParameterValue", await CodeAsync(test, new DescribeInstancesRequest { MaxResults = 4 }));
        Assert.Equal("InvalidParameterValue", await CodeAsync(test, new DescribeInstancesRequest { MaxResults = 1001 }));
        Assert.Equal("InvalidParameterValue", await CodeAsync(test, new DescribeInstancesRequest { NextToken = "nonsense" }));
        var id = test.State.Instances.Keys.First();
        Assert.Equal("InvalidParameterCombination", await CodeAsync(test, new DescribeInstancesRequest { InstanceIds = [id], MaxResults = 5 }));
        Assert.Null(await CodeAsync(test, new DescribeInstancesRequest { InstanceIds = [id] }));
    }

    [Fact]
    public async Task A_page_survives_what_happens_between_two_requests()
    {
        await using var test = await TestVpc.StartAsync();
        var first = await test.Client.DescribeInstancesAsync(new DescribeInstancesRequest { MaxResults = 5 }, Cancel);
        var last = first.Reservations[^1].Instances[0].InstanceId;
        test.Vpc.Update(state => state with { Instances = state.Instances.Remove(last) });
        var second = await test.Client.DescribeInstancesAsync(new DescribeInstancesRequest { MaxResults = 50, NextToken = first.NextToken }, Cancel);
        Assert.Equal(7, second.Reservations.Count);
        Assert.Null(second.NextToken);
    }

    [Fact]
    public async Task Tables_come_a_hundred_a_page()
    {
        await using var test = await TestVpc.StartAsync(new VpcScenario(26, 5, 0) { Layout = TableLayout.PerSubnet });
        var first = await test.Client.DescribeRouteTablesAsync(new DescribeRouteTablesRequest(), Cancel);
        Assert.Equal(100, first.RouteTables.Count);
        var second = await test.Client.DescribeRouteTablesAsync(new DescribeRouteTablesRequest { NextToken = first.NextToken }, Cancel);
        Assert.Equal(31, second.RouteTables.Count);
    }

    private static async Task<string?> CodeAsync(TestVpc test, DescribeInstancesRequest request) =>
        (await Record.ExceptionAsync(() => test.Client.DescribeInstancesAsync(request, Cancel)) as AmazonEC2Exception)?.ErrorCode;

    private static List<Filter> Parse(string filters) =>
        [.. filters.Split(';').Select(one => one.Split('=', 2)).Select(pair => new Filter(pair[0], [.. pair[1].Split(',')]))];
}
