using Amazon.EC2;
using Amazon.EC2.Model;
using Amazon.Runtime;
using Romana.Cloud.Aws;
using Romana.Demo;
using Romana.Demo.Ec2;

namespace Romana.EndToEnd.Tests;

/// <summary>One permission, one call: the client that production uses sends nothing again behind the engine's back.</summary>
public sealed class ResendTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(FaultKind.LostAnswer, "ok lost")]
    [InlineData(FaultKind.Dropped, "ok dropped")]
    public async Task After_a_broken_connection_exactly_one_call_has_arrived(FaultKind kind, string outcomes)
    {
        await using var endpoint = await Ec2Endpoint.StartAsync(new VpcScenario(), TimeProvider.System, 0, Cancel);
        using var client = Ec2Client.Create("us-west-2", endpoint.Url.ToString(), new BasicAWSCredentials("test", "test"));
        await CreateAsync(client, endpoint.Vpc, "10.244.0.0/26");
        endpoint.Vpc.Faults.Add(new Fault { Kind = kind, Action = "CreateRoute" });

        var error = await Record.ExceptionAsync(() => CreateAsync(client, endpoint.Vpc, "10.244.0.64/26"));

        Assert.NotNull(error);
        Assert.False(error is AmazonEC2Exception { ErrorCode: "RouteAlreadyExists" }, error.ToString());
        Assert.Equal(outcomes, string.Join(' ', endpoint.Vpc.Calls.Select(call => call.Outcome)));
    }

    /// <summary>The first call leaves a pooled connection behind: only on one of those does the SDK think of a stale one.</summary>
    private static Task<CreateRouteResponse> CreateAsync(IAmazonEC2 client, SimulatedVpc vpc, string destination) => client.CreateRouteAsync(
        new CreateRouteRequest
        {
            RouteTableId = vpc.State.Tables.Keys.First(),
            DestinationCidrBlock = destination,
            NetworkInterfaceId = vpc.State.Interfaces.Keys.First(),
        },
        Cancel);
}
