using System.Globalization;
using Romana.Cloud.Control;
using Romana.Demo;
using Romana.Demo.Clocks;
using Romana.Demo.Ec2;
using Romana.Ipam.Addressing;
using Romana.Ipam.Stores;

namespace Romana.Bench;

/// <summary>
/// Calls to EC2, counted at the endpoint, beside the formulas of what others need for the same: a cold start, and an
/// hour at rest. The others' are computed (docs of each project), ours are measured in this run.
/// </summary>
public static class CallFigures
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    /// <summary>Hosts, zones (each a subnet with a table; the main one besides), quota of each table.</summary>
    private static readonly (int Hosts, int Zones, int Quota)[] Sizes = [(50, 3, 500), (150, 3, 500), (450, 3, 1000), (150, 3, 50)];

    public static IEnumerable<Figure> Measure() => Sizes.SelectMany(size => MeasureAsync(size.Hosts, size.Zones, size.Quota).GetAwaiter().GetResult());

    private static async Task<List<Figure>> MeasureAsync(int hosts, int zones, int quota)
    {
        var clock = new ScaledTimeProvider(60);
        await using var endpoint = await Ec2Endpoint.StartAsync(new VpcScenario(Zones: zones, SubnetsPerZone: 1, Hosts: hosts)
        {
            VpcCidr = Cidr.Parse("10.0.0.0/12"),
            Layout = TableLayout.PerZone,
            Behaviour = new Behaviour { RouteQuota = quota },
        }, clock);
        var run = new Run(new LoopbackVpc(endpoint, new InMemoryStore(), clock), clock, hosts, quota);
        return [await run.ColdStartAsync(), await run.AtRestAsync()];
    }

    private sealed class Run(LoopbackVpc rig, TimeProvider clock, int hosts, int quota)
    {
        private SimulatedVpc Vpc => rig.Vpc;

        private int Tables => Vpc.State.Tables.Count;

        private string Size => Text($"{hosts} hosts, {Tables} tables of {quota} routes");

        public async Task<Figure> ColdStartAsync()
        {
            using var limit = new CancellationTokenSource(Patience);
            var result = await Apply.RunAsync(Options, rig.Parts(rig.Draw("10.128.0.0/12").ToJsonString()), limit.Token);
            var routes = rig.Routes;
            var (mutations, all) = (Vpc.Calls.Count(call => call.Mutates), Vpc.Calls.Count);
            var checks = rig.Count("ModifyNetworkInterfaceAttribute");
            var others = Text($"cloud-provider-aws {1 + 3 * hosts + Ceil(hosts, 200)} (1 table), vpc-router {5 + hosts * Tables + hosts}, gardener {1 + 2 * Tables * hosts}");
            return new Figure($"cold start, {Size}",
                Text($"{all} calls: {all - mutations} describes, {mutations - checks} for {routes} routes, {checks} checks switched off; {result.Problems.Count} problems"),
                Text($"ceil(T/100) + ceil(N/1000) + routes + checks = {Ceil(Tables, 100) + Ceil(hosts, 1000) + routes + checks}, and some describes that confirm"), others, null);
        }

        /// <summary>The controller itself, for ten minutes of its clock.</summary>
        public async Task<Figure> AtRestAsync()
        {
            using var stop = new CancellationTokenSource(Patience);
            var controller = ControllerHost.RunAsync(Options, rig.Parts(null), stop.Token);
            await UntilAsync(() => rig.Count("DescribeRouteTables") >= 4, stop.Token);
            Vpc.ForgetCalls();
            var begun = clock.GetUtcNow();
            await UntilAsync(() => clock.GetUtcNow() - begun >= TimeSpan.FromMinutes(10), stop.Token);
            var minutes = (clock.GetUtcNow() - begun).TotalMinutes;
            var calls = Vpc.Calls;
            await stop.CancelAsync();
            await controller;
            double Hourly(int count) => count / minutes * 60;
            return new Figure($"at rest, an hour, {Size}",
                Text($"{Hourly(calls.Count(call => call.Action == "DescribeRouteTables")):0} describes of tables, {Hourly(calls.Count(call => call.Action == "DescribeInstances")):0} of instances, {Hourly(calls.Count(call => call.Action == "DescribeInstanceStatus")):0} of their status, {calls.Count(call => call.Mutates)} mutations"),
                Text($"{60 * Ceil(Tables, 100)} of tables, {60 * Ceil(hosts, 1000)} of instances, 60 of their status (--status-poll), 0 mutations"),
                Text($"cloud-provider-aws {360 * (1 + Ceil(hosts, 500))} (1 table), vpc-router {120 * 5}, gardener 1 and blind for the hour"), null);
        }

        /// <summary>On a clock that runs sixty times as fast.</summary>
        private ControllerOptions Options => rig.Options with { Quota = quota, CallTimeout = TimeSpan.FromMinutes(10) };

        private async Task UntilAsync(Func<bool> holds, CancellationToken cancel)
        {
            while (!holds()) await Task.Delay(TimeSpan.FromSeconds(5), clock, cancel);
        }

        private static int Ceil(int count, int each) => (count + each - 1) / each;

        private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
    }
}
