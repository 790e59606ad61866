using Romana.Ipam.Hosts;
using Romana.Ipam.Stores;

namespace Romana.Stores.Sqlite;

/// <summary>The one connection of a store that writes. Callers take turns.</summary>
internal sealed class SqliteWriter : IDisposable
{
    private readonly SqliteDatabase _database;
    private readonly SqliteRecords _records;
    private readonly SqliteChanges _changes;
    private readonly SqliteStatement _begin, _commit;
    private readonly Func<SqliteRefusal, string> _explain;
    private readonly StoreMark _mark;
    private readonly string _storeId;
    private readonly int _history;
    private bool _full = true;
    private long _sequence;

    public SqliteWriter(SqliteDatabase database, StoreMark mark, string storeId, int history, Func<SqliteRefusal, string> explain)
    {
        (_database, _mark, _storeId, _history, _explain) = (database, mark, storeId, history, explain);
        _database.Execute("PRAGMA synchronous=FULL");
        _records = new SqliteRecords(database);
        _changes = new SqliteChanges(database, storeId);
        _begin = database.Prepare("BEGIN IMMEDIATE");
        _commit = database.Prepare("COMMIT");
    }

    /// <summary>All in one transaction, each with its own outcome.</summary>
    public IReadOnlyList<WriteResult> Apply(IReadOnlyList<Write> writes)
    {
        // A beat that a power loss takes back is a beat not sent, and nothing is decided by an event; everything else
        // must outlive it (I10).
        var full = writes.Any(write => write.Key.Kind is not (RecordKind.Beat or RecordKind.Event));
        var results = new WriteResult[writes.Count];
        try
        {
            Synchronise(full);
            _begin.Run();
            var before = _sequence = _changes.Last().Sequence;
            for (var i = 0; i < results.Length; i++) results[i] = WriteOne(writes[i]);
            if (before / TrimEvery != _sequence / TrimEvery) _changes.Trim(_sequence - _history);
        }
        catch (SqliteRefusal refusal)
        {
            _database.RollBack();
            return Everywhere(results, new WriteResult.Unavailable(_explain(refusal)));
        }

        if (Commit() is { } failed) return Everywhere(results, failed);
        if (full) _mark.Write(_storeId, _sequence);
        return results;
    }

    /// <summary>One small change of the store's own rows, durable against power loss. Throws SqliteRefusal.</summary>
    public T Alter<T>(Func<SqliteDatabase, T> change)
    {
        try
        {
            Synchronise(full: true);
            _begin.Run();
            var result = change(_database);
            _commit.Run();
            return result;
        }
        finally
        {
            _database.RollBack();
        }
    }

    public void Dispose() => _database.Dispose();

    private long TrimEvery => Math.Max(1, _history / 10);

    private WriteResult? Commit()
    {
        try
        {
            _commit.Run();
            return null;
        }
        catch (SqliteRefusal refusal)
        {
            _database.RollBack();
            // An input/output error may come after the commit's last page was written: the next one to open the file may
            // find it done. The other refusals are told before anything is.
            return refusal.Primary == 10
                ? new WriteResult.Unknown(_explain(refusal))
                : new WriteResult.Unavailable(_explain(refusal));
        }
    }

    private static WriteResult[] Everywhere(WriteResult[] results, WriteResult result)
    {
        Array.Fill(results, result);
        return results;
    }

    private void Synchronise(bool full)
    {
        if (full == _full) return;
        _database.Execute(full ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=NORMAL");
        _full = full;
    }

    private WriteResult WriteOne(Write write) => ConditionalWrite.Judge(write, _records.Get(write.Key)) switch
    {
        ConditionalWrite.Put put => Put(put.Before, put.After),
        ConditionalWrite.Remove remove => Remove(remove.Before, write.Stamp),
        ConditionalWrite.Refused refused => refused.Result,
        _ => throw new NotSupportedException(write.GetType().Name),
    };

    private WriteResult.Committed Put(StoredRecord? before, StoredRecord after)
    {
        var sequence = ++_sequence;
        after = after with { Version = SqliteRecords.Version(sequence, after.Stamp) };
        _records.Put(after, sequence);
        _changes.Add(sequence, after, before?.Host ?? default, after.Host, deleted: false, after.Stamp);
        return new(after);
    }

    private WriteResult.Committed Remove(StoredRecord before, string stamp)
    {
        _records.Delete(before.Key);
        _changes.Add(++_sequence, before, before.Host, default(HostUid), deleted: true, stamp);
        return new(null);
    }
}
