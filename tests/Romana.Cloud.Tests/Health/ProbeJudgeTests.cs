using CsCheck;
using Romana.Cloud.Health.Judging;
using Romana.Cloud.Planning;
using Romana.Ipam.Hosts;

namespace Romana.Cloud.Tests.Health;

/// <summary>Hysteresis and blindness, on time that only these tests move.</summary>
public sealed class ProbeJudgeTests
{
    private static readonly ProbeRules Rules = new();

    [Fact]
    public void Three_silent_probes_are_down_and_two_are_nothing()
    {
        var probed = new Probed(5);
        probed.Run(TimeSpan.FromSeconds(5));
        probed.Alive = (host, now) => host != 2 || now < TimeSpan.FromSeconds(5) || now >= TimeSpan.FromSeconds(6);
        probed.Run(TimeSpan.FromSeconds(10));
        Assert.Equal(HostHealth.Up, probed.Of(2));
        probed.Alive = (host, _) => host != 2;
        var told = probed.RunUntil(2, HostHealth.Down, TimeSpan.FromSeconds(5));
        Assert.InRange(told, 2 * Rules.Interval + Rules.Timeout, 3 * Rules.Interval + Rules.Timeout);
        Assert.Equal("3 probes in a row went unanswered", probed.Judge.Words().Hosts[Probed.Uid(2)].Why);
        Assert.Single(probed.Changes[2]);
    }

    [Fact]
    public void A_host_that_never_answered_is_not_judged()
    {
        var probed = new Probed(5) { Alive = (host, _) => host != 4 };
        probed.Run(TimeSpan.FromMinutes(1));
        Assert.False(probed.Judge.Words().Hosts.ContainsKey(Probed.Uid(4)));
        Assert.Null(probed.Judge.Words().Blind);
        Assert.Equal(4, probed.Judge.Armed.Count());
    }

    [Fact]
    public void A_host_that_comes_back_is_suspect_soon_and_up_after_the_hold_down()
    {
        var probed = new Probed(5);
        probed.Run(TimeSpan.FromSeconds(5));
        probed.Alive = (host, _) => host != 0;
        probed.Run(TimeSpan.FromSeconds(30));
        probed.Alive = (_, _) => true;
        Assert.InRange(probed.RunUntil(0, HostHealth.Suspect, TimeSpan.FromMinutes(1)), Rules.Steady, Rules.Steady + Rules.LossForgotten);
        Assert.InRange(probed.RunUntil(0, HostHealth.Up, TimeSpan.FromMinutes(10)), Rules.HoldDown - Rules.Steady, Rules.HoldDown + Rules.Steady);
    }

    /// <param name="up">Milliseconds of life, then the same of death, and so on.</param>
    [Theory]
    [InlineData(500)]
    [InlineData(1000)]
    [InlineData(2000)]
    [InlineData(250)]
    [InlineData(7000)]
    [InlineData(15000)]
    [InlineData(100000)]
    [InlineData(310000)]
    public void A_flapping_host_changes_twice_in_five_minutes_at_most(int up)
    {
        var probed = new Probed(4);
        probed.Run(TimeSpan.FromSeconds(3));
        probed.Alive = (host, now) => host != 1 || (int)(now.TotalMilliseconds / up) % 2 == 0;
        probed.Run(TimeSpan.FromMinutes(30));
        probed.AssertCalm();
        Assert.NotEmpty(probed.Changes[1]);

        // As fast as that it never seems well: it is set aside once, and stays aside.
        if (up is > 250 and <= 7000) Assert.All(probed.Changes[1], change => Assert.NotEqual(HostHealth.Up, change.Health));
    }

    [Fact]
    public void No_run_of_answers_and_misses_changes_a_host_more_than_twice_in_five_minutes() =>
        Gen.Select(Gen.Int[1, 4000].Array[2, 200], Gen.Int[0, 9].Array[2, 200]).Sample((lengths, kinds) =>
        {
            var host = new ProbedHost(Rules);
            host.Answered();
            Assert.True(host.Judge(TimeSpan.Zero));
            var (now, changes) = (TimeSpan.Zero, new List<TimeSpan>());
            for (var run = 0; run < Math.Min(lengths.Length, kinds.Length); run++)
            {
                // Long good runs are rare but needed: only they let a host rise.
                var probes = kinds[run] == 9 ? lengths[run] : lengths[run] % 40 + 1;
                for (var i = 0; i < probes; i++)
                {
                    now += Rules.Interval;
                    if (run % 2 == 0) host.Answered();
                    else host.Missed();
                    if (host.Judge(now)) changes.Add(now);
                }
            }

            Assert.All(changes, at => Assert.InRange(changes.Count(other => other > at - Rules.HoldDown && other <= at), 1, 2));
        }, iter: 500);

    [Theory]
    [InlineData(3, 3, true)]
    [InlineData(5, 3, true)]
    [InlineData(4, 2, false)]
    [InlineData(1, 1, true)]
    [InlineData(2, 1, false)]
    public void More_than_half_at_once_is_our_own_blindness_and_ends_by_itself(int hosts, int dead, bool blind)
    {
        var probed = new Probed(hosts);
        probed.Run(TimeSpan.FromSeconds(10));
        probed.Alive = (host, _) => host >= dead;
        probed.Run(TimeSpan.FromMinutes(2));
        Assert.Equal(blind, probed.Judge.Words().Blind is not null);
        Assert.Equal(blind ? 0 : dead, probed.Judge.Words().Hosts.Values.Count(host => host.Health == HostHealth.Down));
        probed.Alive = (_, _) => true;
        probed.Run(TimeSpan.FromMinutes(1));
        Assert.Null(probed.Judge.Words().Blind);
        Assert.Equal(blind ? 0 : dead, probed.Changes.Count(host => host.Count > 0));
    }

