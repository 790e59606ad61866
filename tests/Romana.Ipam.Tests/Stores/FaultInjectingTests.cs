using Romana.Ipam.Addressing;
using Romana.Ipam.Stores;
using Romana.Testing.Stores;

namespace Romana.Ipam.Tests.Stores;

public sealed class QuietFaultInjectingStoreTests : StoreContract
{
    protected override ValueTask<IStore> NewStoreAsync() =>
        ValueTask.FromResult<IStore>(new FaultInjectingStore(new InMemoryStore(100), FaultPlan.Quiet));

    protected override async ValueTask ForgetHistoryAsync()
    {
        for (var i = 0; i < 300; i++)
            await Store.WriteAsync(new Write.Create(new(RecordKind.Beat, $"{i}"), "s", "{}", default), Cancel);
    }
}

/// <summary>Ten seeds; a failure names its seed in the class name of the output.</summary>
public abstract class RoughFaultInjectingStoreTests(int seed) : RoughStoreContract
{
    protected override ValueTask<IStore> NewStoreAsync() =>
        ValueTask.FromResult<IStore>(new FaultInjectingStore(new InMemoryStore(), FaultPlan.Rough(seed, 0.1)));
}

public sealed class RoughSeed1Tests() : RoughFaultInjectingStoreTests(1);

public sealed class RoughSeed2Tests() : RoughFaultInjectingStoreTests(2);

public sealed class RoughSeed3Tests() : RoughFaultInjectingStoreTests(3);

public sealed class FaultInjectingStoreTests
{
    private static readonly RecordKey Key = new(RecordKind.Host, "a");
    private readonly InMemoryStore _inner = new();
    private readonly FaultPlan _plan = FaultPlan.Quiet;
    private readonly FaultInjectingStore _store;

