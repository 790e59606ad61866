using System.Globalization;
using System.Runtime.CompilerServices;
using Romana.Ipam.Stores;

namespace Romana.Stores.Sqlite;

/// <summary>
/// The store port over one SQLite file that any number of processes of this machine share (WAL, BEGIN IMMEDIATE, no
/// network file systems). Grants, acceptances, topology and ledgers are durable against power loss when answered, beats
/// against kill -9. Calls block their thread for the time of the disk.
/// </summary>
public sealed class SqliteStore : IStore, IStoreStanding, IDisposable
{
    private static readonly SqliteSchema Schema = new("store", 0x526f6d53, 1, 4096, """
        CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
        INSERT INTO meta VALUES ('store_id', lower(hex(randomblob(16)))), ('standing', 'New'), ('term', '0');
        CREATE TABLE record (kind INTEGER, name TEXT, uid TEXT NOT NULL, seq INTEGER NOT NULL, stamp TEXT NOT NULL, host TEXT,
            spec TEXT NOT NULL, status TEXT, PRIMARY KEY (kind, name)) WITHOUT ROWID;
        CREATE INDEX record_host ON record (kind, host) WHERE host IS NOT NULL;
        CREATE TABLE change (seq INTEGER PRIMARY KEY, kind INTEGER NOT NULL, name TEXT NOT NULL, uid TEXT NOT NULL,
            stamp TEXT NOT NULL, host_before TEXT, host_after TEXT, deleted INTEGER NOT NULL)
        """, (message, inner) => inner is null ? new StoreUnavailableException(message) : new StoreUnavailableException(message, inner));

    private readonly SqliteStoreOptions _options;
    private readonly Lock _writeGate = new(), _readGate = new();
    private readonly SqliteWriter _writer;
    private readonly SqliteDatabase _reader;
    private readonly SqliteRecords _records;
    private readonly SqliteChanges _changes;
    private readonly StoreMark _mark;
    private TaskCompletionSource _changed = NewSignal();

    private SqliteStore(SqliteStoreOptions options, SqliteFile.Opened writer, SqliteDatabase reader)
    {
        (_options, _reader, CreatedNow) = (options, reader, writer.Created);
        StoreId = Meta("store_id");
        _mark = new StoreMark(options.Path);
        // The note first: a commit between the two readings must not look like a rewind.
        var mark = _mark.Read();
        (_records, _changes) = (new SqliteRecords(reader), new SqliteChanges(reader, StoreId));
        _writer = new SqliteWriter(writer.Database, _mark, StoreId, options.History, Explain);
        var last = _changes.Last().Sequence;
        if (mark is var (id, sequence) ? id != StoreId || sequence > last : _mark.IsKept && last > 0) SetStanding(StoreStanding.Rewound, last);
        else if (mark is null) _mark.Write(StoreId, last);
    }

    public string Path => _options.Path;

    public string StoreId { get; }

    /// <summary>The file was not there before this object was.</summary>
    public bool CreatedNow { get; }

    public StoreStanding Standing
    {
        get
        {
            lock (_readGate) return Read(() => Enum.Parse<StoreStanding>(Meta("standing")));
        }
    }

    /// <exception cref="StoreUnavailableException">Says what is wrong, where, and what to do.</exception>
    public static SqliteStore Open(SqliteStoreOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options = options with { Path = System.IO.Path.GetFullPath(options.Path) };
        var request = new SqliteFile.Request(
            Schema, options.Path, options.Create, Exclusive: false, options.LockTimeout, options.FileSystemOf);
        var writer = SqliteFile.Open(request);
        SqliteDatabase? reader = null;
        try
        {
            reader = SqliteFile.Open(request with { Create = false }).Database;
            return new SqliteStore(options, writer, reader);
        }
        catch (Exception fault)
        {
            reader?.Dispose();
            writer.Database.Dispose();
            if (fault is SqliteRefusal refusal) throw Schema.Fault(Schema.Explain(refusal, options.Path), refusal);
            throw;
        }
    }

    public string? Rewind
    {
        get
        {
            lock (_readGate) return Read(() => _reader.Scalar("SELECT value FROM meta WHERE name = 'rewind'"));
        }
    }

    public ValueTask TrustAsync(CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        long last;
        lock (_readGate) last = Read(() => _changes.Last().Sequence);
        SetStanding(StoreStanding.Trusted, last);
        return ValueTask.CompletedTask;
    }

