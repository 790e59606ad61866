using Romana.Ipam.Attachments;
using Romana.Ipam.Stores;

namespace Romana.Ipam.Tests.Lifecycle;

/// <summary>Tells of every record that changes, with what it was before.</summary>
internal sealed class ObservedStore(InMemoryStore inner, Action<StoredRecord?, StoredRecord?> changed) : IStore
{
    public ValueTask<StoredRecord?> GetAsync(RecordKey key, Consistency consistency, CancellationToken cancel) => inner.GetAsync(key, consistency, cancel);

    public ValueTask<Listing> ListAsync(RecordKind kind, Selector selector, Consistency consistency, CancellationToken cancel) =>
        inner.ListAsync(kind, selector, consistency, cancel);

    public IAsyncEnumerable<WatchEvent> WatchAsync(RecordKind kind, Selector selector, Snapshot from, CancellationToken cancel) =>
        inner.WatchAsync(kind, selector, from, cancel);

    public async ValueTask<IReadOnlyList<WriteResult>> WriteAsync(IReadOnlyList<Write> writes, CancellationToken cancel)
    {
        var results = new List<WriteResult>(writes.Count);
        foreach (var write in writes)
        {
            var before = await inner.GetAsync(write.Key, Consistency.Linearizable, cancel);
            var result = (await inner.WriteAsync([write], cancel))[0];
            results.Add(result);
            if (result is WriteResult.Committed committed) changed(before, committed.Record);
        }

        return results;
    }
}

/// <summary>A way to the store, which a restore of it cuts for ever: what was under way on it never lands.</summary>
internal sealed class Connection(IStore inner) : IStore
{
    public bool IsCut { get; set; }

    public ValueTask<StoredRecord?> GetAsync(RecordKey key, Consistency consistency, CancellationToken cancel) => Inner.GetAsync(key, consistency, cancel);

    public ValueTask<Listing> ListAsync(RecordKind kind, Selector selector, Consistency consistency, CancellationToken cancel) =>
        Inner.ListAsync(kind, selector, consistency, cancel);

    public IAsyncEnumerable<WatchEvent> WatchAsync(RecordKind kind, Selector selector, Snapshot from, CancellationToken cancel) =>
        Inner.WatchAsync(kind, selector, from, cancel);

    public ValueTask<IReadOnlyList<WriteResult>> WriteAsync(IReadOnlyList<Write> writes, CancellationToken cancel) => Inner.WriteAsync(writes, cancel);

    private IStore Inner => IsCut ? throw new StoreUnavailableException("the connection was cut") : inner;
}

/// <summary>A journal that takes every commit for one that need not survive a power loss.</summary>
internal sealed class CarelessJournal(IJournal inner) : IJournal
{
    public JournalContents Load() => inner.Load();

    public JournalHead Commit(IReadOnlyList<JournalChange> changes, Durability durability) => inner.Commit(changes, Durability.ProcessCrash);

    public void Dispose() => inner.Dispose();
}
