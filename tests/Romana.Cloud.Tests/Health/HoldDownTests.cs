using System.Collections.Immutable;
using CsCheck;
using Romana.Cloud.Aws;
using Romana.Cloud.Health.Judging;
using Romana.Cloud.Planning;
using Romana.Ipam.Hosts;

namespace Romana.Cloud.Tests.Health;

/// <summary>Behind every source stands the same hold-down: two changes of a host's health in five minutes, and no fall is late.</summary>
public sealed class HoldDownTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Time = new ProbeRules().HoldDown;
    private static readonly HostUid Host = new("h-1");

    [Fact]
    public void Whatever_any_sources_say_in_whatever_turn_a_host_changes_twice_in_five_minutes_and_falls_at_once() =>
        Gen.Select(Gen.Int[1, 400].Array[2, 120], Gen.Int[0, 2].Array[2, 120], Gen.Int[0, 4].Array[2, 120]).Sample((gaps, sources, words) =>
        {
            var board = new Board();
            for (var step = 0; step < Math.Min(gaps.Length, Math.Min(sources.Length, words.Length)); step++)
            {
                var before = board.Health;
                HostHealth? word = words[step] == 4 ? null : (HostHealth)words[step];
                board.Say($"source {sources[step]}", word);
                if (before == HostHealth.Up) Assert.Equal(board.Worst, board.Health);
                board.Wait(gaps[step]);
            }

            board.AssertCalm();
        }, iter: 500);

    [Theory]
    [InlineData(1)]
    [InlineData(20)]
    [InlineData(100)]
    public void EC2s_checks_that_come_and_go(int seconds)
    {
        var (board, words) = (new Board(), SourceWords.Nothing);
        var hosts = Enumerable.Range(1, 5).ToDictionary(i => $"i-{i}", i => new HostUid($"h-{i}"));
        for (var turn = 0; turn * seconds < 1800; turn++)
        {
            words = StatusJudge.Judge([new SeenStatus("i-1") { SystemImpaired = turn % 2 == 0 }], hosts, words, Start);
            board.Say("ec2", words);
            board.Wait(seconds);
        }

        board.AssertCalm();
        Assert.NotEmpty(board.Changes);
    }

    [Fact]
    public void Beats_that_come_and_go()
    {
        var (board, judge) = (new Board(), new BeatJudge());
        for (var second = 0; second < 3600; second += 10)
        {
            // One beat every two minutes, where silence of 90 s is a doubt.
            board.Say("beats", judge.Judge(new Dictionary<HostUid, DateTimeOffset> { [Host] = Start.AddSeconds(second / 120 * 120) }, TimeSpan.FromSeconds(second)));
            board.Wait(10);
        }

        board.AssertCalm();
        Assert.NotEmpty(board.Changes);
    }

    [Fact]
    public void Probes_that_come_and_go_are_held_once_and_not_twice()
    {
        var (board, judge, rules) = (new Board(), new ProbeJudge(new ProbeRules()), new ProbeRules());
        judge.Watch(new Dictionary<HostUid, HostHealth?> { [Host] = null, [new HostUid("h-2")] = null, [new HostUid("h-3")] = null });
        var said = new List<HostHealth>();
        for (var probe = 0; probe < 7200 - 1060; probe++)
        {
            judge.Answered(new HostUid("h-2"));
            judge.Answered(new HostUid("h-3"));
            if (probe > 10 && probe % 1800 < 60) judge.Missed(Host);
            else judge.Answered(Host);
            if (judge.Judge(probe * rules.Interval) is { } words)
            {
                var before = board.Health;
                board.Say("probes", words);
                said.Add(words.Hosts[Host].Health);
                if (HealthJoin.Rank(said[^1]) > HealthJoin.Rank(before)) Assert.Equal(said[^1], board.Health);
            }

            board.Wait(rules.Interval.TotalSeconds);
        }

        board.AssertCalm();
        Assert.Contains(HostHealth.Down, said);
        Assert.Equal(HostHealth.Up, said[^1]);
        Assert.Equal(HostHealth.Up, board.Health);
    }

    [Fact]
    public void What_is_put_off_is_told_when_its_time_has_come_and_says_until_then_what_it_was()
    {
        var board = new Board();
        board.Say("ec2", HostHealth.Suspect);
        board.Wait(30);
        board.Say("ec2", (HostHealth?)null);
        Assert.Equal(HostHealth.Suspect, board.Health);
        Assert.Equal("word of ec2, within the last 5 min", board.Picture.Of(Host)!.Why);
        board.Wait(279);
        Assert.Equal(HostHealth.Suspect, board.Health);
        board.Wait(2);
        Assert.Equal(HostHealth.Up, board.Health);
        Assert.Empty(board.Picture.Hosts);
    }

    [Fact]
    public void What_the_controller_before_told_counts()
    {
        var board = new Board();
        board.Hold.Remember(new HealthPicture
        {
            Hosts = ImmutableSortedDictionary<HostUid, JudgedHost>.Empty.Add(Host, new JudgedHost(HostHealth.Down, "probes", "dead", Start.AddSeconds(-200))),
        }, Start, TimeSpan.Zero);
        board.Say("probes", HostHealth.Up);
        Assert.Equal(HostHealth.Down, board.Health);
        board.Wait(109);
        Assert.Equal(HostHealth.Down, board.Health);
        board.Wait(2);
        Assert.Equal(HostHealth.Up, board.Health);
    }

    /// <summary>The words of all sources, joined and held, on a clock that moves a second at a time.</summary>
    private sealed class Board
    {
        private ImmutableSortedDictionary<string, SourceWords> _words = ImmutableSortedDictionary<string, SourceWords>.Empty;
        private TimeSpan _now;

        public HoldDown Hold { get; } = new(new ProbeRules());
        public HealthPicture Picture { get; private set; } = HealthPicture.Nothing;
        public List<TimeSpan> Changes { get; } = [];
        public HostHealth Health => Picture.Of(Host)?.Health ?? HostHealth.Up;
        public HostHealth Worst => _words.Values.Select(words => words.Hosts.GetValueOrDefault(Host)?.Health ?? HostHealth.Up).MaxBy(HealthJoin.Rank);

        public void Say(string source, HostHealth? word) => Say(source, word is { } health
            ? new SourceWords { Hosts = ImmutableSortedDictionary<HostUid, HostWord>.Empty.Add(Host, new HostWord(health, $"word of {source}")) } : SourceWords.Nothing);

        public void Say(string source, SourceWords words)
        {
            _words = _words.SetItem(source, words);
            Join();
        }

        public void Wait(double seconds)
        {
            for (var end = _now + TimeSpan.FromSeconds(seconds); _now < end;)
            {
                _now = _now + TimeSpan.FromSeconds(1) < end ? _now + TimeSpan.FromSeconds(1) : end;
                if (Hold.IsDue(_now)) Join();
            }
        }

        public void AssertCalm() => Assert.All(Changes, at => Assert.InRange(Changes.Count(other => other > at - Time && other <= at), 1, 2));

        private void Join()
        {
            var before = Health;
            Picture = Hold.Hold(HealthJoin.Join(Picture, _words, Start + _now), _now);
            if (Health != before) Changes.Add(_now);
        }
    }
}
