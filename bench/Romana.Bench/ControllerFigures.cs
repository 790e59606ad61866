using System.Globalization;
using Romana.Cloud.Control;
using Romana.Demo;
using Romana.Demo.Clocks;
using Romana.Demo.Ec2;
using Romana.Ipam.Addressing;
using Romana.Ipam.Stores;

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
        var run = new Run(new LoopbackVpc(endpoint, new InMemoryStore(), clock));
        return [await run.ColdStartAsync(what), await run.AtRestAsync(hosts)];
    }

    private sealed class Run(LoopbackVpc rig)
    {
        private SimulatedVpc Vpc => rig.Vpc;

        public async Task<Figure> ColdStartAsync(string what)
        {
            var result = await ApplyAsync(rig.Draw("10.128.0.0/12").ToJsonString());
            var calls = Vpc.Calls.Count(call => call.Action != "ModifyNetworkInterfaceAttribute");
            var most = rig.Routes + (Vpc.State.Instances.Count + 999) / 1000 + 10;
            var throttled = Vpc.Calls.Count(call => call.Outcome == "RequestLimitExceeded");
            return new Figure(what, Text($"{calls} calls beside {rig.Count("ModifyNetworkInterfaceAttribute")} check fixes ({Describes()}), {throttled} throttled, {result.Problems.Count} problems"),
                Text($"{most} calls, 0 throttled"), Text($"cloud-provider-aws, one table: {1 + 3 * Vpc.State.Instances.Count} calls or more"), null);
        }

        public async Task<Figure> AtRestAsync(int hosts)
        {
            Vpc.ForgetCalls();
            await ApplyAsync(null);
            var describes = Vpc.Calls.Count(call => !call.Mutates);
            return new Figure(Text($"reconcile that changes nothing, {hosts} hosts"),
                Text($"{Vpc.Calls.Count(call => call.Mutates)} mutating calls, {describes} describes ({Describes()})"),
                Text($"0 mutating, {1 + (hosts + 999) / 1000} describes and 2 at the start"), "cloud-provider-aws: 1 + N describes a pass", null);
        }

        private string Describes() => string.Join(", ", Vpc.Calls.Where(call => !call.Mutates).CountBy(call => call.Action).Select(pair => $"{pair.Value} {pair.Key}"));

        private async Task<ApplyResult> ApplyAsync(string? topology)
        {
            using var limit = new CancellationTokenSource(Patience);
            var options = rig.Options with { Quota = 1000, CallTimeout = TimeSpan.FromMinutes(10) };
            return await Apply.RunAsync(options, rig.Parts(topology), limit.Token);
        }
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
