using System.Net;
using Amazon.EC2;
using Amazon.EC2.Model;
using Amazon.Runtime;
using Microsoft.Extensions.Time.Testing;
using Moq;
using Romana.Cloud.Aws;
using Romana.Cloud.Planning;
using Romana.Ipam.Addressing;
using Romana.Ipam.Stores;

namespace Romana.Cloud.Tests.Aws;

public sealed class CallGateTests : IDisposable
{
    private static readonly RouteChange Change = new()
    {
        Table = "rtb-1",
        Op = RouteOp.Create,
        Destination = Cidr.Parse("10.244.0.0/26"),
        Target = "eni-1",
    };

    private readonly Mock<IAmazonEC2> _ec2 = new();
    private readonly CallMetrics _metrics = new();
    private readonly CallGate _gate;

    public CallGateTests() => _gate = new CallGate(TimeProvider.System, 1000, TimeSpan.FromSeconds(10), _metrics, "here");

    [Theory]
    [InlineData("RouteAlreadyExists", OutcomeKind.RouteExists)]
    [InlineData("InvalidRoute.NotFound", OutcomeKind.RouteMissing)]
    [InlineData("RouteLimitExceeded", OutcomeKind.LimitExceeded)]
    [InlineData("InvalidRouteTableID.NotFound", OutcomeKind.TableMissing)]
    [InlineData("InvalidNetworkInterfaceID.NotFound", OutcomeKind.TargetMissing)]
    [InlineData("InvalidInstanceID.NotFound", OutcomeKind.TargetMissing)]
    [InlineData("IncorrectInstanceState", OutcomeKind.TargetUnhealthy)]
    [InlineData("IncorrectState", OutcomeKind.TargetUnhealthy)]
    [InlineData("UnauthorizedOperation", OutcomeKind.Unauthorized)]
    [InlineData("AuthFailure", OutcomeKind.Unauthorized)]
    [InlineData("ExpiredToken", OutcomeKind.Unauthorized)]
    [InlineData("InvalidParameterValue", OutcomeKind.Refused)]
    [InlineData("InternalError", OutcomeKind.Unknown)]
    [InlineData("Unavailable", OutcomeKind.Unknown)]
    public async Task Every_error_code_is_one_outcome_and_a_mutation_is_sent_once(string code, OutcomeKind kind)
    {
        Fail(new AmazonEC2Exception("no", ErrorType.Sender, code, "r", HttpStatusCode.BadRequest));

        var outcome = await CreateAsync(new FakeTerm());

        Assert.Equal(kind, outcome.Kind);
        Assert.Equal(1, _metrics.Mutations);
    }

    [Fact]
    public async Task A_replace_of_nothing_is_told_from_other_wrong_parameters()
    {
        Fail(new AmazonEC2Exception("There is no route defined for '10.0.0.0/8' in the route table. Use CreateRoute instead.",
            ErrorType.Sender, "InvalidParameterValue", "r", HttpStatusCode.BadRequest));
        Assert.Equal(OutcomeKind.RouteMissing, (await CreateAsync(new FakeTerm())).Kind);
    }

    [Fact]
    public async Task A_connection_that_breaks_leaves_it_unknown()
    {
        Fail(new HttpRequestException("broken"));
        Assert.Equal(OutcomeKind.Unknown, (await CreateAsync(new FakeTerm())).Kind);
    }

    [Fact]
    public async Task A_throttled_mutation_goes_again_since_it_surely_did_not_happen()
    {
        var calls = 0;
        _ec2.Setup(ec2 => ec2.CreateRouteAsync(It.IsAny<CreateRouteRequest>(), It.IsAny<CancellationToken>())).ReturnsAsync(() => ++calls <= 2
            ? throw new AmazonEC2Exception("slow", ErrorType.Sender, "RequestLimitExceeded", "r", HttpStatusCode.ServiceUnavailable)
            : new CreateRouteResponse());

        Assert.True((await CreateAsync(new FakeTerm())).IsDone);
        Assert.Equal(3, calls);
        Assert.Equal(2, _metrics.Throttled);
    }

