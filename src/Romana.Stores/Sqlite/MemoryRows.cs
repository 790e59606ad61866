using Romana.Ipam.Hosts;
using Romana.Ipam.Stores;

namespace Romana.Stores.Sqlite;

/// <summary>One record of the store as its reader needs it again: no version, since nothing is written by it.</summary>
public sealed record RememberedRecord(RecordKey Key, string Spec, string? Status);

/// <summary>What a host's agent last read of the store.</summary>
/// <param name="Own">The host that read it.</param>
/// <param name="Confirmed">When the store last showed that host's blocks.</param>
public sealed record StoreMemory(HostUid Own, DateTimeOffset Confirmed, IReadOnlyList<RememberedRecord> Records);

/// <summary>
/// The store's records in the journal's file, for a start while the store is away. Another format's rows are nobody's: they
/// go, and the store is asked.
/// </summary>
internal sealed class MemoryRows
{
    private const int Format = 1;

    private const string Sql = """
        CREATE TABLE IF NOT EXISTS memory (kind TEXT, name TEXT, spec TEXT NOT NULL, status TEXT, PRIMARY KEY (kind, name)) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS memory_head (id INTEGER PRIMARY KEY CHECK (id = 0), format INTEGER NOT NULL, own TEXT NOT NULL, confirmed INTEGER NOT NULL)
        """;

    private readonly SqliteDatabase _database;
    private readonly SqliteStatement _put, _remove, _head;

    public MemoryRows(SqliteDatabase database)
    {
        _database = database;
        database.Execute(Sql);
        _put = database.Prepare("REPLACE INTO memory VALUES (?1, ?2, ?3, ?4)");
        _remove = database.Prepare("DELETE FROM memory WHERE kind = ?1 AND name = ?2");
        _head = database.Prepare($"REPLACE INTO memory_head VALUES (0, {Format}, ?1, ?2)");
    }

    /// <summary>Null: nothing was read yet, or by a program that wrote it otherwise.</summary>
    public StoreMemory? Load()
    {
        using var head = _database.PrepareOnce("SELECT format, own, confirmed FROM memory_head");
        if (!head.Step() || head.Number(0) != Format) return null;
        var (own, confirmed) = (head.Text(1)!, head.Number(2));
        var records = new List<RememberedRecord>();
        using var rows = _database.PrepareOnce("SELECT kind, name, spec, status FROM memory ORDER BY kind, name");
        while (rows.Step())
        {
            if (Enum.TryParse<RecordKind>(rows.Text(0), out var kind)) records.Add(new(new RecordKey(kind, rows.Text(1)!), rows.Text(2)!, rows.Text(3)));
        }

        return new StoreMemory(new HostUid(own), new DateTimeOffset(confirmed, TimeSpan.Zero), records);
    }

    public void Put(RememberedRecord record) =>
        _put.Bind(1, record.Key.Kind.ToString()).Bind(2, record.Key.Name).Bind(3, record.Spec).Bind(4, record.Status).Run();

    public void Remove(RecordKey key) => _remove.Bind(1, key.Kind.ToString()).Bind(2, key.Name).Run();

    public void Head(HostUid own, DateTimeOffset confirmed) => _head.Bind(1, own.Text).Bind(2, confirmed.UtcTicks).Run();

    public void Clear() => _database.Execute("DELETE FROM memory; DELETE FROM memory_head");
}
