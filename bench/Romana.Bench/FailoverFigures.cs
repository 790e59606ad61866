using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using Amazon.EC2;
using Amazon.Runtime;
using Microsoft.Extensions.Logging.Abstractions;
using Romana.Cloud.Control;
using Romana.Cloud.Health;
using Romana.Cloud.Health.Judging;
using Romana.Cloud.Planning;
using Romana.Demo;
using Romana.Demo.Ec2;
using Romana.Ipam.Addressing;
using Romana.Ipam.Hosts;
using Romana.Ipam.Stores;
using Romana.Ipam.Topologies;
using Romana.Stores.Sqlite;
using DescribeTables = Amazon.EC2.Model.DescribeRouteTablesRequest;
using ReplaceRoute = Amazon.EC2.Model.ReplaceRouteRequest;

namespace Romana.Bench;

/// <summary>
/// From the word that a router is down to the last ReplaceRoute sent: five routes in each of ten tables, EC2's buckets,
/// an endpoint that takes its time for each call, a store on the disk of the temporary folder. On the machine's clock.
/// </summary>
public static class FailoverFigures
{
    private const int Rounds = 5, Tables = 10, Networks = 5;
    private static readonly TimeSpan Latency = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    /// <summary>EC2 gives five tokens a second back, and we take them a little slower.</summary>
    private static readonly TimeSpan BucketIsFull = TimeSpan.FromSeconds(12);

    public static IEnumerable<Figure> Measure() => MeasureAsync().GetAwaiter().GetResult();

