using Romana.Ipam.Attachments;
using Romana.Ipam.Hosts;
using Romana.Ipam.Stores;

namespace Romana.Stores.Sqlite;

// The journal's file keeps what the agent read of the store too: one file to lock, to back up and to put back, so that a
// copy brings neither without the other.
public sealed partial class SqliteJournal
{
    /// <summary>Rows of one transaction: pods' commits take turns with them.</summary>
    private const int Batch = 500;

    /// <summary>Null: nothing was remembered yet.</summary>
    /// <exception cref="JournalUnavailableException"/>
    public StoreMemory? Recall()
    {
        lock (_gate) return Guarded(_memory.Load);
    }

    /// <summary>Adds and takes away; survives kill -9. It does not touch the journal's counter, which counts what pods have.</summary>
    /// <exception cref="JournalUnavailableException">Part of it may be there: to be said again.</exception>
    public void Remember(HostUid own, DateTimeOffset confirmed, IReadOnlyCollection<RememberedRecord> puts, IReadOnlyCollection<RecordKey> gone)
    {
        ArgumentNullException.ThrowIfNull(puts);
        ArgumentNullException.ThrowIfNull(gone);
        foreach (var some in puts.Chunk(Batch)) InTurn(() => Array.ForEach(some, _memory.Put));
        InTurn(() =>
        {
            foreach (var key in gone) _memory.Remove(key);
            _memory.Head(own, confirmed);
        });
    }

    /// <summary>What was read of the store counts no more.</summary>
    /// <exception cref="JournalUnavailableException"/>
    public void Forget() => InTurn(_memory.Clear);

    private void InTurn(Action write)
    {
        lock (_gate)
        {
            if (_broken is not null) throw new JournalUnavailableException(_broken);
            Guarded(() =>
            {
                Synchronise(Durability.ProcessCrash);
                _begin.Run();
                write();
                return true;
            });
            Finish();
        }
    }

    private T Guarded<T>(Func<T> work)
    {
        try
        {
            return work();
        }
        catch (SqliteRefusal refusal)
        {
            _database.RollBack();
            throw new JournalUnavailableException(Schema.Explain(refusal, _path), refusal);
        }
    }
}
