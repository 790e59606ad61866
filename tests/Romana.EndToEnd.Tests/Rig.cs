using System.Collections.Immutable;
using Amazon;
using Amazon.EC2;
using Amazon.Runtime;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Romana.Cloud.Aws;
using Romana.Cloud.Control;
using Romana.Cloud.Health;
using Romana.Demo;
using Romana.Demo.Clocks;
using Romana.Demo.Ec2;
using Romana.Ipam.Addressing;
using Romana.Ipam.Blocks;
using Romana.Ipam.Stores;
using Romana.Ipam.Topologies;

namespace Romana.EndToEnd.Tests;

/// <summary>A VPC on loopback, a store in memory, and the real engine between them, all on one fast clock.</summary>
internal sealed class Rig : IAsyncDisposable
{
    /// <summary>No test waits longer for anything.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    /// <summary>ROMANA_TEST_LOG=1 shows what the engine says.</summary>
    private static readonly ILoggerFactory Log = Environment.GetEnvironmentVariable("ROMANA_TEST_LOG") is { Length: > 0 }
        ? LoggerFactory.Create(logs => logs.AddSimpleConsole(console => console.SingleLine = true)) : NullLoggerFactory.Instance;

    private readonly List<IDisposable> _owned = [];

    private Rig(Ec2Endpoint endpoint, TimeProvider clock)
    {
        (Endpoint, Clock) = (endpoint, clock);
        Options = new ControllerOptions
        {
            Vpc = Vpc.State.Vpcs.Keys.First(),
            Region = "us-west-2",
            Endpoint = endpoint.Url.ToString(),
            NewStore = true,

            // Half a minute of the machine's time on a clock that runs a hundred times as fast.
            CallTimeout = TimeSpan.FromSeconds(3000),
        };
        Topology = Draw(IpCidrs);
    }

    public Ec2Endpoint Endpoint { get; }
    public SimulatedVpc Vpc => Endpoint.Vpc;
    public TimeProvider Clock { get; }
    public ControllerOptions Options { get; set; }
    public IStore Store { get; set; } = new InMemoryStore();
    public InMemoryTermSource Terms { get; set; } = new();
    public ControllerState State { get; } = new();
    public string Topology { get; set; }
    public static ImmutableArray<Cidr> IpCidrs => [Cidr.Parse("10.244.0.0/16")];

    public static async Task<Rig> StartAsync(VpcScenario? scenario = null, double speed = 100)
    {
        AWSConfigs.InitializeCollections = true;
        var clock = new ScaledTimeProvider(speed);
        scenario ??= new VpcScenario();
        var endpoint = await Ec2Endpoint.StartAsync(scenario with { AllowedPodCidrs = IpCidrs }, clock);
        return new Rig(endpoint, clock);
    }

    public ControllerParts Parts(CallMetrics? metrics = null) => new()
    {
        Logs = Log,
        Clock = Clock,
        State = State,
        Store = Store,
        Terms = Terms,
        Ec2 = Client(),
        Metrics = metrics,
        TopologyDocument = Topology,
    };

    public Task<ApplyResult> ApplyAsync(CancellationToken cancel = default) => Apply.RunAsync(Options, Parts(), Bounded(cancel));

    /// <summary>The real loops in the background; the result is cancelled and awaited when disposed.</summary>
    public RunningController Controller(params IReadOnlyList<IHealthSource> health)
    {
        var stop = new CancellationTokenSource();
        return new RunningController(ControllerHost.RunAsync(Options, Parts() with { HealthSources = health }, stop.Token), stop);
    }

    /// <summary>Until the running controller has a plan that is carried out and every block is routed.</summary>
    public async Task SettledAsync()
    {
        await UntilAsync(() => State.Current is { Ready: true, Plan.HasChanges: false } current && current.Inventory!.Hosts.Length > 0, "the first convergence");
        await UntilAsync(() => BlocksAsync().GetAwaiter().GetResult() is { Count: > 0 } blocks
            && blocks.All(block => block.RoutedEpoch == block.Epoch), "routed blocks");
    }

    /// <summary>Waits for a condition of the VPC, looking after every change and call, with the limit of all tests.</summary>
    public async Task UntilAsync(Func<bool> condition, string what)
    {
        using var limit = new CancellationTokenSource(Limit);
        try
        {
            while (!condition()) await Task.Delay(TimeSpan.FromSeconds(1), Clock, limit.Token);
        }
        catch (OperationCanceledException)
        {
            Assert.Fail($"{what} did not happen in {Limit}");
        }
    }