    private static async Task<List<Figure>> MeasureAsync()
    {
        var folder = Directory.CreateTempSubdirectory("romana-bench-").FullName;
        try
        {
            var scenario = new VpcScenario(Zones: 1, SubnetsPerZone: Tables - 1, Hosts: Tables) { Layout = TableLayout.PerSubnet };
            await using var endpoint = await Ec2Endpoint.StartAsync(scenario);
            using var store = SqliteStore.Open(new SqliteStoreOptions { Path = Path.Combine(folder, "romana.db") });
            using var ec2 = new AmazonEC2Client(new BasicAWSCredentials("bench", "bench"), new AmazonEC2Config
            {
                ServiceURL = endpoint.Url.ToString(),
                AuthenticationRegion = "us-west-2",
                MaxErrorRetry = 0,
            });
            return await new Run(endpoint, new TimingStore(store), new SqliteTermSource(store), ec2).MeasureAsync();
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private sealed class Run(Ec2Endpoint endpoint, TimingStore store, ITermSource terms, AmazonEC2Client ec2)
    {
        private readonly Words _words = new();
        private readonly ControllerState _state = new();
        private SimulatedVpc Vpc => endpoint.Vpc;

        public async Task<List<Figure>> MeasureAsync()
        {
            using var stop = new CancellationTokenSource();
            Vpc.Behaviour = Vpc.Behaviour with { Throttling = false };
            await Apply.RunAsync(Options with { RateScale = 100 }, Parts() with { State = new ControllerState() }, stop.Token);
            Vpc.Behaviour = Vpc.Behaviour with { Throttling = true, Latency = Latency };
            var controller = ControllerHost.RunAsync(Options, Parts() with { HealthSources = [_words], TopologyDocument = null }, stop.Token);
            await UntilAsync(() => _state.Current is { Ready: true, Plan.HasChanges: false });

            // host-1 and the tenth share the first subnet; whoever is up leads all that the other led.
            await FailAsync("host-1", $"host-{Tables}");
            var rounds = new List<(double First, double Last, double Write, int Calls, int Describes)>();
            for (var round = 0; round < Rounds; round++)
                rounds.Add(await FailAsync(round % 2 == 0 ? $"host-{Tables}" : "host-1", round % 2 == 0 ? "host-1" : $"host-{Tables}"));
            await stop.CancelAsync();
            await controller;
            var serial = await SerialAsync();
            return
            [
                new Figure(Text($"failover, {Tables} tables, EC2 answers after {Latency.TotalMilliseconds} ms: from the word to the last call sent"),
                    Text($"{Median(rounds.Select(round => round.Last)):0} ms; {rounds[0].Calls} ReplaceRoute, {rounds.Max(round => round.Describes)} describes on the way (median of {Rounds})"),
                    Text($"3 s with 1.5 s of probes before, {Networks * Tables} calls, 0 describes"),
                    Text($"vpc-router, 5 + k*T calls one after another: {serial:0} ms"), serial / Median(rounds.Select(round => round.Last))),
                new Figure("failover: from the word to the first call (store read, plan, intents written)",
                    Text($"{Median(rounds.Select(round => round.First)):0} ms, of which {Median(rounds.Select(round => round.Write)):0} ms are the write of the intents ({Tables} records, SQLite, synced)"),
                    "-", "-", null),
            ];
        }

        /// <summary>Milliseconds from the word to the first and to the last call that was sent.</summary>
        private async Task<(double First, double Last, double Write, int Calls, int Describes)> FailAsync(string host, string heir)
        {
            _words.Say(heir, HostHealth.Up);
            await UntilAsync(() => _state.Current.Inventory!.Hosts.First(one => one.Name == heir).Health == HostHealth.Up && Rests());
            await UntilAsync(() => Rests() && IsBucketFull());
            var dead = EniOf(host);
            var watch = new Stopwatch();
            var sent = new List<(string Action, double At)>();
            void Note(CallRecord call)
            {
                lock (sent) sent.Add((call.Action, watch.Elapsed.TotalMilliseconds));
            }

            Vpc.Called += Note;
            store.Last = 0;
            watch.Start();
            _words.Say(host, HostHealth.Down);
            await UntilAsync(() => !Vpc.State.Tables.Values.Any(table => table.Routes.Values.Any(route => route.Target == dead && IsCover(route.Destination))));
            Vpc.Called -= Note;
            lock (sent)
            {
                // The endpoint notes a call when it answers it.
                var moves = sent.Where(call => call.Action == "ReplaceRoute").Select(call => call.At - Latency.TotalMilliseconds).ToList();
                return (moves.Min(), moves.Max(), store.Last, moves.Count,
                    sent.Count(call => call.Action == "DescribeRouteTables" && call.At <= moves.Max()));
            }
        }

        /// <summary>After the last call that changed something it has had the time.</summary>
        private bool IsBucketFull() => Vpc.Calls.LastOrDefault(call => call.Mutates) is not { } last || Waits.IsOver(last.At, BucketIsFull);

        private bool Rests() => _state.Current is { Plan.HasChanges: false } current && current.Passes["routes"].Verdict == "done";

        private static bool IsCover(string destination) => destination.StartsWith("10.", StringComparison.Ordinal) && !destination.EndsWith("/26", StringComparison.Ordinal);

        /// <summary>Five describes, then each route by itself: what one process does that waits for every answer.</summary>
        private async Task<double> SerialAsync()
        {
            await UntilAsync(IsBucketFull);
            var routes = Vpc.State.Tables.Values.SelectMany(table => table.Routes.Values.Where(route => IsCover(route.Destination) && route.Target.StartsWith("eni-", StringComparison.Ordinal))
                .Take(Networks).Select(route => (table.Id, route))).Take(Networks * Tables).ToList();
            var watch = Stopwatch.StartNew();
            for (var i = 0; i < 5; i++) await ec2.DescribeRouteTablesAsync(new DescribeTables());
            foreach (var (table, route) in routes)
                await ec2.ReplaceRouteAsync(new ReplaceRoute { RouteTableId = table, DestinationCidrBlock = route.Destination, NetworkInterfaceId = route.Target });
            return watch.Elapsed.TotalMilliseconds;
        }

        private string EniOf(string host) => Vpc.State.FindInstance(host)!.Interfaces[0];

        // Hosts fall and rise within seconds here: a hold-down of minutes would put the next round off.
        private ControllerOptions Options => new()
        {
            Vpc = Vpc.State.Vpcs.Keys.First(),
            NewStore = true,
            ProbeRules = new ProbeRules { HoldDown = TimeSpan.FromSeconds(1), Steady = TimeSpan.FromSeconds(1) },
        };

        private ControllerParts Parts() => new()
        {
            Logs = NullLoggerFactory.Instance,
            State = _state,
            Store = store,
            Terms = terms,
            Ec2 = ec2,
            TopologyDocument = Drawn(),
        };

        private string Drawn()
        {
            var links = Vpc.State.Subnets.Values.Select(subnet => new LinkFact(subnet.Id, subnet.Zone)).ToImmutableArray();
            ImmutableArray<Cidr> cidrs = [.. Enumerable.Range(244, Networks).Select(octet => Cidr.Parse($"10.{octet}.0.0/16"))];
            return TopologyDraft.Draw(new DraftRequest { Cidrs = cidrs, Links = links }) is DraftOutcome.Drawn drawn
                ? drawn.Document.ToJsonString() : throw new InvalidOperationException("no topology could be drawn");
        }
    }

    private static Task UntilAsync(Func<bool> condition) => Waits.UntilAsync(condition, Patience, () => "the controller's next step");

    private static double Median(IEnumerable<double> values) => values.Order().ElementAt(Rounds / 2);

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    /// <summary>Says what the figure wants said.</summary>
    private sealed class Words : IHealthSource
    {
        private readonly TaskCompletionSource<(Func<IReadOnlyList<WatchedHost>> Hosts, Action<SourceWords> Say)> _begun = new();
        private ImmutableSortedDictionary<HostUid, HostWord> _said = ImmutableSortedDictionary<HostUid, HostWord>.Empty;

        public string Name => "bench";

        public async Task RunAsync(Func<IReadOnlyList<WatchedHost>> hosts, Action<SourceWords> say, CancellationToken cancel)
        {
            _begun.TrySetResult((hosts, say));
            await Task.Delay(Timeout.Infinite, cancel).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        public void Say(string host, HostHealth health)
        {
            var (hosts, say) = _begun.Task.GetAwaiter().GetResult();
            _said = _said.SetItem(hosts().First(one => one.Name == host).Uid, new HostWord(health, "the bench says so"));
            say(new SourceWords { Hosts = _said });
        }
    }

    /// <summary>Times the first write of ledgers after <see cref="Last"/> was cleared.</summary>
    private sealed class TimingStore(IStore inner) : IStore
    {
        public double Last { get; set; }

        public ValueTask<StoredRecord?> GetAsync(RecordKey key, Consistency consistency, CancellationToken cancel) => inner.GetAsync(key, consistency, cancel);

        public ValueTask<Listing> ListAsync(RecordKind kind, Selector selector, Consistency consistency, CancellationToken cancel) =>
            inner.ListAsync(kind, selector, consistency, cancel);

        public IAsyncEnumerable<WatchEvent> WatchAsync(RecordKind kind, Selector selector, Snapshot from, CancellationToken cancel) =>
            inner.WatchAsync(kind, selector, from, cancel);

        public async ValueTask<IReadOnlyList<WriteResult>> WriteAsync(IReadOnlyList<Write> writes, CancellationToken cancel)
        {
            var watch = Stopwatch.StartNew();
            var results = await inner.WriteAsync(writes, cancel).ConfigureAwait(false);
            if (writes[0].Key.Kind == RecordKind.RouteTable && Last == 0) Last = watch.Elapsed.TotalMilliseconds;
            return results;
        }
    }
}
