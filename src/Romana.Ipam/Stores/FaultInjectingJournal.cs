using Romana.Ipam.Attachments;

namespace Romana.Ipam.Stores;

/// <summary>A journal that refuses or whose process dies around a commit, as the plan says. All or nothing still holds.</summary>
public sealed class FaultInjectingJournal(IJournal inner, FaultPlan plan) : IJournal
{
    public JournalContents Load() => plan.Draw(StoreFault.Unavailable) == StoreFault.None
        ? inner.Load()
        : throw new JournalUnavailableException("injected: load");

    public JournalHead Commit(IReadOnlyList<JournalChange> changes, Durability durability)
    {
        switch (plan.Draw(StoreFault.Unavailable, StoreFault.CrashBefore, StoreFault.CrashAfter))
        {
            case StoreFault.Unavailable:
                throw new JournalUnavailableException("injected: commit");
            case StoreFault.CrashBefore:
                throw new SimulatedCrashException("before the commit");
            case StoreFault.CrashAfter:
                inner.Commit(changes, durability);
                throw new SimulatedCrashException("after the commit");
            default:
                return inner.Commit(changes, durability);
        }
    }

    public void Dispose() => inner.Dispose();
}
