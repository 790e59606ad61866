using Romana.Ipam.Attachments;
using Romana.Ipam.Stores;

namespace Romana.Node.Agent.Memory;

/// <summary>A journal that tells its mark of every commit. It does not own the journal.</summary>
internal sealed class MarkedJournal(IJournal journal, JournalMark mark) : IJournal
{
    public JournalContents Load() => journal.Load();

    public JournalHead Commit(IReadOnlyList<JournalChange> changes, Durability durability)
    {
        var head = journal.Commit(changes, durability);
        mark.Reach(head.Counter);
        return head;
    }

    public void Dispose()
    {
        // Whoever opened the two closes them.
    }
}
