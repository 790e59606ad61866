using System.Runtime.CompilerServices;
using Romana.Ipam.Stores;

namespace Romana.EndToEnd.Tests;

/// <summary>A store as one process sees it: after that process's death nothing of it reaches the records any more.</summary>
internal sealed class MortalStore(IStore inner) : IStore
{
    private volatile bool _dead;
    private int _writes;
    private int _reads;

    /// <summary>Records written since the start.</summary>
    public int Writes => Volatile.Read(ref _writes);

    /// <summary>Lists taken since the start.</summary>
    public int Reads => Volatile.Read(ref _reads);

    /// <summary>Told of every batch before it is written.</summary>
    public Action<IReadOnlyList<Write>>? Writing { get; set; }

    public void Die() => _dead = true;

    public ValueTask<StoredRecord?> GetAsync(RecordKey key, Consistency consistency, CancellationToken cancel) =>
        Alive().GetAsync(key, consistency, cancel);

    public ValueTask<Listing> ListAsync(RecordKind kind, Selector selector, Consistency consistency, CancellationToken cancel)
    {
        Interlocked.Increment(ref _reads);
        return Alive().ListAsync(kind, selector, consistency, cancel);
    }

    public async IAsyncEnumerable<WatchEvent> WatchAsync(
        RecordKind kind, Selector selector, Snapshot from, [EnumeratorCancellation] CancellationToken cancel)
    {
        await foreach (var one in inner.WatchAsync(kind, selector, from, cancel)) yield return one;
    }

    public ValueTask<IReadOnlyList<WriteResult>> WriteAsync(IReadOnlyList<Write> writes, CancellationToken cancel)
    {
        Interlocked.Add(ref _writes, writes.Count);
        Writing?.Invoke(writes);
        return Alive().WriteAsync(writes, cancel);
    }

    private IStore Alive() => _dead ? throw new StoreUnavailableException("the process is dead") : inner;
}
