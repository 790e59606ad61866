using Romana.Ipam.Attachments;
using Romana.Ipam.Stores;

namespace Romana.Stores.Sqlite;

public sealed record SqliteJournalOptions
{
    /// <summary>The database file, on a disk of this machine; made when it is not there.</summary>
    public required string Path { get; init; }

    /// <summary>How long opening waits for another agent to let go of the file.</summary>
    public TimeSpan LockTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Type of the file system that holds a path; replaced by tests, which have no NFS at hand.</summary>
    public Func<string, string?> FileSystemOf { get; init; } = FileSystems.TypeOf;
}

/// <summary>
/// The journal port over one SQLite file, held exclusively by its agent until that closes it or dies. What it holds is
/// kept in memory as well, so that the rules are those of <see cref="JournalState"/> and no commit reads the disk.
/// Any number of threads, one at a time.
/// </summary>
public sealed partial class SqliteJournal : IJournal
{
    /// <summary>
    /// Small pages, since a commit writes whole ones. 8 MB of them before they are moved to the database, since that is
    /// when the disk is waited for.
    /// </summary>
    private const int PageSize = 1024, PagesToCheckpoint = 8192;

    private static readonly SqliteSchema Schema = new("journal", 0x526f6d4a, 1, PageSize, JournalRows.Sql, (message, inner) =>
        inner is null ? new JournalUnavailableException(message) : new JournalUnavailableException(message, inner));

    private readonly Lock _gate = new();
    private readonly SqliteDatabase _database;
    private readonly JournalRows _rows;
    private readonly MemoryRows _memory;
    private readonly SqliteStatement _begin, _commit;
    private readonly string _path;
    private JournalState _state;
    private Durability? _durability;
    private string? _broken;

    private SqliteJournal(SqliteDatabase database, string path)
    {
        (_database, _path) = (database, path);
        database.Execute($"PRAGMA wal_autocheckpoint={PagesToCheckpoint}");
        _rows = new JournalRows(database);
        _memory = new MemoryRows(database);
        _begin = database.Prepare("BEGIN IMMEDIATE");
        _commit = database.Prepare("COMMIT");
        _state = JournalState.From(_rows.Load());
    }

    /// <exception cref="JournalUnavailableException">Says what is wrong, where, and what to do.</exception>
    public static SqliteJournal Open(SqliteJournalOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var path = Path.GetFullPath(options.Path);
        var opened = SqliteFile.Open(new SqliteFile.Request(
            Schema, path, Create: true, Exclusive: true, options.LockTimeout, options.FileSystemOf));
        try
        {
            return new SqliteJournal(opened.Database, path);
        }
        catch (Exception fault)
        {
            opened.Database.Dispose();
            throw fault switch
            {
                SqliteRefusal refusal => Schema.Fault(Schema.Explain(refusal, path), refusal),
                FormatException or InvalidOperationException or ArgumentException => Schema.Fault(
                    $"the journal {path} holds a row that cannot be ({fault.Message}): restore a backup, or move it away "
                    + "and restart the agent, which takes what the kernel shows", fault),
                _ => fault,
            };
        }
    }

    public JournalContents Load()
    {
        lock (_gate) return _state.Contents;
    }

    public JournalHead Commit(IReadOnlyList<JournalChange> changes, Durability durability)
    {
        ArgumentNullException.ThrowIfNull(changes);
        lock (_gate)
        {
            if (_broken is not null) throw new JournalUnavailableException(_broken);
            var after = Write(changes, durability);
            Finish();
            _state = after;
            return after.Head;
        }
    }

    public void Dispose()
    {
        lock (_gate) _database.Dispose();
    }

    private JournalState Write(IReadOnlyList<JournalChange> changes, Durability durability)
    {
        try
        {
            Synchronise(durability);
            _begin.Run();
            var after = _state.After(changes, _rows.Write);
            _rows.Head(after.Head);
            return after;
        }
        catch (Exception fault)
        {
            _database.RollBack();
            if (fault is SqliteRefusal refusal) throw new JournalUnavailableException(Schema.Explain(refusal, _path), refusal);
            throw;
        }
    }

    private void Finish()
    {
        try
        {
            _commit.Run();
        }
        catch (SqliteRefusal refusal)
        {
            _database.RollBack();
            var message = Schema.Explain(refusal, _path);
            // After an input/output error the commit may be found done by the next one to open the file: until that has
            // happened nothing more may be built on it not having been done.
            if (refusal.Primary == 10) _broken = $"{message}; restart the agent, so that it reads what the disk has";
            throw new JournalUnavailableException(message, refusal);
        }
    }

    /// <summary>FULL syncs this commit and with it every earlier one; NORMAL leaves it to the operating system.</summary>
    private void Synchronise(Durability durability)
    {
        if (durability == _durability) return;
        _database.Execute(durability == Durability.PowerLoss ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=NORMAL");
        _durability = durability;
    }
}
