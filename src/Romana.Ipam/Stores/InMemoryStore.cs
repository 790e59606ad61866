using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.CompilerServices;
using Romana.Ipam.Blocks;
using Romana.Ipam.Hosts;

namespace Romana.Ipam.Stores;

/// <summary>
/// The store port in memory: for tests, for offline commands, and as the plainest statement of what the port means.
/// Any number of threads. <paramref name="history"/>: changes that a watch can go back.
/// </summary>
public sealed class InMemoryStore(int history = 10_000) : IStore, IStoreStanding
{
    private readonly Lock _gate = new();
    private readonly List<Change> _changes = [];
    private ImmutableSortedDictionary<RecordKey, StoredRecord> _records = NoRecords;
    private TaskCompletionSource _changed = NewSignal();

    /// <summary>Sequence of the last change, and of the last one that was forgotten.</summary>
    private long _sequence, _forgotten;

    private static ImmutableSortedDictionary<RecordKey, StoredRecord> NoRecords =>
        ImmutableSortedDictionary.Create<RecordKey, StoredRecord>(Comparer<RecordKey>.Create(Compare));

    public string StoreId { get; private set; } = Stamp.New();

    public StoreStanding Standing { get; private set; } = StoreStanding.New;

    public string? Rewind { get; private set; }

    public ValueTask TrustAsync(CancellationToken cancel)
    {
        lock (_gate) Standing = StoreStanding.Trusted;
        return ValueTask.CompletedTask;
    }

    /// <summary>What a backup would hold.</summary>
    public ImmutableSortedDictionary<RecordKey, StoredRecord> Save()
    {
        lock (_gate) return _records;
    }

    /// <summary>Puts a backup in place of what is there; watches expire and the standing is Rewound.</summary>
    public void Restore(ImmutableSortedDictionary<RecordKey, StoredRecord> saved)
    {
        lock (_gate)
        {
            (_records, StoreId, Standing, Rewind) = (saved, Stamp.New(), StoreStanding.Rewound, Stamp.New());
            Forget(_sequence);
            Pulse();
        }
    }

    public ValueTask<StoredRecord?> GetAsync(RecordKey key, Consistency consistency, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        lock (_gate) return ValueTask.FromResult(_records.GetValueOrDefault(key));
    }

    public ValueTask<Listing> ListAsync(RecordKind kind, Selector selector, Consistency consistency, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        ImmutableSortedDictionary<RecordKey, StoredRecord> records;
        Snapshot snapshot;
        lock (_gate) (records, snapshot) = (_records, SnapshotAt(_sequence));
        return ValueTask.FromResult(new Listing(
            [.. records.Values.Where(record => record.Key.Kind == kind && Selects(selector, record.Key, record.Host))], snapshot));
    }

    public ValueTask<IReadOnlyList<WriteResult>> WriteAsync(IReadOnlyList<Write> writes, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(writes);
        cancel.ThrowIfCancellationRequested();
        lock (_gate)
        {
            var results = writes.Select(WriteOne).ToArray();
            if (_changes.Count > 2 * history) Forget(_sequence - history);
            Pulse();
            return ValueTask.FromResult<IReadOnlyList<WriteResult>>(results);
        }
    }

    public async IAsyncEnumerable<WatchEvent> WatchAsync(
        RecordKind kind, Selector selector, Snapshot from, [EnumeratorCancellation] CancellationToken cancel)
    {
        while (true)
        {
            cancel.ThrowIfCancellationRequested();
            Change[]? news;
            Task changed;
            Snapshot upTo;
            lock (_gate)
            {
                news = Since(from);
                (changed, upTo) = (_changed.Task, SnapshotAt(_sequence));
            }

            if (news is null)
            {
                yield return new WatchEvent.Expired();
                yield break;
            }

            foreach (var change in news.Where(change => change.Key.Kind == kind))
                if (Told(selector, change) is { } told) yield return told;
            if (upTo != from) yield return new WatchEvent.Bookmark(upTo);
            from = upTo;
            await changed.WaitAsync(cancel).ConfigureAwait(false);
        }
    }

    internal static bool Selects(Selector selector, RecordKey key, HostUid host) => selector switch
    {
        Selector.All => true,
        Selector.OfHost of => !of.Host.IsNone && of.Host == host,
        Selector.Group group => string.CompareOrdinal(BlockKey.Of(group.Cidr.First), key.Name) <= 0
            && string.CompareOrdinal(key.Name, BlockKey.Of(group.Cidr.Last)) <= 0,
        _ => throw new NotSupportedException(selector.GetType().Name),
    };

    /// <summary>A record that leaves the selection is told as deleted, as Kubernetes does with labels.</summary>
    private static WatchEvent? Told(Selector selector, Change change)
    {
        if (change.After is { } after && Selects(selector, change.Key, after.Host)) return new WatchEvent.Put(after);
        return change.Before is { } before && Selects(selector, change.Key, before.Host)
            ? new WatchEvent.Deleted(change.Key, before.Uid)
            : null;
    }

    private WriteResult WriteOne(Write write) => ConditionalWrite.Judge(write, _records.GetValueOrDefault(write.Key)) switch
    {
        ConditionalWrite.Put put => Put(put.Before, put.After),
        ConditionalWrite.Remove remove => Remove(remove.Before),
        ConditionalWrite.Refused refused => refused.Result,
        _ => throw new NotSupportedException(write.GetType().Name),
    };

    private WriteResult.Committed Put(StoredRecord? before, StoredRecord after)
    {
        // The stamp is in the version, so that versions of a restored store never meet those of its former life.
        after = after with { Version = new($"{++_sequence}:{after.Stamp}") };
        _records = _records.SetItem(after.Key, after);
        _changes.Add(new(after.Key, before, after));
        return new(after);
    }

    private WriteResult.Committed Remove(StoredRecord before)
    {
        _sequence++;
        _records = _records.Remove(before.Key);
        _changes.Add(new(before.Key, before, null));
        return new(null);
    }

    /// <summary>Null: forgotten, or another store's snapshot.</summary>
    private Change[]? Since(Snapshot from)
    {
        var parts = from.Text.Split(':');
        if (parts[0] != StoreId || !long.TryParse(parts[1], CultureInfo.InvariantCulture, out var sequence)) return null;
        return sequence < _forgotten ? null : [.. _changes.Skip((int)(sequence - _forgotten))];
    }

    private Snapshot SnapshotAt(long sequence) => new($"{StoreId}:{sequence}");

    private void Forget(long upTo)
    {
        _changes.RemoveRange(0, (int)(upTo - _forgotten));
        _forgotten = upTo;
    }

    private void Pulse()
    {
        _changed.TrySetResult();
        _changed = NewSignal();
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static int Compare(RecordKey left, RecordKey right)
    {
        var byKind = left.Kind.CompareTo(right.Kind);
        return byKind != 0 ? byKind : string.CompareOrdinal(left.Name, right.Name);
    }

    private sealed record Change(RecordKey Key, StoredRecord? Before, StoredRecord? After);
}