    [Fact]
    public async Task No_term_or_a_lost_one_sends_nothing()
    {
        Assert.Equal(OutcomeKind.TermLost, (await CreateAsync(null)).Kind);
        Assert.Equal(OutcomeKind.TermLost, (await CreateAsync(new FakeTerm { Remaining = TimeSpan.Zero })).Kind);
        _ec2.VerifyNoOtherCalls();
    }

    [Fact]
    public async Task A_call_times_out_inside_the_term()
    {
        var clock = new FakeTimeProvider();
        using var gate = new CallGate(clock, 1, TimeSpan.FromSeconds(10), _metrics, "here");
        gate.Enter(new FakeTerm { Remaining = TimeSpan.FromSeconds(2) });
        _ec2.Setup(ec2 => ec2.CreateRouteAsync(It.IsAny<CreateRouteRequest>(), It.IsAny<CancellationToken>()))
            .Returns((CreateRouteRequest _, CancellationToken token) => Never(token));

        var call = new Ec2Writer(_ec2.Object, gate).ApplyAsync(Change, CallPriority.Create, TestContext.Current.CancellationToken);
        clock.Advance(TimeSpan.FromSeconds(3));

        Assert.Equal(OutcomeKind.Unknown, (await call.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken)).Kind);
    }

    [Fact]
    public async Task Describes_page_and_name_the_target_by_its_interface_and_never_trust_a_null_list()
    {
        _ec2.Setup(ec2 => ec2.DescribeRouteTablesAsync(It.IsAny<DescribeRouteTablesRequest>(), It.IsAny<CancellationToken>()))
            .ReturnsAsync((DescribeRouteTablesRequest request, CancellationToken _) => request.NextToken is null
                ? new DescribeRouteTablesResponse { NextToken = "2", RouteTables = [new RouteTable { RouteTableId = "rtb-2", Routes = null, Associations = null }] }
                : new DescribeRouteTablesResponse
                {
                    RouteTables = [new RouteTable
                    {
                        RouteTableId = "rtb-1",
                        Associations = [new RouteTableAssociation { Main = true }],
                        Routes = [new Route { DestinationCidrBlock = "10.244.0.0/26", InstanceId = "i-1", NetworkInterfaceId = "eni-1" },
                            new Route { DestinationIpv6CidrBlock = "FD00:0::/64", NetworkInterfaceId = "eni-1", State = RouteState2("blackhole") },
                            new Route { DestinationPrefixListId = "pl-1", GatewayId = "vpce-1" }],
                    }],
                });

        var tables = await new Ec2Reader(_ec2.Object, _gate).TablesAsync("vpc-1", TestContext.Current.CancellationToken);

        Assert.Equal(["rtb-1", "rtb-2"], tables.Select(table => table.Id));
        Assert.True(tables[0].Main);
        Assert.Equal(["10.244.0.0/26 eni-1 Active", "fd00::/64 eni-1 Blackhole", "pl-1 vpce-1 Active"],
            tables[0].Routes.Select(route => $"{route.Destination} {route.Target} {route.State}"));
    }

    public void Dispose()
    {
        _gate.Dispose();
        _metrics.Dispose();
    }

    private static Amazon.EC2.RouteState RouteState2(string text) => new(text);

    private static async Task<CreateRouteResponse> Never(CancellationToken token)
    {
        await new TaskCompletionSource().Task.WaitAsync(token);
        return new CreateRouteResponse();
    }

    private void Fail(Exception error) => _ec2
        .Setup(ec2 => ec2.CreateRouteAsync(It.IsAny<CreateRouteRequest>(), It.IsAny<CancellationToken>())).ThrowsAsync(error);

    private Task<MutationOutcome> CreateAsync(ITerm? term)
    {
        if (term is not null) _gate.Enter(term);
        return new Ec2Writer(_ec2.Object, _gate).ApplyAsync(Change, CallPriority.Create, TestContext.Current.CancellationToken);
    }

    private sealed class FakeTerm : ITerm
    {
        public long Number => 1;
        public TimeSpan Remaining { get; init; } = TimeSpan.FromMinutes(1);
        public CancellationToken Lost => default;

        public void Dispose()
        {
            // Nothing is held.
        }
    }
}
