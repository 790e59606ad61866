using Romana.Ipam.Attachments;

namespace Romana.Ipam.Stores;

/// <summary>The journal port in memory. Lives as long as the object: a test's crash keeps <see cref="State"/>.</summary>
public sealed class InMemoryJournal : IJournal
{
    private readonly Lock _gate = new();
    private JournalState _state = JournalState.Empty;
    private JournalState _synced = JournalState.Empty;

    /// <summary>What the disk would hold; set it to restore a backup.</summary>
    public JournalState State
    {
        get => _state;
        set => _state = _synced = value;
    }

    public JournalContents Load()
    {
        lock (_gate) return _state.Contents;
    }

    public JournalHead Commit(IReadOnlyList<JournalChange> changes, Durability durability)
    {
        lock (_gate)
        {
            _state = _state.After(changes);
            if (durability == Durability.PowerLoss) _synced = _state;
            return _state.Head;
        }
    }

    /// <summary>The worst that a power loss may do: what came after the last commit that was to survive one is gone.</summary>
    public void LosePower()
    {
        lock (_gate) _state = _synced;
    }

    public void Dispose() { }
}
