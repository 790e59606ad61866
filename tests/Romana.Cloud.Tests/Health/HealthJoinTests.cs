using System.Collections.Immutable;
using Romana.Cloud.Health.Judging;
using Romana.Cloud.Planning;
using Romana.Ipam.Hosts;

namespace Romana.Cloud.Tests.Health;

public sealed class HealthJoinTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly HostUid One = new("h-1");

    [Theory]
    [InlineData(HostHealth.Up, HostHealth.Suspect, HostHealth.Suspect)]
    [InlineData(HostHealth.Draining, HostHealth.Suspect, HostHealth.Draining)]
    [InlineData(HostHealth.Draining, HostHealth.Down, HostHealth.Down)]
    [InlineData(HostHealth.Up, HostHealth.Up, HostHealth.Up)]
    public void The_worst_word_counts(HostHealth first, HostHealth second, HostHealth worst)
    {
        Assert.Equal(worst, Join(HealthPicture.Nothing, Start, first, second).Of(One)!.Health);
        Assert.Equal(worst, Join(HealthPicture.Nothing, Start, second, first).Of(One)!.Health);
    }

    [Fact]
    public void Since_stays_while_the_health_does_and_the_reason_is_the_newest()
    {
        var before = Join(HealthPicture.Nothing, Start, HostHealth.Down);
        var later = Join(before, Start.AddSeconds(9), HostHealth.Up, HostHealth.Down);
        Assert.Equal(Start, later.Of(One)!.Since);
        Assert.Equal("word 1", later.Of(One)!.Why);
        Assert.True(later.DecidesLike(before));
        var healed = Join(later, Start.AddSeconds(20), HostHealth.Up);
        Assert.Equal(Start.AddSeconds(20), healed.Of(One)!.Since);
        Assert.False(healed.DecidesLike(later));
    }

    [Fact]
    public void A_host_that_no_source_names_is_not_judged() => Assert.Null(Join(HealthPicture.Nothing, Start, HostHealth.Up).Of(new HostUid("h-2")));

    [Fact]
    public void Blindness_names_its_source()
    {
        var sources = ImmutableSortedDictionary<string, SourceWords>.Empty
            .Add("ec2", SourceWords.Nothing).Add("probes", new SourceWords { Blind = "3 of 4 hosts fell silent at once" });
        var picture = HealthJoin.Join(HealthPicture.Nothing, sources, Start);
        Assert.Equal("probes: 3 of 4 hosts fell silent at once", picture.Blind);
        Assert.False(picture.DecidesLike(HealthPicture.Nothing));
    }

    private static HealthPicture Join(HealthPicture before, DateTimeOffset now, params HostHealth[] words) => HealthJoin.Join(before,
        words.Select((health, i) => (Name: $"source {i}", Words: new SourceWords
        {
            Hosts = ImmutableSortedDictionary<HostUid, HostWord>.Empty.Add(One, new HostWord(health, $"word {i}")),
        })).ToImmutableSortedDictionary(one => one.Name, one => one.Words), now);
}
