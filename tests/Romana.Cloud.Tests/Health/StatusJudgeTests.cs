using Romana.Cloud.Aws;
using Romana.Cloud.Health.Judging;
using Romana.Cloud.Planning;
using Romana.Ipam.Hosts;

namespace Romana.Cloud.Tests.Health;

public sealed class StatusJudgeTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly Dictionary<string, HostUid> Hosts = Enumerable.Range(1, 5).ToDictionary(i => $"i-{i}", i => new HostUid($"h-{i}"));

    public static TheoryData<SeenStatus, HostHealth?, string> Words => new()
    {
        { new SeenStatus("i-1") { SystemImpaired = true }, HostHealth.Suspect, "EC2's check of the system below i-1 fails" },
        { new SeenStatus("i-1") { InstanceImpaired = true }, HostHealth.Suspect, "EC2's check of i-1 fails" },
        { new SeenStatus("i-1") { TakenBack = "marked-for-stop" }, HostHealth.Draining, "EC2 takes spot instance i-1 back (marked-for-stop)" },
        { Event(TimeSpan.FromMinutes(59)), HostHealth.Draining, "EC2 has scheduled system-reboot of i-1 for 2026-03-01 12:59 UTC" },
        { Event(TimeSpan.FromMinutes(-5)), HostHealth.Draining, "EC2 has scheduled system-reboot of i-1 for 2026-03-01 11:55 UTC" },
        { Event(TimeSpan.FromDays(14)), null, "" },
        { Event(TimeSpan.FromMinutes(10)) with { SystemImpaired = true }, HostHealth.Draining, "EC2 has scheduled system-reboot of i-1 for 2026-03-01 12:10 UTC" },
        { new SeenStatus("i-1"), null, "" },
        { new SeenStatus("i-99") { SystemImpaired = true }, null, "" },
    };

    [Theory]
    [MemberData(nameof(Words))]
    public void A_status_is_a_word(SeenStatus status, HostHealth? health, string why)
    {
        var word = StatusJudge.Judge([status], Hosts, SourceWords.Nothing, Now).Hosts.Values.SingleOrDefault();
        Assert.Equal(health, word?.Health);
        Assert.Equal(why, word?.Why ?? "");
    }

    [Fact]
    public void Most_instances_impaired_at_once_is_EC2s_fault_and_what_was_said_before_stands()
    {
        var before = StatusJudge.Judge([Impaired(1)], Hosts, SourceWords.Nothing, Now);
        var after = StatusJudge.Judge([Impaired(1), Impaired(2), Impaired(3)], Hosts, before, Now);
        Assert.Equal("EC2 shows 3 of 5 instances as impaired at once", after.Blind);
        Assert.Equal([new HostUid("h-1")], after.Hosts.Keys);
        Assert.Null(StatusJudge.Judge([Impaired(1), Impaired(2)], Hosts, after, Now).Blind);
    }

    private static SeenStatus Impaired(int host) => new($"i-{host}") { SystemImpaired = true };

    private static SeenStatus Event(TimeSpan ahead) => new("i-1") { Events = [new SeenEvent("system-reboot", Now + ahead)] };
}

public sealed class BeatJudgeTests
{
    private static readonly DateTimeOffset Then = new(2020, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private readonly BeatJudge _judge = new();

    [Fact]
    public void Silence_is_counted_from_the_newest_beat_seen_whatever_its_own_clock_says()
    {
        Assert.Empty(Judge(0, 1, 1, 1, 1).Hosts);
        Assert.Empty(Judge(80, 2, 2, 2, 1).Hosts);
        var (host, word) = Assert.Single(Judge(100, 3, 3, 3, 1).Hosts);
        Assert.Equal((new HostUid("h-3"), HostHealth.Suspect), (host, word.Health));
        Assert.Empty(Judge(110, 3, 3, 3, 2).Hosts);
    }

    [Fact]
    public void Most_agents_silent_at_once_is_our_own_blindness()
    {
        Judge(0, 1, 1, 1, 1);
        var words = Judge(100, 1, 1, 1, 2);
        Assert.NotNull(words.Blind);
        Assert.Empty(words.Hosts);
        Assert.Null(Judge(110, 2, 2, 2, 3).Blind);
    }

    private SourceWords Judge(int seconds, params int[] beats) => _judge.Judge(
        beats.Select((beat, i) => (Host: new HostUid($"h-{i}"), At: Then.AddSeconds(beat))).ToDictionary(one => one.Host, one => one.At), TimeSpan.FromSeconds(seconds));
}
