using System.Collections.Immutable;
using Romana.Cloud.Health;
using Romana.Cloud.Health.Judging;
using Romana.Cloud.Planning;
using Romana.Demo.Ec2;

namespace Romana.EndToEnd.Tests;

/// <summary>
/// From the judge of probes to the routes: one host that falls is news, all of them at once are not, and who was dead
/// before that stays dead.
/// </summary>
public sealed class BlindnessTests
{
    private static readonly VpcScenario Small = new(Zones: 1, SubnetsPerZone: 1, Hosts: 5);

    [Fact]
    public async Task All_hosts_dead_at_once_move_nothing_and_are_said_and_the_one_that_was_dead_before_stays_dead()
    {
        await using var rig = await Rig.StartAsync(Small);
        var source = new CutProbes(rig.Clock);
        await using var controller = rig.Controller(source);
        await rig.SettledAsync();
        await rig.UntilAsync(() => rig.State.Current.Health.Hosts.Count == 5, "an answer of every host");
        var router = Router(rig);

        source.Silence(router);
        await rig.UntilAsync(() => HealthOf(rig, router) == HostHealth.Down && Router(rig) != router && rig.State.Current.Plan is { HasChanges: false }, "the failover");
        await PassesAsync(rig, 2);
        var (routes, mutations) = (rig.All(), rig.Mutations);

        source.Silence([.. rig.State.Current.Inventory!.Hosts.Select(host => host.Name)]);
        await rig.UntilAsync(() => IsBlind(rig), "the condition");
        await PassesAsync(rig, 5);
        Assert.Equal(routes, rig.All());
        Assert.Equal(mutations, rig.Mutations);
        Assert.Equal([router], rig.State.Current.Inventory!.Hosts.Where(host => host.Health != HostHealth.Up).Select(host => host.Name));

        // It ends by itself, and the one that is really dead is dead still.
        source.Hear([.. rig.State.Current.Inventory!.Hosts.Select(host => host.Name).Where(name => name != router)]);
        await rig.UntilAsync(() => !IsBlind(rig), "the end of the condition");
        await PassesAsync(rig, 5);
        Assert.Equal(routes, rig.All());
        Assert.Equal(mutations, rig.Mutations);
        Assert.Equal(HostHealth.Down, HealthOf(rig, router));
    }

    private static bool IsBlind(Rig rig) => rig.State.Current.Conditions.Any(one => one.Condition.Type == "Blind");

    private static string Router(Rig rig) => rig.State.Current.Inventory!.Hosts
        .First(host => host.Eni == rig.CoverOf(rig.Vpc.State.Tables.Keys.First(), rig.Vpc.State.Subnets.Keys.First())).Name;

    private static HostHealth HealthOf(Rig rig, string name) => rig.State.Current.Inventory!.Hosts.First(host => host.Name == name).Health;

    private static async Task PassesAsync(Rig rig, int count)
    {
        var looks = rig.Count("DescribeRouteTables");
        await rig.UntilAsync(() => rig.Count("DescribeRouteTables") >= looks + count, $"{count} looks at the tables");
    }

    /// <summary>Every host answers at once, unless it is silenced.</summary>
    private sealed class CutProbes(TimeProvider clock) : IHealthSource
    {
        /// <summary>Slow enough for a clock that runs a hundred times as fast.</summary>
        private static readonly ProbeRules Slow = new() { Interval = TimeSpan.FromSeconds(10), Timeout = TimeSpan.FromSeconds(10) };

        private volatile ImmutableHashSet<string> _silent = [];

        public string Name => WatchedHost.ProbeWords;

        public void Silence(params string[] hosts) => _silent = _silent.Union(hosts);

        public void Hear(params string[] hosts) => _silent = _silent.Except(hosts);

        public async Task RunAsync(Func<IReadOnlyList<WatchedHost>> hosts, Action<SourceWords> say, CancellationToken cancel)
        {
            var (judge, began) = (new ProbeJudge(Slow), clock.GetTimestamp());
            using var timer = new PeriodicTimer(Slow.Interval, clock);
            while (await timer.WaitForNextTickAsync(cancel))
            {
                var silent = _silent;
                judge.Watch(hosts().ToDictionary(host => host.Uid, _ => (HostHealth?)null));
                foreach (var host in hosts())
                {
                    if (silent.Contains(host.Name)) judge.Missed(host.Uid);
                    else judge.Answered(host.Uid);
                }

                if (judge.Judge(clock.GetElapsedTime(began)) is { } words) say(words);
            }
        }
    }
}
