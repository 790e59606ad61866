using System.Globalization;
using Romana.Ipam.Blocks;
using Romana.Ipam.Hosts;
using Romana.Ipam.Stores;

namespace Romana.Stores.Sqlite;

/// <summary>Rows of the record table over one connection. Reads and writes alike run inside the caller's transaction.</summary>
internal sealed class SqliteRecords(SqliteDatabase database)
{
    private const string Columns = "name, uid, seq, stamp, host, spec, status";

    private readonly SqliteStatement _get =
        database.Prepare($"SELECT {Columns} FROM record WHERE kind = ?1 AND name = ?2");

    private readonly SqliteStatement _listAll =
        database.Prepare($"SELECT {Columns} FROM record WHERE kind = ?1 ORDER BY name");

    private readonly SqliteStatement _listRange =
        database.Prepare($"SELECT {Columns} FROM record WHERE kind = ?1 AND name BETWEEN ?2 AND ?3 ORDER BY name");

    private readonly SqliteStatement _listHost =
        database.Prepare($"SELECT {Columns} FROM record WHERE kind = ?1 AND host = ?2 ORDER BY name");

    private readonly SqliteStatement _put = database.Prepare(
        $"INSERT INTO record (kind, {Columns}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (kind, name) DO UPDATE "
        + "SET seq = excluded.seq, stamp = excluded.stamp, host = excluded.host, spec = excluded.spec, status = excluded.status");

    private readonly SqliteStatement _delete = database.Prepare("DELETE FROM record WHERE kind = ?1 AND name = ?2");

    public StoredRecord? Get(RecordKey key)
    {
        if (!_get.Bind(1, (long)key.Kind).Bind(2, key.Name).Step()) return null;
        var record = Read(_get, key.Kind);
        _get.Reset();
        return record;
    }

    /// <summary>In key order, which BINARY collation and BlockKey make address order.</summary>
    public List<StoredRecord> List(RecordKind kind, Selector selector)
    {
        var rows = new List<StoredRecord>();
        if (Query(kind, selector) is not { } query) return rows;
        while (query.Step()) rows.Add(Read(query, kind));
        return rows;
    }

    public void Put(StoredRecord record, long sequence) => _put
        .Bind(1, (long)record.Key.Kind).Bind(2, record.Key.Name).Bind(3, record.Uid).Bind(4, sequence).Bind(5, record.Stamp)
        .Bind(6, record.Host.IsNone ? null : record.Host.Text).Bind(7, record.Spec).Bind(8, record.Status).Run();

    public void Delete(RecordKey key) => _delete.Bind(1, (long)key.Kind).Bind(2, key.Name).Run();

    /// <summary>The stamp is in it, so that versions of a restored file never meet those of its former life.</summary>
    public static RecordVersion Version(long sequence, string stamp) =>
        new(string.Create(CultureInfo.InvariantCulture, $"{sequence}:{stamp}"));

    private SqliteStatement? Query(RecordKind kind, Selector selector) => selector switch
    {
        Selector.All => _listAll.Bind(1, (long)kind),
        Selector.Group group =>
            _listRange.Bind(1, (long)kind).Bind(2, BlockKey.Of(group.Cidr.First)).Bind(3, BlockKey.Of(group.Cidr.Last)),
        Selector.OfHost of => of.Host.IsNone ? null : _listHost.Bind(1, (long)kind).Bind(2, of.Host.Text),
        _ => throw new NotSupportedException(selector.GetType().Name),
    };

    private static StoredRecord Read(SqliteStatement row, RecordKind kind) => new()
    {
        Key = new RecordKey(kind, row.Text(0)!),
        Uid = row.Text(1)!,
        Version = Version(row.Number(2), row.Text(3)!),
        Stamp = row.Text(3)!,
        Host = row.Text(4) is { } host ? new HostUid(host) : default,
        Spec = row.Text(5)!,
        Status = row.Text(6),
    };
}
