using System.Collections.Immutable;
using Romana.Ipam.Addressing;
using Romana.Ipam.Blocks;

namespace Romana.Ipam.Attachments;

/// <summary>One pod's wish for an address per family, all or nothing (I9).</summary>
public sealed record AddressRequest
{
    public required AttachmentKey Key { get; init; }

    /// <summary>The namespace.</summary>
    public string? Tenant { get; init; }

    public string? Segment { get; init; }

    public ImmutableArray<IpFamily> Families { get; init; } = [IpFamily.IPv4];
}

public enum ShortageReason
{
    /// <summary>No network of the family serves this tenant here.</summary>
    NoNetwork,

    /// <summary>Every block is full or bound to another owner.</summary>
    NoBlock,

    /// <summary>There is a block, but no table sends it here yet.</summary>
    NotRouted,

    /// <summary>Every free address was given back less than five seconds ago.</summary>
    TooYoung,

    /// <summary>The journal is a restored copy and the store has not confirmed its blocks yet.</summary>
    Doubted,

    /// <summary>The pod has an address already, of a block that this host does not hold any more.</summary>
    Lost,
}

public abstract record AddressOutcome
{
    private AddressOutcome() { }

    /// <param name="Rows">One per family, in the order asked for; the same ones again when asked again (I8).</param>
    /// <param name="EarlyReuse">Addresses that were handed out again before their reuse delay since nothing else was to be had: an event.</param>
    public sealed record Attached(ImmutableArray<JournalAttachment> Rows, ImmutableArray<IpAddress> EarlyReuse) : AddressOutcome;

    /// <summary>Nothing was taken. CNI error code 11: try again later (CNI spec, "Error").</summary>
    public sealed record Refused(ShortageReason Reason, IpFamily Family, string Message) : AddressOutcome
    {
        public const int CniCode = 11;
    }
}

/// <summary>How an agent's life begins.</summary>
public sealed record BookOpening
{
    public required DateTimeOffset Now { get; init; }

    /// <summary>/proc/sys/kernel/random/boot_id.</summary>
    public required string BootId { get; init; }

    /// <summary>The store knows a later counter of this journal: it is a restored copy.</summary>
    public bool JournalRestored { get; init; }

    /// <summary>
    /// Nobody can say that the journal's blocks are still this host's: they serve nothing new until the store has
    /// confirmed each. Pods that stand go on.
    /// </summary>
    public bool Unconfirmed { get; init; }

    /// <summary>
    /// What the runtime shows; null when it could not be asked, which ends nothing. Rows of a former boot, or of
    /// a restored journal, that are neither in it nor in <see cref="InUse"/> are over.
    /// </summary>
    public IReadOnlySet<AttachmentKey>? Running { get; init; }

    /// <summary>What the kernel shows. It outweighs the journal, which may be a copy from before those pods were started.</summary>
    public ImmutableArray<SeenAttachment> InUse { get; init; } = [];
}

/// <summary>An address that a pod of this host has, whatever the journal says.</summary>
/// <param name="Owner">Null when it is not known: then its block serves nobody else's pods while it is there.</param>
public sealed record SeenAttachment(AttachmentKey Key, IpAddress Address, Owner? Owner = null);
