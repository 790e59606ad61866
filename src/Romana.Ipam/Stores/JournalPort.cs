using Romana.Ipam.Addressing;
using Romana.Ipam.Attachments;

namespace Romana.Ipam.Stores;

/// <summary>Everything a journal holds, read once at start.</summary>
public sealed record JournalContents(
    JournalHead Head,
    IReadOnlyList<JournalBlock> Blocks,
    IReadOnlyList<JournalAttachment> Attachments,
    IReadOnlyList<JournalRelease> Releases);

public abstract record JournalChange
{
    private JournalChange() { }

    /// <summary>Adds or replaces by CIDR.</summary>
    public sealed record PutBlock(JournalBlock Block) : JournalChange;

    public sealed record RemoveBlock(Cidr Cidr) : JournalChange;

    /// <summary>
    /// Adds. The address must be unused, and the key unused before this commit (dual stack: two rows, one commit), or the
    /// commit throws InvalidOperationException and nothing of it happened.
    /// </summary>
    public sealed record Attach(JournalAttachment Attachment) : JournalChange;

    /// <summary>Removes all rows of the key.</summary>
    public sealed record Detach(AttachmentKey Key) : JournalChange;

    /// <summary>Adds or replaces by address.</summary>
    public sealed record Release(JournalRelease Row) : JournalChange;

    public sealed record ForgetRelease(IpAddress Address) : JournalChange;

    public sealed record SetBoot(string BootId) : JournalChange;

    public sealed record SetRestored(DateTimeOffset At) : JournalChange;
}

public enum Durability
{
    /// <summary>Survives kill -9: attachments, which do not outlive the boot anyway.</summary>
    ProcessCrash,

    /// <summary>Survives power loss: acceptances and returns.</summary>
    PowerLoss,
}

/// <summary>The journal cannot be read or written. Message: what, where, remedy.</summary>
public sealed class JournalUnavailableException : IOException
{
    public JournalUnavailableException() { }
    public JournalUnavailableException(string message) : base(message) { }
    public JournalUnavailableException(string message, Exception inner) : base(message, inner) { }
}

/// <summary>
/// A host's own durable memory of its blocks and attachments. One process, one writer. A commit is all or nothing and
/// durable, as asked, when it returns (I10); it throws <see cref="JournalUnavailableException"/> or did all of it.
/// </summary>
public interface IJournal : IDisposable
{
    JournalContents Load();

    /// <summary>Returns the new head; its counter grew by one.</summary>
    JournalHead Commit(IReadOnlyList<JournalChange> changes, Durability durability);
}
