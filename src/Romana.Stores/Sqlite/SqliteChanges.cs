using System.Globalization;
using Romana.Ipam.Hosts;
using Romana.Ipam.Blocks;
using Romana.Ipam.Stores;

namespace Romana.Stores.Sqlite;

/// <summary>
/// The change log over one connection: which record changed, in order, without its content, which the record table has.
/// The last change is never trimmed, so that the log always knows where the store is.
/// </summary>
internal sealed class SqliteChanges(SqliteDatabase database, string storeId)
{
    /// <summary>Changes told between two bookmarks.</summary>
    private const int Page = 500;

    private readonly SqliteStatement _last = database.Prepare("SELECT seq, stamp FROM change ORDER BY seq DESC LIMIT 1");
    private readonly SqliteStatement _at = database.Prepare("SELECT stamp FROM change WHERE seq = ?1");
    private readonly SqliteStatement _first = database.Prepare("SELECT seq FROM change ORDER BY seq LIMIT 1");

    private readonly SqliteStatement _after = database.Prepare(
        "SELECT seq, kind, name, uid, stamp, host_before, host_after, deleted FROM change WHERE seq > ?1 ORDER BY seq LIMIT ?2");

    private readonly SqliteStatement _add = database.Prepare(
        "INSERT INTO change (seq, kind, name, uid, stamp, host_before, host_after, deleted) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)");

    private readonly SqliteStatement _trim = database.Prepare("DELETE FROM change WHERE seq <= ?1");

    /// <summary>Sequence and stamp of the last change; 0 in an untouched store.</summary>
    public (long Sequence, string Stamp) Last()
    {
        if (!_last.Step()) return (0, "");
        var last = (_last.Number(0), _last.Text(1)!);
        _last.Reset();
        return last;
    }

    public Snapshot Snapshot() => Last() is var (sequence, stamp) ? SnapshotAt(sequence, stamp) : default;

    public void Add(long sequence, StoredRecord record, HostUid before, HostUid after, bool deleted, string stamp) => _add
        .Bind(1, sequence).Bind(2, (long)record.Key.Kind).Bind(3, record.Key.Name).Bind(4, record.Uid).Bind(5, stamp)
        .Bind(6, before.IsNone ? null : before.Text).Bind(7, after.IsNone ? null : after.Text).Bind(8, deleted ? 1 : 0).Run();

    public void Trim(long upTo) => _trim.Bind(1, upTo).Run();

    /// <summary>Null: the log does not reach back that far, or never was there.</summary>
    public SqliteNews? Since(RecordKind kind, Selector selector, Snapshot from, SqliteRecords records)
    {
        if (Find(from) is not { } sequence) return null;
        var (events, count, upTo) = (new List<WatchEvent>(), 0, from);
        var query = _after.Bind(1, sequence).Bind(2, Page);
        while (query.Step())
        {
            count++;
            upTo = SnapshotAt(query.Number(0), query.Text(4)!);
            if (query.Number(1) == (long)kind && Told(query, new RecordKey(kind, query.Text(2)!), selector, records) is { } told)
                events.Add(told);
        }

        return new SqliteNews(events, upTo, count == Page);
    }

    /// <summary>A later change of the same record tells its state; this one is then silent.</summary>
    private static WatchEvent? Told(SqliteStatement row, RecordKey key, Selector selector, SqliteRecords records)
    {
        var (before, after) = (Host(row.Text(5)), Host(row.Text(6)));
        if (row.Number(7) == 0 && Selects(selector, key, after))
        {
            var version = SqliteRecords.Version(row.Number(0), row.Text(4)!);
            return records.Get(key) is { } now && now.Version == version ? new WatchEvent.Put(now) : null;
        }

        return Selects(selector, key, before) ? new WatchEvent.Deleted(key, row.Text(3)!) : null;
    }

    private static HostUid Host(string? text) => text is null ? default : new HostUid(text);

    private static bool Selects(Selector selector, RecordKey key, HostUid host) => selector switch
    {
        Selector.All => true,
        Selector.OfHost of => !of.Host.IsNone && of.Host == host,
        Selector.Group group => string.CompareOrdinal(BlockKey.Of(group.Cidr.First), key.Name) <= 0
            && string.CompareOrdinal(key.Name, BlockKey.Of(group.Cidr.Last)) <= 0,
        _ => throw new NotSupportedException(selector.GetType().Name),
    };

    private Snapshot SnapshotAt(long sequence, string stamp) =>
        new(string.Create(CultureInfo.InvariantCulture, $"{storeId}:{sequence}:{stamp}"));

    /// <summary>The stamp must match too: after a restore the same numbers are given to other changes.</summary>
    private long? Find(Snapshot from)
    {
        var parts = from.Text.Split(':', 3);
        if (parts.Length != 3 || parts[0] != storeId
            || !long.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var sequence))
            return null;
        if (sequence == 0) return FirstKept() <= 1 ? 0 : null;
        if (!_at.Bind(1, sequence).Step()) return null;
        var stamp = _at.Text(0);
        _at.Reset();
        return stamp == parts[2] ? sequence : null;
    }

    private long FirstKept()
    {
        if (!_first.Step()) return 0;
        var first = _first.Number(0);
        _first.Reset();
        return first;
    }
}

/// <param name="UpTo">Everything up to here is in <paramref name="Events"/>.</param>
/// <param name="More">There may be more at once.</param>
internal sealed record SqliteNews(List<WatchEvent> Events, Snapshot UpTo, bool More);
