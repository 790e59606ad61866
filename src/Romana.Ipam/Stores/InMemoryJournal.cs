using Romana.Ipam.Attachments;

namespace Romana.Ipam.Stores;

/// <summary>The journal port in memory. Lives as long as the object: a test's crash keeps <see cref="State"/>.</summary>
public sealed class InMemoryJournal : IJournal
{
    private readonly Lock _gate = new();

    /// <summary>What the disk would hold; set it to restore a backup.</summary>
    public JournalState State { get; set; } = JournalState.Empty;

    public JournalContents Load()
    {
        lock (_gate) return State.Contents;
    }

    public JournalHead Commit(IReadOnlyList<JournalChange> changes, Durability durability)
    {
        lock (_gate) return (State = State.After(changes)).Head;
    }

    public void Dispose() { }
}
