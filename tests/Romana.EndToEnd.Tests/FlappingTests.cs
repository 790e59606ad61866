using Romana.Cloud.Health;
using Romana.Cloud.Health.Judging;
using Romana.Cloud.Planning;
using Romana.Demo.Ec2;
using Romana.Ipam.Hosts;

namespace Romana.EndToEnd.Tests;

/// <summary>
/// A router whose probes come and go, from the judge of probes to the calls. The judge has a time of its own, which goes on
/// when the routes have done what its last word asks for.
/// </summary>
public sealed class FlappingTests
{
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(5);

    [Theory]
    // Probes answered and unanswered in turn: off and on within a second, every second, and as slowly as a fall takes.
    [InlineData(1, 1, 1)]
    [InlineData(2, 2, 1)]
    [InlineData(4, 4, 1)]
    [InlineData(2, 3, 1)]
    // Down for half a minute every ten minutes: away, and back when it has been steady for five.
    [InlineData(1200, 60, 4)]
    public async Task A_host_that_flaps_moves_a_route_at_most_twice_in_five_minutes(int answered, int missed, int all)
    {
        // The other host is a spot instance, which leads only where nobody else can: the routes would go back at once.
        var scenario = new VpcScenario(Zones: 1, SubnetsPerZone: 1, Hosts: 1);
        await using var rig = await Rig.StartAsync(scenario);
        var tags = scenario.Build(default).Instances.Values.First().Tags.SetItem("Name", "spare");
        rig.Vpc.Launch(new Launch { SubnetId = rig.Vpc.State.Subnets.Keys.First(), Name = "spare", Spot = true, Tags = tags });
        var (source, rules) = (new JudgedHealth(), new ProbeRules());
        await using var controller = rig.Controller(source);
        await rig.SettledAsync();
        var (table, subnet) = (rig.Vpc.State.Tables.Keys.First(), rig.Vpc.State.Subnets.Keys.First());
        var router = rig.State.Current.Inventory!.Hosts.First(host => host.Eni == rig.CoverOf(table, subnet)).Name;
        var hosts = source.Hosts.ToDictionary(host => host.Uid, host => host.Name);
        var judge = new ProbeJudge(rules);
        judge.Watch(hosts.Keys.ToDictionary(host => host, _ => (HostHealth?)null));
        var moves = new List<TimeSpan>();

        for (var step = 0; step * rules.Interval < 6 * Window; step++)
        {
            // All answer at first: a host that never answered is not judged.
            foreach (var (host, name) in hosts)
            {
                if (name == router && step > 10 && step % (answered + missed) >= answered) judge.Missed(host);
                else judge.Answered(host);
            }

            if (judge.Judge(step * rules.Interval) is not { } words) continue;
            var before = Moves(rig, table, rig.Leaf(subnet)!.Value.ToString());
            source.Say(words);
            var health = words.Hosts.First(word => hosts[word.Key] == router).Value.Health;
            await rig.UntilAsync(() => rig.State.Current is { Plan.HasChanges: false } current && current.Inventory!.Hosts.First(host => host.Name == router).Health == health,
                $"routes that know {router} as {health}");
            moves.AddRange(Enumerable.Repeat(step * rules.Interval, Moves(rig, table, rig.Leaf(subnet)!.Value.ToString()) - before));
        }

        Assert.Equal(all, moves.Count);
        Assert.All(moves, move => Assert.InRange(moves.Count(other => other >= move && other < move + Window), 1, 2));
    }

    private static int Moves(Rig rig, string table, string cover) => rig.Vpc.Calls.Count(call =>
        call.Action == "ReplaceRoute" && call["RouteTableId"] == table && call["DestinationCidrBlock"] == cover);

    /// <summary>Says what the test's judge says.</summary>
    private sealed class JudgedHealth : IHealthSource
    {
        private readonly TaskCompletionSource<(Func<IReadOnlyList<WatchedHost>> Hosts, Action<SourceWords> Say)> _begun = new();

        public string Name => "judged";

        public IReadOnlyList<WatchedHost> Hosts => _begun.Task.GetAwaiter().GetResult().Hosts();

        public void Say(SourceWords words) => _begun.Task.GetAwaiter().GetResult().Say(words);

        public async Task RunAsync(Func<IReadOnlyList<WatchedHost>> hosts, Action<SourceWords> say, CancellationToken cancel)
        {
            _begun.TrySetResult((hosts, say));
            var end = new TaskCompletionSource();
            await using var ended = cancel.Register(() => end.TrySetResult());
            await end.Task;
        }
    }
}
