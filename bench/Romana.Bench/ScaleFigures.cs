using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using Romana.Cloud.Control;
using Romana.Demo;
using Romana.Demo.Ec2;
using Romana.Ipam.Addressing;
using Romana.Ipam.Hosts;
using Romana.Ipam.Stores;

namespace Romana.Bench;

/// <summary>
/// The controller at full size, 5,000 hosts, 10,000 blocks, 6 tables, against the VPC on loopback with neither quota nor
/// throttling: what a settled system costs, and what a grant costs where covers stand. Filling the tables takes about
/// 35,000 calls, a minute or two.
/// </summary>
public static class ScaleFigures
{
    private const int Hosts = 5_000;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(6);

    public static IEnumerable<Figure> Measure() => MeasureAsync().GetAwaiter().GetResult();

    private static async Task<List<Figure>> MeasureAsync()
    {
        var scenario = new VpcScenario(Zones: 3, SubnetsPerZone: 2, Hosts)
        {
            VpcCidr = Cidr.Parse("10.0.0.0/12"),
            Layout = TableLayout.PerSubnet,
            SourceDestCheck = false,
            Behaviour = new Behaviour { RouteQuota = 1_000_000, Throttling = false },
        };
        await using var endpoint = await Ec2Endpoint.StartAsync(scenario);
        using var limit = new CancellationTokenSource(Patience);
        var store = new CountingStore(new InMemoryStore());
        var run = new Run(new LoopbackVpc(endpoint, store), store, limit.Token);
        await run.FillAsync();
        return [await run.AtRestAsync(), await run.GrantAsync()];
    }

    private sealed class Run(LoopbackVpc rig, CountingStore store, CancellationToken cancel)
    {
        private SimulatedVpc Vpc => rig.Vpc;

        public async Task FillAsync()
        {
            var result = await Apply.RunAsync(Options, rig.Parts(TopologyText()), cancel);
            if (result.Problems.Count > 0) throw new InvalidOperationException(result.Problems[0]);
        }

        public async Task<Figure> AtRestAsync()
        {
            var (before, blocks) = (store.Written.Length, await store.ListAsync(RecordKind.Block, Selector.Everything, Consistency.Linearizable, cancel));
            Vpc.ForgetCalls();
            var cpu = Environment.CpuUsage.TotalTime;
            await Apply.RunAsync(Options, rig.Parts(null), cancel);
            var took = Environment.CpuUsage.TotalTime - cpu;
            var tables = Vpc.State.Tables.Count;
            return new Figure(
                Text($"reconcile that changes nothing, {Hosts} hosts, {blocks.Items.Count} blocks, {tables} tables (one of nobody)"),
                Text($"{Vpc.Calls.Count(call => call.Mutates)} mutating calls, {rig.Count("DescribeRouteTables")} DescribeRouteTables + {rig.Count("DescribeInstances")} DescribeInstances ")
                    + Text($"(and {rig.Count("DescribeVpcs")} DescribeVpcs, {rig.Count("DescribeSubnets")} DescribeSubnets of a start), {store.Written.Length - before} store writes, ")
                    + Text($"{took.TotalSeconds:F1} s of processor, the simulated EC2's included"),
                Text($"0 mutating, {(tables + 99) / 100} + {(Hosts + 999) / 1000} describes"),
                Text($"cloud-provider-aws: 1 + {Hosts} describes a pass"), null);
        }

        /// <summary>A host's agent asks for one block more, as pods arrive; the first store write that follows is the answer.</summary>
        public async Task<Figure> GrantAsync()
        {
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            var parts = rig.Parts(null);
            var running = ControllerHost.RunAsync(Options, parts, stop.Token);
            var host = (await store.ListAsync(RecordTypes.Hosts, Selector.Everything, Consistency.Linearizable, cancel)).Items[0].Key.Name;
            await SayAsync(host, new HostStatus());
            await QuietAsync(parts.State, running);

            var (writes, asked) = (store.Written.Length, Stopwatch.GetTimestamp());
            Vpc.ForgetCalls();
            var granted = new TaskCompletionSource<(TimeSpan Took, int Calls)>(TaskCreationOptions.RunContinuationsAsynchronously);
            store.BlockWritten = () => granted.TrySetResult((Stopwatch.GetElapsedTime(asked), Vpc.Calls.Count));
            await SayAsync(host, new HostStatus { Wants = ImmutableSortedDictionary<string, int>.Empty.Add("pods", 3) });
            var (took, calls) = await granted.Task.WaitAsync(cancel);
            var written = store.Written.Skip(writes + 1).ToList();
            var grant = RecordTypes.Blocks.Decode((await store.GetAsync(written.First(key => key.Kind == RecordKind.Block), Consistency.Linearizable, cancel))!).Spec;
            var reached = Vpc.State.Subnets.Keys.Count(subnet => Vpc.Forward(subnet, grant.Cidr.First) is Delivery.ToInterface);
            await stop.CancelAsync();
            await running;
            return new Figure(
                Text($"grant to reachable, covers standing, {Hosts} hosts"),
                Text($"{written.IndexOf(BlockKeyOf(written)) + 1} store write, {calls} EC2 calls, {took.TotalMilliseconds:F0} ms from the wish; ")
                    + Text($"says routed: {(grant.RoutedEpoch == grant.Epoch ? "yes" : "no")}, delivered to a host from {reached} of {Vpc.State.Subnets.Count} subnets"),
                "1 store write, 0 EC2 calls", "a route per block: 1 call per table before the first pod is reached", null);
        }

        private static RecordKey BlockKeyOf(List<RecordKey> written) => written.First(key => key.Kind == RecordKind.Block);

        private async Task SayAsync(string host, HostStatus status)
        {
            while (true)
            {
                var record = await store.GetAsync(RecordTypes.Hosts, host, Consistency.Linearizable, cancel);
                if (await store.WriteAsync(RecordTypes.Hosts.UpdateStatus(record!, Stamp.New(), status), cancel) is WriteResult.Committed) return;
            }
        }

        /// <summary>Ready, and no pass has ended for two seconds.</summary>
        private async Task QuietAsync(ControllerState state, Task running)
        {
            var (last, since) = (state.Current.Passes, Stopwatch.GetTimestamp());
            while (!state.Current.Ready || Stopwatch.GetElapsedTime(since) < TimeSpan.FromSeconds(2))
            {
                if (running.IsCompleted) await running;
                await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, cancel);
                if (!ReferenceEquals(last, state.Current.Passes)) (last, since) = (state.Current.Passes, Stopwatch.GetTimestamp());
            }
        }

        private ControllerOptions Options => rig.Options with
        {
            RateScale = 1_000_000,
            Quota = 1_000_000,
            Settle = TimeSpan.Zero,
            CallTimeout = TimeSpan.FromMinutes(2),
            Audit = TimeSpan.FromMinutes(10),
            Resync = TimeSpan.FromMinutes(10),
        };

        /// <summary>Blocks of tenants: each host keeps two spares, so that there are two blocks a host.</summary>
        private string TopologyText()
        {
            var drawn = rig.Draw("10.128.0.0/9");
            drawn["networks"]![0]!["owner"] = "tenant";
            return drawn.ToJsonString();
        }
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
