using System.Net;
using Amazon.EC2;
using Amazon.EC2.Model;

namespace Romana.Demo.Tests;

/// <summary>The route rules over the wire.</summary>
public sealed class RouteRulesTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_created_route_is_shown_with_interface_and_instance()
    {
        await using var test = await TestVpc.StartAsync();
        await test.CreateAsync("10.244.0.0/26");
        var route = Assert.Single((await test.SeeAsync()).Routes, one => one.DestinationCidrBlock == "10.244.0.0/26");
        Assert.Equal(test.Eni, route.NetworkInterfaceId);
        Assert.Equal(test.State.FindInstance("host-1")!.Id, route.InstanceId);
        Assert.Equal(RouteState.Active, route.State);
        Assert.Equal(RouteOrigin.CreateRoute, route.Origin);
    }

    [Theory]
    [InlineData("10.244.0.0/26", "eni-0dead000", "InvalidNetworkInterfaceID.NotFound")]
    [InlineData("10.0.1.0/24", null, "InvalidParameterValue")]
    [InlineData("10.0.0.0/16", null, "RouteAlreadyExists")]
    [InlineData("169.254.168.0/22", null, "InvalidParameterValue")]
    [InlineData("169.254.169.254/32", null, "InvalidParameterValue")]
    [InlineData("fd00:ec2::/32", null, "InvalidParameterValue")]
    [InlineData("fd00:ec2::254/128", null, "InvalidParameterValue")]
    [InlineData("banana", null, "InvalidParameterValue")]
    [InlineData("0.0.0.0/0", null, "RouteAlreadyExists")]
    public async Task Create_is_refused(string destination, string? eni, string code)
    {
        await using var test = await TestVpc.StartAsync();
        var before = test.State;
        var error = await Assert.ThrowsAsync<AmazonEC2Exception>(() => test.CreateAsync(destination, eni));
        Assert.Equal(code, error.ErrorCode);
        Assert.Equal(HttpStatusCode.BadRequest, error.StatusCode);
        Assert.NotEmpty(error.RequestId);
        Assert.Same(before, test.State);
    }

    [Theory]
    [InlineData("10.244.0.0/26", "10.244.0.0/26")]
    [InlineData("100.68.0.18/18", "100.68.0.0/18")]
    [InlineData("fd01:0:0::/64", "fd01::/64")]
    [InlineData("10.0.0.0/20", "10.0.0.0/20")]
    [InlineData("10.0.0.0/8", "10.0.0.0/8")]
    public async Task Create_makes_the_canonical_destination(string asked, string made)
    {
        await using var test = await TestVpc.StartAsync();
        await test.CreateAsync(asked);
        Assert.Contains((await test.SeeAsync()).Routes, one => (one.DestinationCidrBlock ?? one.DestinationIpv6CidrBlock) == made);
    }

    [Fact]
    public async Task A_second_create_says_that_the_route_exists()
    {
        await using var test = await TestVpc.StartAsync();
        await test.CreateAsync("10.244.0.0/26");
        var error = await Assert.ThrowsAsync<AmazonEC2Exception>(() => test.CreateAsync("10.244.0.0/26"));
        Assert.Equal("RouteAlreadyExists", error.ErrorCode);
    }

    [Fact]
    public async Task Replace_wants_a_route_that_stands_and_keeps_the_rest()
    {
        await using var test = await TestVpc.StartAsync();
        var other = test.State.FindInstance("host-2")!.Interfaces[0];
        var request = new ReplaceRouteRequest
        {
            RouteTableId = test.Table.Id,
            DestinationCidrBlock = "10.244.0.0/26",
            NetworkInterfaceId = other,
        };
        var error = await Assert.ThrowsAsync<AmazonEC2Exception>(() => test.Client.ReplaceRouteAsync(request, Cancel));
        Assert.Equal("InvalidParameterValue", error.ErrorCode);
        Assert.Contains("Use CreateRoute instead", error.Message, StringComparison.Ordinal);

        await test.CreateAsync("10.244.0.0/26");
        var before = test.Table.Routes.Count;
        await test.Client.ReplaceRouteAsync(request, Cancel);
        Assert.Equal(other, test.Table.Routes["10.244.0.0/26"].Target);
        Assert.Equal(before, test.Table.Routes.Count);
    }

    [Fact]
    public async Task Delete_wants_a_route_that_stands_and_never_the_local_one()
    {
        await using var test = await TestVpc.StartAsync();
        await test.CreateAsync("10.244.0.0/26");
        await DeleteAsync(test, "10.244.0.0/26");
        Assert.DoesNotContain("10.244.0.0/26", test.Table.Routes.Keys);
        Assert.Equal("InvalidRoute.NotFound", (await Assert.ThrowsAsync<AmazonEC2Exception>(() => DeleteAsync(test, "10.244.0.0/26"))).ErrorCode);
        Assert.Equal("InvalidParameterValue", (await Assert.ThrowsAsync<AmazonEC2Exception>(() => DeleteAsync(test, "10.0.0.0/16"))).ErrorCode);
    }

    [Fact]
    public async Task A_table_that_is_not_there_is_named()
    {
        await using var test = await TestVpc.StartAsync();
        var error = await Assert.ThrowsAsync<AmazonEC2Exception>(() => test.CreateAsync("10.244.0.0/26", table: "rtb-0dead000"));
        Assert.Equal("InvalidRouteTableID.NotFound", error.ErrorCode);
        Assert.Contains("rtb-0dead000", error.Message, StringComparison.Ordinal);
    }

    private static Task<DeleteRouteResponse> DeleteAsync(TestVpc test, string destination) => test.Client.DeleteRouteAsync(
        new DeleteRouteRequest { RouteTableId = test.Table.Id, DestinationCidrBlock = destination }, Cancel);
}
