using System.Collections.Immutable;
using System.Globalization;
using Amazon.EC2;
using Amazon.Runtime;
using Microsoft.Extensions.Logging.Abstractions;
using Romana.Cloud.Aws;
using Romana.Cloud.Control;
using Romana.Demo;
using Romana.Demo.Clocks;
using Romana.Demo.Ec2;
using Romana.Ipam.Addressing;
using Romana.Ipam.Stores;
using Romana.Ipam.Topologies;

namespace Romana.Bench;

/// <summary>The controller against the VPC on loopback: calls of a cold start and of a settled system.</summary>
public static class ControllerFigures
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    public static IEnumerable<Figure> Measure() =>
        MeasureAsync(450, "cold start, 450 hosts, 3 tables and the main one, clock x20", 20).GetAwaiter().GetResult();

    private static async Task<List<Figure>> MeasureAsync(int hosts, string what, double speed)
    {
        var clock = new ScaledTimeProvider(speed);
        var scenario = new VpcScenario(Zones: 3, SubnetsPerZone: 1, Hosts: hosts)
        {
            VpcCidr = Cidr.Parse("10.0.0.0/12"),
            Layout = TableLayout.PerZone,
            Behaviour = new Behaviour { RouteQuota = 10_000 },
        };
        await using var endpoint = await Ec2Endpoint.StartAsync(scenario, clock);
        var run = new Run(endpoint, clock, 1);
        return [await run.ColdStartAsync(what), await run.AtRestAsync(hosts)];
    }

    private sealed class Run(Ec2Endpoint endpoint, TimeProvider clock, double rateScale)
    {
        private readonly InMemoryStore _store = new();
        private SimulatedVpc Vpc => endpoint.Vpc;

        public async Task<Figure> ColdStartAsync(string what)
        {
            var result = await ApplyAsync(TopologyText());
            var routes = Vpc.State.Tables.Values.Sum(table => table.Routes.Values.Count(route => route.Destination.StartsWith("10.128.", StringComparison.Ordinal)
                || route.Target.StartsWith("eni-", StringComparison.Ordinal)));
            var calls = Vpc.Calls.Count(call => call.Action != "ModifyNetworkInterfaceAttribute");
            var most = routes + (Vpc.State.Instances.Count + 999) / 1000 + 10;
            var throttled = Vpc.Calls.Count(call => call.Outcome == "RequestLimitExceeded");
            return new Figure(what, Text($"{calls} calls beside {Count("ModifyNetworkInterfaceAttribute")} check fixes, {throttled} throttled, {result.Problems.Count} problems"),
                Text($"{most} calls, 0 throttled"), Text($"cloud-provider-aws, one table: {1 + 3 * Vpc.State.Instances.Count} calls or more"), null);
        }

        public async Task<Figure> AtRestAsync(int hosts)
        {
            Vpc.ForgetCalls();
            await ApplyAsync(null);
            var describes = Vpc.Calls.Count(call => !call.Mutates);
            return new Figure(Text($"reconcile that changes nothing, {hosts} hosts"),
                Text($"{Vpc.Calls.Count(call => call.Mutates)} mutating calls, {describes} describes (DescribeVpcs and DescribeSubnets of the start among them)"),
                Text($"0 mutating, {1 + (hosts + 999) / 1000} describes and 2 at the start"), "cloud-provider-aws: 1 + N describes a pass", null);
        }

        private ControllerOptions Options => new()
        {
            Vpc = Vpc.State.Vpcs.Keys.First(),
            NewStore = true,
            RateScale = rateScale,
            Quota = 1000,
            CallTimeout = TimeSpan.FromMinutes(10),
        };

        private async Task<ApplyResult> ApplyAsync(string? topology)
        {
            using var limit = new CancellationTokenSource(Patience);
            return await Apply.RunAsync(Options, Parts(topology, new ControllerState()), limit.Token);
        }

        private ControllerParts Parts(string? topology, ControllerState state) => new()
        {
            Logs = NullLoggerFactory.Instance,
            Clock = clock,
            State = state,
            Store = _store,
            Terms = new InMemoryTermSource(),
            Ec2 = new AmazonEC2Client(new BasicAWSCredentials("bench", "bench"), new AmazonEC2Config
            {
                ServiceURL = endpoint.Url.ToString(),
                AuthenticationRegion = "us-west-2",
                MaxErrorRetry = 0,
            }),
            TopologyDocument = topology,
        };

        private string TopologyText()
        {
            var links = Vpc.State.Subnets.Values.Select(subnet => new LinkFact(subnet.Id, subnet.Zone)).ToImmutableArray();
            return TopologyDraft.Draw(new DraftRequest { Cidrs = [Cidr.Parse("10.128.0.0/12")], Links = links }) is DraftOutcome.Drawn drawn
                ? drawn.Document.ToJsonString() : throw new InvalidOperationException("no topology could be drawn");
        }

        private int Count(string action) => Vpc.Calls.Count(call => call.Action == action);

        private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
