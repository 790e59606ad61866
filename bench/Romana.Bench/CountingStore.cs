using System.Collections.Immutable;
using Romana.Ipam.Stores;

namespace Romana.Bench;

/// <summary>A store that counts what is committed to it.</summary>
internal sealed class CountingStore(IStore inner) : IStore
{
    private ImmutableList<RecordKey> _written = [];

    /// <summary>Keys of the committed writes, in their order.</summary>
    public ImmutableArray<RecordKey> Written => [.. Volatile.Read(ref _written)];

    /// <summary>Called after a batch with a block in it was committed.</summary>
    public Action? BlockWritten { get; set; }

    public ValueTask<StoredRecord?> GetAsync(RecordKey key, Consistency consistency, CancellationToken cancel) =>
        inner.GetAsync(key, consistency, cancel);

    public ValueTask<Listing> ListAsync(RecordKind kind, Selector selector, Consistency consistency, CancellationToken cancel) =>
        inner.ListAsync(kind, selector, consistency, cancel);

    public IAsyncEnumerable<WatchEvent> WatchAsync(RecordKind kind, Selector selector, Snapshot from, CancellationToken cancel) =>
        inner.WatchAsync(kind, selector, from, cancel);

    public async ValueTask<IReadOnlyList<WriteResult>> WriteAsync(IReadOnlyList<Write> writes, CancellationToken cancel)
    {
        var results = await inner.WriteAsync(writes, cancel).ConfigureAwait(false);
        var done = writes.Zip(results).Where(pair => pair.Second is WriteResult.Committed).Select(pair => pair.First.Key).ToList();
        ImmutableInterlocked.Update(ref _written, (before, more) => before.AddRange(more), done);
        if (done.Exists(key => key.Kind == RecordKind.Block)) BlockWritten?.Invoke();
        return results;
    }
}