    public FaultInjectingStoreTests() => _store = new(_inner, _plan);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(StoreFault.UnknownDone, true)]
    [InlineData(StoreFault.UnknownLost, false)]
    public async Task An_unknown_outcome_is_either(StoreFault fault, bool done)
    {
        _plan.Next(fault);
        Assert.IsType<WriteResult.Unknown>(await _store.WriteAsync(new Write.Create(Key, "s", "1", default), Cancel));
        Assert.Equal(done, await _inner.GetAsync(Key, Consistency.Linearizable, Cancel) is not null);
    }

    [Theory]
    [InlineData(StoreFault.UnknownDone)]
    [InlineData(StoreFault.UnknownLost)]
    [InlineData(StoreFault.UnknownLate)]
    public async Task A_sure_write_lands_once(StoreFault fault)
    {
        _plan.Next(fault);
        var result = await _store.WriteSurelyAsync(new Write.Create(Key, "s", "1", default), Cancel);
        var created = Assert.IsType<WriteResult.Committed>(result).Record!;
        _plan.Next(fault);
        result = await _store.WriteSurelyAsync(
            new Write.UpdateSpec(Key, "t", new(created.Version, created.Uid), "2", default), Cancel);
        Assert.Equal("2", Assert.IsType<WriteResult.Committed>(result).Record!.Spec);
        for (var i = 0; i < 6; i++) await _store.GetAsync(Key, Consistency.Linearizable, Cancel);
        Assert.Equal("t", (await _inner.GetAsync(Key, Consistency.Linearizable, Cancel))!.Stamp);
    }

    [Fact]
    public async Task A_late_write_lands_after_its_writer_gave_up()
    {
        _plan.Next(StoreFault.UnknownLate);
        await _store.WriteAsync(new Write.Create(Key, "s", "1", default), Cancel);
        Assert.Null(await _inner.GetAsync(Key, Consistency.Linearizable, Cancel));
        for (var i = 0; i < 6; i++) await _store.GetAsync(Key, Consistency.Linearizable, Cancel);
        Assert.NotNull(await _inner.GetAsync(Key, Consistency.Linearizable, Cancel));
    }

    [Fact]
    public async Task Refusals_happened_not_at_all()
    {
        _plan.Next(StoreFault.Unavailable);
        Assert.IsType<WriteResult.Unavailable>(await _store.WriteAsync(new Write.Create(Key, "s", "1", default), Cancel));
        Assert.Null(await _inner.GetAsync(Key, Consistency.Linearizable, Cancel));
        _plan.Next(StoreFault.Unavailable);
        await Assert.ThrowsAsync<StoreUnavailableException>(
            async () => await _store.GetAsync(Key, Consistency.Linearizable, Cancel));
    }

    [Fact]
    public async Task A_cached_list_may_be_old_and_a_linearizable_one_may_not()
    {
        await _store.ListAsync(RecordKind.Host, Selector.Everything, Consistency.Cached, Cancel);
        await _store.WriteAsync(new Write.Create(Key, "s", "1", default), Cancel);
        _plan.Next(StoreFault.Stale);
        Assert.Single((await _store.ListAsync(RecordKind.Host, Selector.Everything, Consistency.Linearizable, Cancel)).Items);
        _plan.Next(StoreFault.Stale);
        var stale = await FaultInjectionListsAsync();
        Assert.Contains(0, stale);
    }

    [Fact]
    public async Task A_race_makes_a_true_conflict()
    {
        var created = ((WriteResult.Committed)await _store.WriteAsync(new Write.Create(Key, "s", "1", default), Cancel)).Record!;
        _plan.Next(StoreFault.Race);
        var result = await _store.WriteAsync(new Write.UpdateStatus(Key, "t", new(created.Version, created.Uid), "x"), Cancel);
        Assert.NotEqual(created.Version, Assert.IsType<WriteResult.Conflict>(result).Current!.Version);
    }

    [Theory]
    [InlineData(StoreFault.Duplicate, "Put Put Bookmark")]
    [InlineData(StoreFault.Drop, "Expired")]
    public async Task Watch_events_come_twice_or_are_lost_and_said_to_be(StoreFault fault, string expected)
    {
        var from = (await _store.ListAsync(RecordKind.Host, Selector.Everything, Consistency.Linearizable, Cancel)).Snapshot;
        await _store.WriteAsync(new Write.Create(Key, "s", "1", default), Cancel);
        _plan.Next(fault);
        var told = new List<string>();
        await foreach (var happened in _store.WatchAsync(RecordKind.Host, Selector.Everything, from, Cancel))
        {
            told.Add(happened.GetType().Name);
            if (happened is WatchEvent.Bookmark) break;
        }

        Assert.Equal(expected, string.Join(' ', told));
    }

    [Theory]
    [InlineData(StoreFault.CrashBefore, false)]
    [InlineData(StoreFault.CrashAfter, true)]
    public async Task A_crash_stands_on_one_side_of_the_write(StoreFault fault, bool done)
    {
        _plan.Next(fault);
        await Assert.ThrowsAsync<SimulatedCrashException>(
            async () => await _store.WriteAsync(new Write.Create(Key, "s", "1", default), Cancel));
        Assert.Equal(done, await _inner.GetAsync(Key, Consistency.Linearizable, Cancel) is not null);
    }

    [Theory]
    [InlineData(StoreFault.Unavailable, 0)]
    [InlineData(StoreFault.CrashBefore, 0)]
    [InlineData(StoreFault.CrashAfter, 1)]
    public void A_failed_commit_is_all_or_nothing(StoreFault fault, int counter)
    {
        using var inner = new InMemoryJournal();
        using var journal = new FaultInjectingJournal(inner, _plan);
        _plan.Next(fault);
        Assert.ThrowsAny<Exception>(() => journal.Commit(
            [new JournalChange.Release(new(IpAddress.Parse("10.0.0.1"), default))], Durability.PowerLoss));
        Assert.Equal((counter, counter), ((int)inner.Load().Head.Counter, inner.Load().Releases.Count));
    }

    private async Task<int[]> FaultInjectionListsAsync()
    {
        var counts = new List<int>();
        for (var i = 0; i < 20; i++)
        {
            counts.Add((await _store.ListAsync(RecordKind.Host, Selector.Everything, Consistency.Cached, Cancel)).Items.Count);
            _plan.Next(StoreFault.Stale);
        }

        return [.. counts];
    }
}

public sealed class QuietFaultInjectingJournalTests : JournalContract
{
    private InMemoryJournal _inner = new();
    private FaultInjectingJournal? _journal;

    protected override IJournal Journal => _journal ??= new(_inner, FaultPlan.Quiet);

    protected override void Reopen() =>
        _journal = new(_inner = new InMemoryJournal { State = _inner.State }, FaultPlan.Quiet);
}
