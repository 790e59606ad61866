using Romana.Ipam.Stores;
using Romana.Testing.Stores;

namespace Romana.Ipam.Tests.Stores;

public sealed class InMemoryStoreTests : StoreContract
{
    private readonly InMemoryStore _store = new(history: 4);

    protected override ValueTask<IStore> NewStoreAsync() => ValueTask.FromResult<IStore>(new InMemoryStore());

    protected override async ValueTask ForgetHistoryAsync()
    {
        for (var i = 0; i < 20_001; i++)
            await Store.WriteAsync(new Write.Create(new(RecordKind.Beat, $"{i}"), "s", "{}", default), Cancel);
    }

    [Fact]
    public async Task A_restored_store_says_so_and_knows_no_version_of_its_former_life()
    {
        var saved = _store.Save();
        await _store.TrustAsync(Cancel);
        var lost = (WriteResult.Committed)await _store.WriteAsync(new Write.Create(Host("a"), "s1", "1", default), Cancel);
        await using var watch = _store.WatchAsync(RecordKind.Host, Selector.Everything,
            (await _store.ListAsync(RecordKind.Host, Selector.Everything, Consistency.Cached, Cancel)).Snapshot, Cancel)
            .GetAsyncEnumerator(Cancel);
        _store.Restore(saved);
        Assert.Equal(StoreStanding.Rewound, _store.Standing);
        Assert.True(await watch.MoveNextAsync());
        Assert.IsType<WatchEvent.Expired>(watch.Current);
        var again = (WriteResult.Committed)await _store.WriteAsync(new Write.Create(Host("a"), "s2", "2", default), Cancel);
        Assert.NotEqual(lost.Record!.Version, again.Record!.Version);
    }

    [Fact]
    public async Task A_new_store_is_trusted_only_when_somebody_vouched_for_it()
    {
        Assert.Equal(StoreStanding.New, _store.Standing);
        await _store.TrustAsync(Cancel);
        Assert.Equal(StoreStanding.Trusted, _store.Standing);
    }
}

public sealed class InMemoryJournalTests : JournalContract
{
    private InMemoryJournal _journal = new();

    protected override IJournal Journal => _journal;

    protected override void Reopen() => _journal = new InMemoryJournal { State = _journal.State };
}

public sealed class InMemoryTermTests : TermContract
{
    private readonly InMemoryTermSource _terms = new();

    protected override ITermSource Source() => _terms;

    [Fact]
    public async Task A_lost_term_says_so()
    {
        var term = (await _terms.TryAcquireAsync("a", TestContext.Current.CancellationToken))!;
        _terms.Lose();
        Assert.True(term.Lost.IsCancellationRequested);
        Assert.Equal(TimeSpan.Zero, term.Remaining);
    }
}
