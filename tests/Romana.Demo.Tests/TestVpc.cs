using Amazon.EC2;
using Amazon.EC2.Model;
using Amazon.Runtime;
using Microsoft.Extensions.Time.Testing;
using Romana.Demo.Ec2;
using RouteTable = Romana.Demo.Ec2.RouteTable;

namespace Romana.Demo.Tests;

/// <summary>An endpoint on a clock that the test moves, and the real SDK client pointed at it.</summary>
internal sealed class TestVpc : IAsyncDisposable
{
    private TestVpc(Ec2Endpoint endpoint, FakeTimeProvider time)
    {
        Endpoint = endpoint;
        Time = time;
        Client = NewClient();
    }

    static TestVpc() => Amazon.AWSConfigs.InitializeCollections = true;

    public Ec2Endpoint Endpoint { get; }
    public FakeTimeProvider Time { get; }
    public AmazonEC2Client Client { get; }
    public SimulatedVpc Vpc => Endpoint.Vpc;
    public AccountState State => Vpc.State;

    /// <summary>The first host's only interface.</summary>
    public string Eni => State.FindInstance("host-1")!.Interfaces[0];

    public RouteTable Main => State.Tables.Values.Single(table => table.Main);

    /// <summary>The first table that is not the main one.</summary>
    public RouteTable Table => State.Tables.Values.First(table => !table.Main);

    public static async Task<TestVpc> StartAsync(VpcScenario? scenario = null)
    {
        var time = new FakeTimeProvider(DateTimeOffset.Parse("2026-01-01T00:00:00Z"));
        var endpoint = await Ec2Endpoint.StartAsync(scenario ?? new VpcScenario(), time, 0, TestContext.Current.CancellationToken);
        return new TestVpc(endpoint, time);
    }

    public AmazonEC2Client NewClient(string accessKey = "AKIADEMO") => new(
        new BasicAWSCredentials(accessKey, "secret"),
        new AmazonEC2Config
        {
            ServiceURL = Endpoint.Url.ToString(),
            AuthenticationRegion = "us-west-2",
            MaxErrorRetry = 0,
            Timeout = TimeSpan.FromSeconds(20),
        });

    public Task<CreateRouteResponse> CreateAsync(string destination, string? eni = null, string? table = null) =>
        Client.CreateRouteAsync(NewRoute(destination, eni, table), TestContext.Current.CancellationToken);

    public CreateRouteRequest NewRoute(string destination, string? eni = null, string? table = null)
    {
        var ipv6 = destination.Contains(':', StringComparison.Ordinal);
        return new CreateRouteRequest
        {
            RouteTableId = table ?? Table.Id,
            DestinationCidrBlock = ipv6 ? null : destination,
            DestinationIpv6CidrBlock = ipv6 ? destination : null,
            NetworkInterfaceId = eni ?? Eni,
        };
    }

    /// <summary>The table as a describe shows it.</summary>
    public async Task<Amazon.EC2.Model.RouteTable> SeeAsync(string? table = null)
    {
        var response = await Client.DescribeRouteTablesAsync(
            new DescribeRouteTablesRequest { RouteTableIds = [table ?? Table.Id] }, TestContext.Current.CancellationToken);
        return Assert.Single(response.RouteTables);
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await Endpoint.DisposeAsync();
    }
}