    public IAmazonEC2 Client()
    {
        var client = new AmazonEC2Client(new BasicAWSCredentials("test", "test"), new AmazonEC2Config
        {
            ServiceURL = Endpoint.Url.ToString(),
            AuthenticationRegion = "us-west-2",
            MaxErrorRetry = 0,
            MaxStaleConnectionRetries = 0,
        });
        _owned.Add(client);
        return client;
    }

    /// <summary>A document as `romana topology init aws` draws it for this VPC.</summary>
    public string Draw(IEnumerable<Cidr> cidrs)
    {
        var links = Vpc.State.Subnets.Values.Select(subnet => new LinkFact(subnet.Id, subnet.Zone)).ToImmutableArray();
        var drawn = Assert.IsType<DraftOutcome.Drawn>(TopologyDraft.Draw(new DraftRequest { Cidrs = [.. cidrs], Links = links }));
        return drawn.Document.ToJsonString();
    }

    /// <summary>Routes of ours as text, "rtb-1 10.244.0.0/20 -> eni-2", whoever they belong to.</summary>
    public ImmutableSortedSet<string> PodRoutes() => Routes(cidr => IpCidrs.Any(pod => pod.Contains(cidr)) || cidr.First.ToString().StartsWith("fd10:", StringComparison.Ordinal));

    /// <summary>Everything else.</summary>
    public ImmutableSortedSet<string> OtherRoutes() => [.. All().Except(PodRoutes())];

    public ImmutableSortedSet<string> All() => [.. Vpc.State.Tables.Values.SelectMany(table => table.Routes.Values.Select(route => Text(table, route)))];

    public int Mutations => Vpc.Calls.Count(call => call.Mutates);

    public int Count(string action) => Vpc.Calls.Count(call => call.Action == action);

    public static CancellationToken Bounded(CancellationToken cancel = default) =>
        CancellationTokenSource.CreateLinkedTokenSource(cancel, new CancellationTokenSource(Limit).Token).Token;

    public async ValueTask DisposeAsync()
    {
        foreach (var one in _owned) one.Dispose();
        await Endpoint.DisposeAsync();
    }

    private ImmutableSortedSet<string> Routes(Func<Cidr, bool> wanted) => [.. from table in Vpc.State.Tables.Values
        from route in table.Routes.Values
        where Cidr.TryParse(route.Destination, out var cidr, out _) && wanted(cidr)
        select Text(table, route)];

    public async Task<IReadOnlyList<BlockSpec>> BlocksAsync() =>
        [.. (await Store.ListAsync(RecordTypes.Blocks, Selector.Everything, Consistency.Linearizable, default)).Items.Select(block => block.Spec)];

    /// <summary>Interface that the cover of a subnet's group leads to in a table; null without a cover.</summary>
    public string? CoverOf(string table, string subnet) =>
        Leaf(subnet) is { } leaf ? Vpc.State.Tables[table].Routes.GetValueOrDefault(leaf.ToString())?.Target : null;

    public Cidr? Leaf(string subnet) => TopologyDocument.Read(Topology).Topology!.Networks.SelectMany(network => network.Leaves)
        .Where(leaf => leaf.Assignment.GetValueOrDefault("romana.io/subnet") == subnet).Select(leaf => (Cidr?)leaf.Cidr).FirstOrDefault();

    public string EniOf(string host) => Vpc.State.FindInstance(host)!.Id is var id
        ? Vpc.State.Interfaces.Values.First(eni => eni.Attachment?.InstanceId == id && eni.Attachment.DeviceIndex == 0).Id : "";

    private static string Text(RouteTable table, Route route) => $"{table.Id} {route.Destination} -> {route.Target}";
}

internal sealed class RunningController(Task run, CancellationTokenSource stop) : IAsyncDisposable
{
    private bool _disposed;

    public Task Run => run;

    public async ValueTask DisposeAsync()
    {
        if (_disposed) return;
        _disposed = true;
        await stop.CancelAsync();
        try
        {
            await run;
        }
        catch (ControlRefusedException)
        {
            // The test looked at it, or the test's own failure says more.
        }

        stop.Dispose();
    }
}
