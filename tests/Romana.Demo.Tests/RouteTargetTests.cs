using Amazon.EC2;
using Amazon.EC2.Model;
using Romana.Demo.Ec2;

namespace Romana.Demo.Tests;

/// <summary>What a route may point to, and what becomes of it when that goes away.</summary>
public sealed class RouteTargetTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("igw-0dead000", "InvalidInternetGatewayID.NotFound")]
    [InlineData("vgw-0dead000", "InvalidVpnGatewayID.NotFound")]
    [InlineData("nat-0dead000", "NatGatewayNotFound")]
    [InlineData("tgw-0dead000", "InvalidTransitGatewayID.NotFound")]
    [InlineData("pcx-0dead000", "InvalidVpcPeeringConnectionID.NotFound")]
    [InlineData("vpce-0dead000", "InvalidVpcEndpointId.NotFound")]
    [InlineData("i-0dead000", "InvalidInstanceID.NotFound")]
    [InlineData("eni-0dead000", "InvalidNetworkInterfaceID.NotFound")]
    public async Task A_target_that_is_not_there_has_its_own_code(string target, string code)
    {
        await using var test = await TestVpc.StartAsync();
        var request = new CreateRouteRequest { RouteTableId = test.Table.Id, DestinationCidrBlock = "10.244.0.0/26" };
        switch (target.Split('-')[0])
        {
            case "nat": request.NatGatewayId = target; break;
            case "tgw": request.TransitGatewayId = target; break;
            case "pcx": request.VpcPeeringConnectionId = target; break;
            case "vpce": request.VpcEndpointId = target; break;
            case "i": request.InstanceId = target; break;
            case "eni": request.NetworkInterfaceId = target; break;
            default: request.GatewayId = target; break;
        }

        Assert.Equal(code, (await RefusalAsync(test, request)).ErrorCode);
    }

    [Fact]
    public async Task No_target_or_two_are_refused()
    {
        await using var test = await TestVpc.StartAsync();
        var request = test.NewRoute("10.244.0.0/26");
        request.NatGatewayId = test.State.Gateways.Keys.First(id => id.StartsWith("nat-", StringComparison.Ordinal));
        Assert.Equal("InvalidParameterCombination", (await RefusalAsync(test, request)).ErrorCode);
        request.NatGatewayId = request.NetworkInterfaceId = null;
        Assert.Equal("MissingParameter", (await RefusalAsync(test, request)).ErrorCode);
        request.NetworkInterfaceId = "i-00000001";
        Assert.Equal("InvalidNetworkInterfaceId.Malformed", (await RefusalAsync(test, request)).ErrorCode);
    }

    [Theory]
    [InlineData(1, null)]
    [InlineData(2, "InvalidInstanceID")]
    public async Task An_instance_is_a_target_only_with_a_single_interface(int interfaces, string? code)
    {
        await using var test = await TestVpc.StartAsync(new VpcScenario { InterfacesPerHost = interfaces });
        var host = test.State.FindInstance("host-1")!;
        var request = new CreateRouteRequest { RouteTableId = test.Table.Id, DestinationCidrBlock = "10.244.0.0/26", InstanceId = host.Id };
        if (code is null)
        {
            await test.Client.CreateRouteAsync(request, Cancel);
            Assert.Equal(host.Interfaces[0], test.Table.Routes["10.244.0.0/26"].Target);
        }
        else
        {
            var error = await RefusalAsync(test, request);
            Assert.Equal(code, error.ErrorCode);
            Assert.Contains("multiple interfaces", error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task An_interface_of_another_vpc_is_refused()
    {
        await using var test = await TestVpc.StartAsync();
        test.Vpc.Update(state => state.With(state.Interfaces[test.Eni] with { VpcId = "vpc-other" }));
        Assert.Equal("InvalidParameterValue", (await RefusalAsync(test, test.NewRoute("10.244.0.0/26"))).ErrorCode);
    }

    [Fact]
    public async Task An_egress_only_gateway_takes_ipv6_alone()
    {
        await using var test = await TestVpc.StartAsync(new VpcScenario { Foreign = ForeignRoutes.Every });
        var request = test.NewRoute("10.244.0.0/26");
        request.NetworkInterfaceId = null;
        request.EgressOnlyInternetGatewayId = test.State.Gateways.Keys.First(id => id.StartsWith("eigw-", StringComparison.Ordinal));
        Assert.Equal("InvalidParameterValue", (await RefusalAsync(test, request)).ErrorCode);
    }

    /// <summary>Act on host-1, then the state of its route; the route stays and counts whatever happens.</summary>
    [Theory]
    [InlineData("nothing", "active")]
    [InlineData("stop", "blackhole")]
    [InlineData("stop start", "active")]
    [InlineData("terminate", "blackhole")]
    [InlineData("detach", "blackhole")]
    public async Task A_route_whose_target_is_gone_is_a_blackhole(string acts, string state)
    {
        await using var test = await TestVpc.StartAsync();
        var eni = test.Eni;
        await test.CreateAsync("10.244.0.0/26");
        foreach (var act in acts.Split(' '))
            switch (act)
            {
                case "stop": test.Vpc.Stop("host-1"); break;
                case "start": test.Vpc.Start("host-1"); break;
                case "terminate": test.Vpc.Terminate("host-1"); break;
                case "detach": test.Vpc.Update(all => all.With(all.Interfaces[eni] with { Attachment = null })); break;
            }

        var route = Assert.Single((await test.SeeAsync()).Routes, one => one.DestinationCidrBlock == "10.244.0.0/26");
        Assert.Equal(state, route.State.Value);
        Assert.Equal(eni, route.NetworkInterfaceId);
    }

    [Fact]
    public async Task Every_kind_of_foreign_route_is_shown_with_its_own_target()
    {
        await using var test = await TestVpc.StartAsync(new VpcScenario { Foreign = ForeignRoutes.Every });
        var routes = (await test.SeeAsync()).Routes;
        Assert.Contains(routes, one => one is { DestinationCidrBlock: "0.0.0.0/0", NatGatewayId: not null });
        Assert.Contains(routes, one => one is { DestinationPrefixListId: not null, GatewayId: not null });
        Assert.Contains(routes, one => one is { DestinationPrefixListId: not null, TransitGatewayId: not null });
        Assert.Contains(routes, one => one is { DestinationCidrBlock: "10.50.0.0/16", VpcPeeringConnectionId: not null });
        Assert.Contains(routes, one => one is { DestinationCidrBlock: "192.168.0.0/16", NetworkInterfaceId: not null, InstanceId: not null });
        Assert.Contains(routes, one => one is { DestinationIpv6CidrBlock: "::/0", EgressOnlyInternetGatewayId: not null });
        Assert.Contains(routes, one => one.DestinationCidrBlock == "172.16.9.0/24" && one.State == Amazon.EC2.RouteState.Blackhole);
        Assert.Equal(2, routes.Count(one => one.DestinationCidrBlock == "10.80.0.0/16"));
        Assert.Contains(routes, one => one.Origin == Amazon.EC2.RouteOrigin.EnableVgwRoutePropagation);
    }

    private static Task<AmazonEC2Exception> RefusalAsync(TestVpc test, CreateRouteRequest request) =>
        Assert.ThrowsAsync<AmazonEC2Exception>(() => test.Client.CreateRouteAsync(request, Cancel));
}
