using System.Collections.Immutable;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Romana.Cloud.Control;
using Romana.Cloud.Views;
using Romana.Ipam.Events;
using Romana.Ipam.Stores;

namespace Romana.Cloud.Tests.Control;

public sealed class EventBookTests
{
    private static readonly DateTimeOffset Begin = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);
    private readonly FakeTimeProvider _clock = new(Begin);
    private readonly InMemoryStore _store = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_was_told_is_in_the_store_after_a_write_and_nothing_told_is_no_write()
    {
        var book = await BookAsync(_store);
        await book.WriteAsync();
        Assert.Empty(await PagesAsync());
        book.Tell("Failover", "h1", "moved");
        book.Tell("Failover", "h1", "moved");
        await book.WriteAsync();
        var first = Assert.Single(await PagesAsync());
        await book.WriteAsync();
        Assert.Equal(first.Expected, Assert.Single(await PagesAsync()).Expected);
        Assert.Equal(("h1", 2), Assert.Single((await ViewAsync(TimeSpan.FromDays(1))).Select(one => (one.About, one.Count))));
    }

    [Fact]
    public async Task Pages_of_more_than_a_day_ago_go_with_the_first_event_of_an_hour()
    {
        var book = await BookAsync(_store);
        for (var hour = 0; hour < 60; hour++)
        {
            book.Tell("Health", "h1", "Up -> Down");
            await book.WriteAsync();
            _clock.Advance(TimeSpan.FromHours(1));
        }

        Assert.InRange((await PagesAsync()).Count, 24, 26);
        Assert.Equal(2, (await ViewAsync(TimeSpan.FromHours(2))).Length);
    }

    [Fact]
    public async Task Events_wait_for_a_store_that_does_not_answer_and_a_pass_never_fails_for_it()
    {
        var down = new FaultInjectingStore(_store, new FaultPlan(1, new Dictionary<StoreFault, double> { [StoreFault.Unavailable] = 1 }));
        var (answering, book) = (false, (EventBook?)null);
        book = await BookAsync(new SwitchedStore(() => answering ? _store : down));
        for (var i = 0; i < 700; i++) book.Tell("Health", $"h{i}", "Up -> Down");
        await book.WriteAsync();
        Assert.Empty(await PagesAsync());
        answering = true;
        await book.WriteAsync();
        Assert.Equal(500, (await ViewAsync(TimeSpan.FromDays(1))).Sum(one => one.Count));
    }

    [Fact]
    public async Task Without_a_term_and_after_a_lost_one_nothing_is_written()
    {
        var plan = new EventBook(_store, null, _clock, NullLogger<EventBook>.Instance);
        var terms = new InMemoryTermSource();
        var lost = new EventBook(_store, await terms.TryAcquireAsync("t", Cancel), _clock, NullLogger<EventBook>.Instance);
        terms.Lose();
        foreach (var book in new[] { plan, lost })
        {
            book.Tell("Failover", "h1", "moved");
            await book.WriteAsync();
        }

        Assert.Empty(await PagesAsync());
    }

    [Fact]
    public async Task A_condition_that_comes_or_goes_is_an_event_and_one_from_before_is_none()
    {
        var book = await BookAsync(_store);
        var board = new ConditionBoard(new ControllerState(), book, Begin);
        board.Set("rtb-1", [new Condition("Conflict", true, "since yesterday", Begin.AddDays(-1))]);
        board.Set("rtb-1", [new Condition("Conflict", true, "since yesterday, other words", Begin.AddDays(-1)), new Condition("Brake", true, "held", Begin)]);
        board.Set("rtb-1", [new Condition("Brake", true, "still held", Begin)]);
        await book.WriteAsync();
        Assert.Equal(["Brake rtb-1 held", "Conflict rtb-1 over: since yesterday, other words"],
            (await ViewAsync(TimeSpan.FromDays(1))).Select(one => $"{one.Kind} {one.About} {one.Message}"));
    }

    private async Task<EventBook> BookAsync(IStore store) =>
        new(store, await new InMemoryTermSource().TryAcquireAsync("test", Cancel), _clock, NullLogger<EventBook>.Instance);

    private async Task<IReadOnlyList<TypedRecord<EventPage, Ipam.Topologies.NoStatus>>> PagesAsync() =>
        (await _store.ListAsync(RecordTypes.Events, Selector.Everything, Consistency.Linearizable, Cancel)).Items;

    private async Task<ImmutableArray<EventView>> ViewAsync(TimeSpan since) =>
        (await EventListView.OfAsync(_store, _clock.GetUtcNow() - since, Cancel)).Events;

    private sealed class SwitchedStore(Func<IStore> now) : IStore
    {
        public ValueTask<StoredRecord?> GetAsync(RecordKey key, Consistency consistency, CancellationToken cancel) => now().GetAsync(key, consistency, cancel);

        public ValueTask<Listing> ListAsync(RecordKind kind, Selector selector, Consistency consistency, CancellationToken cancel) =>
            now().ListAsync(kind, selector, consistency, cancel);

        public IAsyncEnumerable<WatchEvent> WatchAsync(RecordKind kind, Selector selector, Snapshot from, CancellationToken cancel) =>
            now().WatchAsync(kind, selector, from, cancel);

        public ValueTask<IReadOnlyList<WriteResult>> WriteAsync(IReadOnlyList<Write> writes, CancellationToken cancel) => now().WriteAsync(writes, cancel);
    }
}