    public ValueTask<StoredRecord?> GetAsync(RecordKey key, Consistency consistency, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        lock (_readGate) return ValueTask.FromResult(Read(() => _records.Get(key)));
    }

    public ValueTask<Listing> ListAsync(RecordKind kind, Selector selector, Consistency consistency, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        lock (_readGate)
            return ValueTask.FromResult(AtOneInstant(() => new Listing(_records.List(kind, selector), _changes.Snapshot())));
    }

    public ValueTask<IReadOnlyList<WriteResult>> WriteAsync(IReadOnlyList<Write> writes, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(writes);
        cancel.ThrowIfCancellationRequested();
        IReadOnlyList<WriteResult> results;
        lock (_writeGate) results = _writer.Apply(writes);
        Interlocked.Exchange(ref _changed, NewSignal()).TrySetResult();
        return ValueTask.FromResult(results);
    }

    public async IAsyncEnumerable<WatchEvent> WatchAsync(
        RecordKind kind, Selector selector, Snapshot from, [EnumeratorCancellation] CancellationToken cancel)
    {
        using var poll = new PeriodicTimer(_options.PollInterval, _options.Time);
        var tick = poll.WaitForNextTickAsync(cancel).AsTask();
        while (true)
        {
            cancel.ThrowIfCancellationRequested();
            // Signal and version are taken before the reading, so that what comes after it is not slept through.
            var changed = Volatile.Read(ref _changed).Task;
            var version = DataVersion();
            var news = NewsSince(kind, selector, from);
            if (news is null)
            {
                yield return new WatchEvent.Expired();
                yield break;
            }

            foreach (var told in news.Events) yield return told;
            if (news.UpTo != from) yield return new WatchEvent.Bookmark(news.UpTo);
            from = news.UpTo;
            while (!news.More && !changed.IsCompleted && version == DataVersion())
            {
                if (await Task.WhenAny(changed, tick).ConfigureAwait(false) != tick) break;
                await tick.ConfigureAwait(false);
                tick = poll.WaitForNextTickAsync(cancel).AsTask();
            }
        }
    }

    public void Dispose()
    {
        lock (_writeGate) _writer.Dispose();
        lock (_readGate) _reader.Dispose();
        _mark.Dispose();
    }

    /// <summary>The next term's number; never the same twice, not after power loss either.</summary>
    internal long NextTerm() => Alter(database =>
    {
        database.Execute("UPDATE meta SET value = CAST(value + 1 AS TEXT) WHERE name = 'term'");
        return long.Parse(database.Scalar("SELECT value FROM meta WHERE name = 'term'")!, CultureInfo.InvariantCulture);
    });

    private void SetStanding(StoreStanding standing, long last)
    {
        Alter(database =>
        {
            database.Execute($"UPDATE meta SET value = '{standing}' WHERE name = 'standing'");
            if (standing == StoreStanding.Rewound) database.Execute("INSERT OR REPLACE INTO meta VALUES ('rewind', lower(hex(randomblob(8))))");
            return 0;
        });
        if (standing == StoreStanding.Rewound) _mark.GoBack(StoreId, last);
        else _mark.Write(StoreId, last);
    }

    private T Alter<T>(Func<SqliteDatabase, T> change)
    {
        lock (_writeGate)
        {
            try
            {
                return _writer.Alter(change);
            }
            catch (SqliteRefusal refusal)
            {
                throw new StoreUnavailableException(Explain(refusal), refusal);
            }
        }
    }

    private SqliteNews? NewsSince(RecordKind kind, Selector selector, Snapshot from)
    {
        lock (_readGate) return AtOneInstant(() => _changes.Since(kind, selector, from, _records));
    }

    /// <summary>Changes when another connection commits: ours that writes, or another process'.</summary>
    private string DataVersion()
    {
        lock (_readGate) return Read(() => _reader.Scalar("PRAGMA data_version")!);
    }

    private string Meta(string name) => _reader.Scalar($"SELECT value FROM meta WHERE name = '{name}'")
        ?? throw new StoreUnavailableException($"the store {Path} lacks its '{name}': restore a backup or start with an empty one");

    private T AtOneInstant<T>(Func<T> read) => Read(() =>
    {
        _reader.Execute("BEGIN");
        return read();
    });

    private T Read<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (SqliteRefusal refusal)
        {
            throw new StoreUnavailableException(Explain(refusal), refusal);
        }
        finally
        {
            _reader.RollBack();
        }
    }

    private string Explain(SqliteRefusal refusal) => Schema.Explain(refusal, Path);

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
