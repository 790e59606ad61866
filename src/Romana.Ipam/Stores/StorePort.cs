using Romana.Ipam.Addressing;
using Romana.Ipam.Hosts;

namespace Romana.Ipam.Stores;

public enum RecordKind
{
    Topology,
    Host,
    Beat,
    Block,
    RouteTable,
    Event,
}

public readonly record struct RecordKey(RecordKind Kind, string Name)
{
    public override string ToString() => $"{Kind}/{Name}";
}

/// <summary>Opaque; two are equal or they are not.</summary>
public readonly record struct RecordVersion(string Text);

/// <summary>Opaque point in the store's history from which a watch goes on.</summary>
public readonly record struct Snapshot(string Text);

public enum Consistency
{
    /// <summary>Reflects every write that was answered before the call.</summary>
    Linearizable,

    /// <summary>May be old; never mixes two instants in one record.</summary>
    Cached,
}

/// <summary>Which records of a kind.</summary>
public abstract record Selector
{
    private Selector() { }

    public static readonly Selector Everything = new All();

    public sealed record All : Selector;

    /// <summary>Blocks whose first address lies in the CIDR: one contiguous range of keys.</summary>
    public sealed record Group(Cidr Cidr) : Selector;

    /// <summary>Records that carry this host in their spec.</summary>
    public sealed record OfHost(HostUid Host) : Selector;
}

/// <summary>One record as the store keeps it: two JSON halves under one version.</summary>
public sealed record StoredRecord
{
    public required RecordKey Key { get; init; }

    /// <summary>Identity of this incarnation of the record; a record deleted and created again has another.</summary>
    public required string Uid { get; init; }

    public required RecordVersion Version { get; init; }

    /// <summary>The last writer's mark, unique to its write, so that it recognises its own lost reply.</summary>
    public required string Stamp { get; init; }

    /// <summary>Host by which <see cref="Selector.OfHost"/> finds the record; none if it has none.</summary>
    public HostUid Host { get; init; }

    public required string Spec { get; init; }
    public string? Status { get; init; }
}

public sealed record Listing(IReadOnlyList<StoredRecord> Items, Snapshot Snapshot);

/// <summary>What must still be true of the record for a write to happen.</summary>
public readonly record struct Expected(RecordVersion Version, string Uid);

/// <summary>One conditional write of one record. Stamp: unique to this write.</summary>
public abstract record Write(RecordKey Key, string Stamp)
{
    /// <summary>Only if there is no such record. The status half starts empty.</summary>
    public sealed record Create(RecordKey Key, string Stamp, string Spec, HostUid Host) : Write(Key, Stamp);

    public sealed record UpdateSpec(RecordKey Key, string Stamp, Expected Expected, string Spec, HostUid Host) : Write(Key, Stamp);

    public sealed record UpdateStatus(RecordKey Key, string Stamp, Expected Expected, string Status) : Write(Key, Stamp);

    public sealed record Delete(RecordKey Key, string Stamp, Expected Expected) : Write(Key, Stamp);
}

public abstract record WriteResult
{
    private WriteResult() { }

    /// <param name="Record">As it stands now; null after a delete.</param>
    public sealed record Committed(StoredRecord? Record) : WriteResult;

    /// <param name="Current">As it stands; null if it is gone.</param>
    public sealed record Conflict(StoredRecord? Current) : WriteResult;

    public sealed record Exists(StoredRecord Current) : WriteResult;

    /// <summary>The write may have happened or not: read, and look for the stamp.</summary>
    public sealed record Unknown(string Reason) : WriteResult;

    /// <summary>The write did not happen and will not.</summary>
    public sealed record Unavailable(string Reason) : WriteResult;
}

public abstract record WatchEvent
{
    private WatchEvent() { }

    public sealed record Put(StoredRecord Record) : WatchEvent;

    public sealed record Deleted(RecordKey Key, string Uid) : WatchEvent;

    /// <summary>Everything up to here was told; a watch may go on from it.</summary>
    public sealed record Bookmark(Snapshot Snapshot) : WatchEvent;

    /// <summary>The history from the asked point is gone: list again. Ends the watch.</summary>
    public sealed record Expired : WatchEvent;
}

/// <summary>A read could not be answered. Message: what, where, remedy.</summary>
public sealed class StoreUnavailableException : IOException
{
    public StoreUnavailableException() { }
    public StoreUnavailableException(string message) : base(message) { }
    public StoreUnavailableException(string message, Exception inner) : base(message, inner) { }
}

/// <summary>
/// Where records live. Correctness may need nothing but compare-and-swap on one record; a batch is only faster.
/// Reads throw <see cref="StoreUnavailableException"/>; writes answer it as a value.
/// </summary>
public interface IStore
{
    ValueTask<StoredRecord?> GetAsync(RecordKey key, Consistency consistency, CancellationToken cancel);

    /// <summary>One snapshot, in key order, however many pages it took.</summary>
    ValueTask<Listing> ListAsync(RecordKind kind, Selector selector, Consistency consistency, CancellationToken cancel);

    /// <summary>
    /// Everything after <paramref name="from"/>, each record's changes in order; an event may come twice. Ends after
    /// Expired; cancellation throws as usual. States in between may be left out. A record that leaves the selection is
    /// told as Deleted.
    /// </summary>
    IAsyncEnumerable<WatchEvent> WatchAsync(RecordKind kind, Selector selector, Snapshot from, CancellationToken cancel);

    /// <summary>Each write stands alone: one result each, in order; those before a failed one may have happened.</summary>
    ValueTask<IReadOnlyList<WriteResult>> WriteAsync(IReadOnlyList<Write> writes, CancellationToken cancel);
}
