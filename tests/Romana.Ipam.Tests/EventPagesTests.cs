using Romana.Ipam.Events;
using Romana.Ipam.Stores;

namespace Romana.Ipam.Tests;

public sealed class EventPagesTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 1, 13, 59, 0, TimeSpan.Zero);
    private static readonly EventPage Empty = new() { Hour = "2026-03-01T13" };

    [Fact]
    public void The_same_words_about_one_thing_are_one_entry_with_a_count_and_both_times()
    {
        var page = EventPages.With(Empty, [new("Failover", "h1", "moved"), new("Failover", "h2", "moved")], Now);
        page = EventPages.With(page, [new("Failover", "h1", "moved")], Now.AddSeconds(5));
        Assert.Equal([
            new EventEntry { Kind = "Failover", About = "h1", Message = "moved", First = Now, Last = Now.AddSeconds(5), Count = 2 },
            new EventEntry { Kind = "Failover", About = "h2", Message = "moved", First = Now, Last = Now, Count = 1 },
        ], page.Entries);
    }

    [Fact]
    public void A_storm_about_one_thing_keeps_five_different_messages_and_counts_the_rest_with_the_newest_words()
    {
        var page = EventPages.With(Empty, Enumerable.Range(0, 1000).Select(i => new Happening("Health", "h1", $"word {i}")), Now);
        Assert.Equal([1, 1, 1, 1, 996], page.Entries.Select(entry => entry.Count));
        Assert.Equal("word 999", page.Entries[^1].Message);
    }

    [Fact]
    public void A_full_page_grows_by_one_entry_a_kind_and_loses_no_count()
    {
        var page = EventPages.With(Empty, Enumerable.Range(0, 5000).Select(i => new Happening(i % 2 == 0 ? "Health" : "Drift", $"h{i}", new string('x', 1000))), Now);
        Assert.Equal(EventPages.Full + 2, page.Entries.Length);
        Assert.Equal(5000, page.Entries.Sum(entry => entry.Count));
        Assert.Equal([EventPages.Several, EventPages.Several], page.Entries.TakeLast(2).Select(entry => entry.About));
        Assert.StartsWith("h4999: x", page.Entries[^1].Message, StringComparison.Ordinal);
        Assert.All(page.Entries, entry => Assert.InRange(entry.Message.Length, 1, EventPages.Longest));
    }

    [Theory]
    [InlineData("2026-03-01T13", false)]
    [InlineData("2026-02-28T13", false)]
    [InlineData("2026-02-28T12", true)]
    [InlineData("nonsense", true)]
    public void A_page_is_over_when_its_last_entry_may_be_older_than_a_day(string hour, bool over) =>
        Assert.Equal(over, EventPages.IsOver(hour, Now));

    [Fact]
    public void Pages_are_named_by_the_hour_in_UTC_and_survive_the_store()
    {
        Assert.Equal("2026-03-01T13", EventPages.HourOf(Now.ToOffset(TimeSpan.FromHours(9))));
        var page = EventPages.With(Empty, [new("Brake", "rtb-1", "held")], Now);
        var write = RecordTypes.Events.Create(page.Hour, "s", page);
        var read = RecordTypes.Events.Decode(new StoredRecord { Key = write.Key, Uid = "u", Version = default, Stamp = "s", Spec = write.Spec });
        Assert.Equal(page.Entries, read.Spec.Entries);
    }
}
