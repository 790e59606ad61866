using System.Collections.Immutable;
using Romana.Cloud.Health;
using Romana.Cloud.Health.Judging;
using Romana.Cloud.Planning;
using Romana.Demo.Ec2;

namespace Romana.EndToEnd.Tests;

/// <summary>What the board makes of sources that flap or fall over, whichever they are.</summary>
public sealed class HealthSourceTests
{
    private static readonly VpcScenario Small = new(Zones: 1, SubnetsPerZone: 1, Hosts: 3);
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(5);

    [Theory]
    [InlineData(HostHealth.Suspect)]
    [InlineData(HostHealth.Draining)]
    [InlineData(HostHealth.Down)]
    public async Task A_source_whose_word_flaps_once_a_second_moves_a_route_twice_in_five_minutes_at_most(HostHealth health)
    {
        // The other hosts are spot instances, which lead only where nobody else can: the routes would go back at once.
        await using var rig = await Rig.StartAsync(Small with { Hosts = 1 });
        var tags = (Small with { Hosts = 1 }).Build(default).Instances.Values.First().Tags.SetItem("Name", "spare");
        rig.Vpc.Launch(new Launch { SubnetId = rig.Vpc.State.Subnets.Keys.First(), Name = "spare", Spot = true, Tags = tags });
        var source = new SaidHealth();
        await using var controller = rig.Controller(source);
        await rig.SettledAsync();
        var (table, cover) = (rig.Vpc.State.Tables.Keys.First(), rig.Leaf(rig.Vpc.State.Subnets.Keys.First())!.Value.ToString());
        rig.Vpc.ForgetCalls();

        var (began, ill) = (rig.Clock.GetUtcNow(), false);
        await rig.UntilAsync(() =>
        {
            source.Say("host-1", (ill = !ill) ? health : HostHealth.Up);
            return rig.Clock.GetUtcNow() - began > 3 * Window;
        }, "fifteen minutes");

        var moves = rig.Vpc.Calls.Where(call => call.Action == "ReplaceRoute" && call["RouteTableId"] == table && call["DestinationCidrBlock"] == cover)
            .Select(call => call.At).ToList();
        Assert.NotEmpty(moves);
        Assert.All(moves, move => Assert.InRange(moves.Count(other => other >= move && other < move + Window), 1, 2));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_source_that_falls_over_keeps_its_last_words_and_not_for_ever(bool always)
    {
        await using var rig = await Rig.StartAsync(Small);
        var source = new FallingSource();
        await using var controller = rig.Controller(source);
        await rig.SettledAsync();
        var router = rig.State.Current.Inventory!.Hosts.First(host => host.Eni == rig.CoverOf(rig.Vpc.State.Tables.Keys.First(), rig.Vpc.State.Subnets.Keys.First())).Name;
        source.Say(router);
        await rig.UntilAsync(() => HealthOf(rig, router) == HostHealth.Down, "the routes' knowledge of it");

        // So long that no hold-down speaks for it any more.
        var said = rig.Clock.GetUtcNow();
        await rig.UntilAsync(() => rig.Clock.GetUtcNow() - said > Window + TimeSpan.FromSeconds(5), "the end of the hold-down");
        var fell = rig.Clock.GetUtcNow();
        source.Fall(always);

        await rig.UntilAsync(() => source.Begun >= 2, "a source that began anew");
        Assert.Equal(HostHealth.Down, rig.State.Current.Health.Hosts.Values.Single().Health);
        if (always) await rig.UntilAsync(() => HealthOf(rig, router) == HostHealth.Up, "the end of what nobody says any more");
        else await rig.UntilAsync(() => rig.Clock.GetUtcNow() - fell > 2 * Window, "ten minutes");
        Assert.InRange(rig.Clock.GetUtcNow() - fell, Window, 20 * Window);
        Assert.Equal(always ? HostHealth.Up : HostHealth.Down, HealthOf(rig, router));
    }

    private static HostHealth? HealthOf(Rig rig, string name) => rig.State.Current.Inventory?.Hosts.First(host => host.Name == name).Health;

    /// <summary>Says what it is told, and falls over when it is told to: three times, or whenever it begins anew.</summary>
    private sealed class FallingSource : IHealthSource
    {
        private readonly TaskCompletionSource<(Func<IReadOnlyList<WatchedHost>> Hosts, Action<SourceWords> Say)> _first = new();
        private readonly TaskCompletionSource _fall = new();
        private volatile bool _always;
        private volatile SourceWords? _words;
        private int _begun;

        public string Name => "falling";

        public int Begun => Volatile.Read(ref _begun);

        public void Say(string host)
        {
            var (hosts, say) = _first.Task.GetAwaiter().GetResult();
            say(_words = new SourceWords { Hosts = ImmutableSortedDictionary<Ipam.Hosts.HostUid, HostWord>.Empty.Add(hosts().First(one => one.Name == host).Uid, new HostWord(HostHealth.Down, "the test says so")) });
        }

        public void Fall(bool always)
        {
            _always = always;
            _fall.TrySetResult();
        }

        public async Task RunAsync(Func<IReadOnlyList<WatchedHost>> hosts, Action<SourceWords> say, CancellationToken cancel)
        {
            var times = Interlocked.Increment(ref _begun);
            _first.TrySetResult((hosts, say));
            var end = new TaskCompletionSource();
            await using var ended = cancel.Register(() => end.TrySetResult());
            await Task.WhenAny(_fall.Task, end.Task);
            if (cancel.IsCancellationRequested) return;
            if (times <= 2 || _always) throw new InvalidOperationException("a defect");

            // It stays up, and has seen the host at last.
            if (_words is { } words) say(words);
            await end.Task;
        }
    }
}
