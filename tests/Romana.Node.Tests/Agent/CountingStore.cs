using Romana.Ipam.Stores;

namespace Romana.Node.Tests.Agent;

/// <summary>A store that counts what is asked of it.</summary>
internal sealed class CountingStore(IStore inner) : IStore
{
    private int _lists, _reads;

    /// <summary>Lists of all records of a kind.</summary>
    public int Lists => Volatile.Read(ref _lists);

    /// <summary>Everything else that reads: single records, and lists of one host's.</summary>
    public int Reads => Volatile.Read(ref _reads);

    public ValueTask<StoredRecord?> GetAsync(RecordKey key, Consistency consistency, CancellationToken cancel)
    {
        Interlocked.Increment(ref _reads);
        return inner.GetAsync(key, consistency, cancel);
    }

    public ValueTask<Listing> ListAsync(RecordKind kind, Selector selector, Consistency consistency, CancellationToken cancel)
    {
        Interlocked.Increment(ref selector is Selector.All ? ref _lists : ref _reads);
        return inner.ListAsync(kind, selector, consistency, cancel);
    }

    public IAsyncEnumerable<WatchEvent> WatchAsync(RecordKind kind, Selector selector, Snapshot from, CancellationToken cancel) => inner.WatchAsync(kind, selector, from, cancel);

    public ValueTask<IReadOnlyList<WriteResult>> WriteAsync(IReadOnlyList<Write> writes, CancellationToken cancel) => inner.WriteAsync(writes, cancel);
}