    [Fact]
    public void After_blindness_the_host_that_stays_silent_is_down_for_itself()
    {
        var probed = new Probed(5);
        probed.Run(TimeSpan.FromSeconds(10));
        probed.Alive = (_, _) => false;
        probed.Run(TimeSpan.FromMinutes(1));
        Assert.NotNull(probed.Judge.Words().Blind);
        probed.Alive = (host, _) => host != 3;
        probed.Run(TimeSpan.FromSeconds(5));
        Assert.Equal(HostHealth.Down, probed.Of(3));
        Assert.All([0, 1, 2, 4], host => Assert.Equal(HostHealth.Up, probed.Of(host)));
        Assert.Null(probed.Judge.Words().Blind);
    }

    [Fact]
    public void Hosts_that_die_one_after_another_are_no_blindness_until_none_is_left()
    {
        var probed = new Probed(6);
        probed.Run(TimeSpan.FromSeconds(5));
        probed.Alive = (host, now) => now < TimeSpan.FromSeconds(10 * (host + 1));
        probed.Run(TimeSpan.FromSeconds(54));
        Assert.Equal(5, probed.Judge.Words().Hosts.Values.Count(host => host.Health == HostHealth.Down));
        Assert.Null(probed.Judge.Words().Blind);
        probed.Run(TimeSpan.FromSeconds(10));
        Assert.NotNull(probed.Judge.Words().Blind);
    }

    [Fact]
    public void The_next_controller_knows_who_was_dead_and_who_may_be_silent()
    {
        var judge = new ProbeJudge(Rules);
        judge.Watch(new Dictionary<HostUid, HostHealth?>
        {
            [Probed.Uid(0)] = HostHealth.Down,
            [Probed.Uid(1)] = HostHealth.Up,
            [Probed.Uid(2)] = null,
            [Probed.Uid(3)] = HostHealth.Up,
        });
        Assert.Equal(HostHealth.Down, judge.Words().Hosts[Probed.Uid(0)].Health);
        for (var i = 1; i <= 4; i++)
        {
            judge.Answered(Probed.Uid(1));
            foreach (var silent in (int[])[0, 2, 3]) judge.Missed(Probed.Uid(silent));
            judge.Judge(i * Rules.Interval);
        }

        Assert.Equal(HostHealth.Down, judge.Words().Hosts[Probed.Uid(3)].Health);
        Assert.Equal(HostHealth.Up, judge.Words().Hosts[Probed.Uid(1)].Health);
        Assert.False(judge.Words().Hosts.ContainsKey(Probed.Uid(2)));
    }

    [Fact]
    public void A_host_that_loses_half_of_its_probes_is_suspect()
    {
        var probed = new Probed(4);
        probed.Run(TimeSpan.FromSeconds(10));
        probed.Alive = (host, now) => host != 1 || (int)(now / Rules.Interval) % 2 == 0;
        probed.RunUntil(1, HostHealth.Suspect, TimeSpan.FromSeconds(15));
    }
}

/// <summary>Hosts that are probed every interval, by a judge on simulated time.</summary>
internal sealed class Probed
{
    private static readonly ProbeRules Rules = new();
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(50);
    private readonly Queue<(TimeSpan Due, int Host)> _unanswered = new();
    private readonly int _hosts;
    private TimeSpan _now;

    public Probed(int hosts)
    {
        _hosts = hosts;
        Judge.Watch(Enumerable.Range(0, hosts).ToDictionary(Uid, _ => (HostHealth?)null));
        Changes = [.. Enumerable.Range(0, hosts).Select(_ => new List<(TimeSpan, HostHealth)>())];
    }

    public ProbeJudge Judge { get; } = new(Rules);
    public Func<int, TimeSpan, bool> Alive { get; set; } = (_, _) => true;
    public List<List<(TimeSpan At, HostHealth Health)>> Changes { get; }

    public static HostUid Uid(int host) => new($"h-{host:d2}");

    public HostHealth Of(int host) => Judge.Words().Hosts[Uid(host)].Health;

    public void Run(TimeSpan length) => RunWhile(() => true, length);

    /// <summary>How long it took.</summary>
    public TimeSpan RunUntil(int host, HostHealth health, TimeSpan limit)
    {
        var start = _now;
        RunWhile(() => Of(host) != health, limit);
        Assert.Equal(health, Of(host));
        return _now - start;
    }

    public void AssertCalm() => Assert.All(Changes, host => Assert.All(host,
        change => Assert.InRange(host.Count(other => other.At > change.At - Rules.HoldDown && other.At <= change.At), 1, 2)));

    private void RunWhile(Func<bool> goOn, TimeSpan length)
    {
        for (var end = _now + length; _now < end && goOn(); _now += Tick) Step();
    }

    private void Step()
    {
        while (_unanswered.TryPeek(out var late) && late.Due <= _now) Judge.Missed(Uid(_unanswered.Dequeue().Host));
        for (var host = 0; host < _hosts; host++)
        {
            // Spread over the interval, as they really are.
            if ((_now + host * Tick).Ticks % Rules.Interval.Ticks != 0) continue;
            if (Alive(host, _now)) Judge.Answered(Uid(host));
            else _unanswered.Enqueue((_now + Rules.Timeout, host));
        }

        var before = Judge.Words();
        if (Judge.Judge(_now) is null) return;
        foreach (var (uid, word) in Judge.Words().Hosts)
        {
            if (before.Hosts.GetValueOrDefault(uid)?.Health is { } was && was != word.Health) Changes[int.Parse(uid.Text[2..])].Add((_now, word.Health));
        }
    }
}
