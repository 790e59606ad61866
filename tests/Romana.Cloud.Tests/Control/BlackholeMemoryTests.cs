using Microsoft.Extensions.Time.Testing;
using Romana.Cloud.Control;

namespace Romana.Cloud.Tests.Control;

/// <summary>A table that names no blackhole any more, because every route was turned away from it, says nothing of the host's life.</summary>
public sealed class BlackholeMemoryTests
{
    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 5, 1, 12, 0, 0, TimeSpan.Zero));
    private readonly BlackholeMemory _memory;

    public BlackholeMemoryTests() => _memory = new BlackholeMemory(_clock);

    [Fact]
    public void It_stays_in_doubt_for_five_minutes_after_the_last_look_that_showed_it()
    {
        Assert.True(IsDoubted(shown: true));
        Assert.True(IsDoubtedAfter(minutes: 4, shown: true));
        Assert.True(IsDoubtedAfter(minutes: 4));
        Assert.False(IsDoubtedAfter(minutes: 2));
    }

    [Fact]
    public void Each_time_that_it_proves_dead_again_it_waits_twice_as_long()
    {
        IsDoubted(shown: true);
        Assert.False(IsDoubtedAfter(minutes: 6));
        Assert.True(IsDoubted(shown: true));
        Assert.True(IsDoubtedAfter(minutes: 9));
        Assert.False(IsDoubtedAfter(minutes: 2));
    }

    [Fact]
    public void After_a_day_of_good_service_that_is_forgotten()
    {
        IsDoubted(shown: true);
        Assert.False(IsDoubtedAfter(minutes: 25 * 60));
        IsDoubted(shown: true);
        Assert.False(IsDoubtedAfter(minutes: 6));
    }

    [Fact]
    public void What_EC2_shows_of_its_instance_outweighs_the_memory()
    {
        IsDoubted(shown: true);
        Assert.Empty(_memory.Of([], eni => eni == "eni-1"));
        Assert.False(IsDoubted());
    }

    private bool IsDoubtedAfter(int minutes, bool shown = false)
    {
        _clock.Advance(TimeSpan.FromMinutes(minutes));
        return IsDoubted(shown);
    }

    private bool IsDoubted(bool shown = false) => _memory.Of(shown ? ["eni-1"] : [], _ => false).Contains("eni-1");
}
