using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Romana.Demo;
using Romana.Demo.Ec2;
using Romana.EndToEnd.Tests;
using Romana.Ipam.Addressing;
using Romana.Ipam.Stores;
using Romana.Ipam.Topologies;
using Romana.Stores.Sqlite;

namespace Romana.Bench;

/// <summary>
/// A host that is really cut off: namespaces, ICMP probes of 500 ms of which three must fail, `romana controller` as a
/// process, EC2's buckets, and a router that leads five routes in each of ten tables. On the machine's clock.
/// </summary>
public static partial class CutOffFigures
{
    private const string Router = "host-1";
    private const int Rounds = 3, Tables = 10, Networks = 5;
    private static readonly TimeSpan Latency = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2), Rest = TimeSpan.FromSeconds(2);

    public static IEnumerable<Figure> Measure()
    {
        const string Work = "failover of a host that is cut off: from its first failed probe sent to the last ReplaceRoute sent";
        if (!Environment.IsPrivilegedProcess) return [new Figure(Work, "not measured: network namespaces take root", "3 s", "-", null)];
        var rounds = Enumerable.Range(0, Rounds).Select(_ => RoundAsync().GetAwaiter().GetResult()).OrderBy(round => round.Took).ToList();
        return [new Figure(Work, Text($"{rounds[Rounds / 2].Took:0} ms ({rounds[0].Took:0} to {rounds[^1].Took:0} of {Rounds}); {rounds[0].Calls} ReplaceRoute, {rounds.Max(round => round.Describes)} describes on the way"),
            Text($"3,000 ms, {Tables * Networks} calls, 0 describes"), "-", null)];
    }

    private static async Task<(double Took, int Calls, int Describes)> RoundAsync()
    {
        var scenario = new VpcScenario(Zones: 1, SubnetsPerZone: Tables - 1, Hosts: Tables)
        {
            Layout = TableLayout.PerSubnet,
            SourceDestCheck = false,

            // The tenth shares the first one's subnet, and leads only when that one cannot.
            SpotEvery = Tables,
            Behaviour = new Behaviour { Throttling = false },
        };
        var folder = Directory.CreateTempSubdirectory("romana-bench-").FullName;
        try
        {
            using var lab = new CutOffLab(scenario.Build(TimeProvider.System.GetUtcNow()));
            using var listener = lab.Listen();
            await using var endpoint = await Ec2Endpoint.StartAsync(scenario, listener, CancellationToken.None);
            return await new Run(lab, endpoint, folder).MeasureAsync();
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private sealed class Run(CutOffLab lab, Ec2Endpoint endpoint, string folder)
    {
        private readonly List<string> _lines = [];

        private SimulatedVpc Vpc => endpoint.Vpc;

        private string Store => Path.Combine(folder, "romana.db");

        public async Task<(double Took, int Calls, int Describes)> MeasureAsync()
        {
            var topology = Path.Combine(folder, "topology.json");
            File.WriteAllText(topology, Drawn());
            using (var fill = Start("controller", "--topology", topology, "--rate-scale", "100", "--settle", "0.1"))
            {
                await UntilAsync(() => Leads(Router).Count == Tables * Networks && Said("hosts and blocks: UpdateBlock"));
                fill.Kill();
                await fill.WaitForExitAsync();
            }

            Vpc.Behaviour = Vpc.Behaviour with { Throttling = true, Latency = Latency };
            lock (_lines) _lines.Clear();
            using var controller = Start("controller", "--audit", "3600", "--status-poll", "0", "--probe", "icmp");
            try
            {
                using var store = SqliteStore.Open(new SqliteStoreOptions { Path = Store, Create = false });
                await UntilAsync(() => Said("probing hosts") && HaveAllAnswered(store));

                // What the first passes had to ask of EC2 is asked.
                await UntilAsync(() => Waits.IsOver(Vpc.Calls[^1].At, Rest));
                var (dead, began) = (Leads(Router).Count, Vpc.Calls.Count);
                lab.Cut(Router);
                await UntilAsync(() => Leads(Router).Count == 0 && Said($"{Router}: the first of its unanswered probes"));
                var calls = Vpc.Calls.Skip(began).ToList();
                var moves = calls.Where(call => call.Action == "ReplaceRoute").Select(call => call.At - Latency).ToList();
                if (moves.Count != dead) throw new InvalidOperationException($"{moves.Count} calls for {dead} routes");
                var sent = TimeOnly.ParseExact(FirstMiss().Match(Line($"{Router}: the first of its")).Groups[1].Value, "HH:mm:ss.fff", CultureInfo.InvariantCulture);
                return ((TimeOnly.FromDateTime(moves.Max().UtcDateTime) - sent).TotalMilliseconds, moves.Count,
                    calls.Count(call => call.Action.StartsWith("Describe", StringComparison.Ordinal)));
            }
            finally
            {
                controller.Kill();
                await controller.WaitForExitAsync();
            }
        }

        /// <summary>Whose silence means something from now on; the record lasts, so an earlier run's word counts.</summary>
        private static bool HaveAllAnswered(SqliteStore store) => store.ListAsync(RecordTypes.Hosts, Selector.Everything, Consistency.Linearizable, CancellationToken.None)
            .AsTask().GetAwaiter().GetResult().Items.All(host => host.Spec.AnsweredProbes);

        /// <summary>Routes of whole groups that lead to a host.</summary>
        private List<Route> Leads(string host)
        {
            var eni = Vpc.State.FindInstance(host)!.Interfaces[0];
            return [.. Vpc.State.Tables.Values.SelectMany(table => table.Routes.Values)
                .Where(route => route.Target == eni && Cidr.TryParse(route.Destination, out var cidr, out _) && cidr.Length < 26)];
        }

        private bool Said(string text)
        {
            lock (_lines) return _lines.Exists(line => line.Contains(text, StringComparison.Ordinal));
        }

        private string Line(string text)
        {
            lock (_lines) return _lines.First(line => line.Contains(text, StringComparison.Ordinal));
        }

        private Process Start(params string[] arguments)
        {
            string[] all = ["netns", "exec", lab.Controller, "dotnet", typeof(Cloud.Control.ControllerHost).Assembly.Location, .. arguments,
                "--store", Store, "--vpc", Vpc.State.Vpcs.Keys.First(), "--region", "us-west-2",
                "--endpoint", endpoint.Url.ToString(), "--new-store", "--listen", "127.0.0.1:0"];
            var start = new ProcessStartInfo("ip", all) { RedirectStandardError = true, RedirectStandardOutput = true };
            (start.Environment["AWS_ACCESS_KEY_ID"], start.Environment["AWS_SECRET_ACCESS_KEY"], start.Environment["AWS_EC2_METADATA_DISABLED"]) = ("bench", "bench", "true");
            var process = Process.Start(start)!;
            process.OutputDataReceived += (_, line) => Add(line.Data);
            process.ErrorDataReceived += (_, line) => Add(line.Data);
            process.BeginErrorReadLine();
            process.BeginOutputReadLine();
            return process;
        }

        private void Add(string? line)
        {
            lock (_lines) _lines.Add(line ?? "");
        }

        private string Drawn()
        {
            var links = Vpc.State.Subnets.Values.Select(subnet => new LinkFact(subnet.Id, subnet.Zone)).ToImmutableArray();
            ImmutableArray<Cidr> cidrs = [.. Enumerable.Range(244, Networks).Select(octet => Cidr.Parse($"10.{octet}.0.0/16"))];
            return TopologyDraft.Draw(new DraftRequest { Cidrs = cidrs, Links = links }) is DraftOutcome.Drawn drawn
                ? drawn.Document.ToJsonString() : throw new InvalidOperationException("no topology could be drawn");
        }

        private Task UntilAsync(Func<bool> condition) => Waits.UntilAsync(condition, Patience, () =>
        {
            lock (_lines) return string.Join('\n', _lines.TakeLast(40));
        });
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    [GeneratedRegex(@" sent at ([0-9:.]+)")]
    private static partial Regex FirstMiss();
}
