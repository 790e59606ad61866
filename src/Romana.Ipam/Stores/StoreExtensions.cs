namespace Romana.Ipam.Stores;

/// <summary>One snapshot of one kind, decoded.</summary>
public sealed record TypedListing<TSpec, TStatus>(IReadOnlyList<TypedRecord<TSpec, TStatus>> Items, Snapshot Snapshot)
    where TSpec : class
    where TStatus : class;

/// <summary>A writer's mark.</summary>
public static class Stamp
{
    /// <summary>Unique for ever.</summary>
    public static string New() => Guid.NewGuid().ToString("n");
}

/// <summary>The few turns of phrase that every user of the store port needs.</summary>
public static class StoreExtensions
{
    private const int Attempts = 5;

    public static async ValueTask<TypedRecord<TSpec, TStatus>?> GetAsync<TSpec, TStatus>(
        this IStore store, RecordType<TSpec, TStatus> type, string name, Consistency consistency, CancellationToken cancel)
        where TSpec : class
        where TStatus : class
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(type);
        var record = await store.GetAsync(type.Key(name), consistency, cancel).ConfigureAwait(false);
        return record is null ? null : type.Decode(record);
    }

    public static async ValueTask<TypedListing<TSpec, TStatus>> ListAsync<TSpec, TStatus>(
        this IStore store, RecordType<TSpec, TStatus> type, Selector selector, Consistency consistency, CancellationToken cancel)
        where TSpec : class
        where TStatus : class
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(type);
        var listing = await store.ListAsync(type.Kind, selector, consistency, cancel).ConfigureAwait(false);
        return new([.. listing.Items.Select(type.Decode)], listing.Snapshot);
    }

    public static async ValueTask<WriteResult> WriteAsync(this IStore store, Write write, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(store);
        return (await store.WriteAsync([write], cancel).ConfigureAwait(false))[0];
    }

    /// <summary>
    /// Writes, and resolves Unknown by reading: our stamp there = Committed; nothing changed = written again, which
    /// cannot land twice since both carry one expectation. Unknown is left only while the store cannot be read.
    /// A Conflict after an Unknown may hide our own write under another's: plan again from what it shows.
    /// </summary>
    public static async ValueTask<WriteResult> WriteSurelyAsync(this IStore store, Write write, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(store);
        var result = await store.WriteAsync(write, cancel).ConfigureAwait(false);
        return await ResolveAsync(store, write, result, cancel).ConfigureAwait(false);
    }

    /// <summary>A batch of <see cref="WriteSurelyAsync(IStore, Write, CancellationToken)"/>.</summary>
    public static async ValueTask<IReadOnlyList<WriteResult>> WriteSurelyAsync(
        this IStore store, IReadOnlyList<Write> writes, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(writes);
        var results = (await store.WriteAsync(writes, cancel).ConfigureAwait(false)).ToArray();
        for (var i = 0; i < results.Length; i++)
            results[i] = await ResolveAsync(store, writes[i], results[i], cancel).ConfigureAwait(false);
        return results;
    }

    private static async ValueTask<WriteResult> ResolveAsync(
        IStore store, Write write, WriteResult result, CancellationToken cancel)
    {
        for (var attempt = 1; ; attempt++)
        {
            // A repeated write meets its own first copy as Exists or Conflict.
            if (Seen(result) is { } seen && seen.Stamp == write.Stamp) return new WriteResult.Committed(seen);
            if (result is not WriteResult.Unknown || attempt > Attempts) return result;

            StoredRecord? current;
            try
            {
                current = await store.GetAsync(write.Key, Consistency.Linearizable, cancel).ConfigureAwait(false);
            }
            catch (StoreUnavailableException)
            {
                continue;
            }

            result = AfterReading(write, current)
                ?? await store.WriteAsync(write, cancel).ConfigureAwait(false);
        }
    }

    private static StoredRecord? Seen(WriteResult result) => result switch
    {
        WriteResult.Exists exists => exists.Current,
        WriteResult.Conflict conflict => conflict.Current,
        _ => null,
    };

    /// <summary>Null: not done yet, and still possible.</summary>
    private static WriteResult? AfterReading(Write write, StoredRecord? current)
    {
        if (current is not null && current.Stamp == write.Stamp) return new WriteResult.Committed(current);
        return write switch
        {
            Write.Create => current is null ? null : new WriteResult.Exists(current),
            Write.Delete delete when current?.Uid != delete.Expected.Uid => new WriteResult.Committed(null),
            Write.Delete delete => Verdict(delete.Expected, current),
            Write.UpdateSpec update => Verdict(update.Expected, current),
            Write.UpdateStatus update => Verdict(update.Expected, current),
            _ => throw new NotSupportedException(write.GetType().Name),
        };
    }

    private static WriteResult.Conflict? Verdict(Expected expected, StoredRecord? current) =>
        current is not null && expected == new Expected(current.Version, current.Uid) ? null : new WriteResult.Conflict(current);
}
