using Romana.Ipam.Addressing;
using Romana.Ipam.Blocks;

namespace Romana.Ipam.Attachments;

/// <summary>The key of one pod's addresses on a host: CNI_CONTAINERID and CNI_IFNAME (CNI spec, "Parameters").</summary>
public readonly record struct AttachmentKey(string ContainerId, string Interface)
{
    public override string ToString() => $"{ContainerId}/{Interface}";
}

/// <summary>A block as its holder's journal knows it.</summary>
/// <param name="Owner">Null while it is an unbound spare.</param>
public sealed record JournalBlock(Cidr Cidr, string Network, long Epoch, Owner? Owner, bool Returned)
{
    /// <summary>On an announced network: a fabric sends it here. A start without a store goes on serving what was routed.</summary>
    public bool Routed { get; init; }

    /// <summary>Asked back: nothing new is taken from it.</summary>
    public bool Recalled { get; init; }

    /// <summary>The journal is a restored copy and the store has not said since that this host holds the block: it serves nothing new.</summary>
    public bool Doubted { get; init; }

    /// <summary>
    /// Id of the topology proposal that the agent agreed to and that excludes other addresses of this block: nothing is
    /// taken from it but by somebody who knows that proposal's exclusions. Null when there is none.
    /// </summary>
    public string? AgreedTo { get; init; }
}

/// <summary>One address handed out. Dual stack = two rows under one key, written in one commit (I9).</summary>
public sealed record JournalAttachment(AttachmentKey Key, IpAddress Address, string Network, Owner Owner, DateTimeOffset Since);

/// <summary>An address that was given back and waits for its reuse delay.</summary>
public sealed record JournalRelease(IpAddress Address, DateTimeOffset At);

/// <param name="BootId">/proc/sys/kernel/random/boot_id of the boot that wrote the rows.</param>
/// <param name="Counter">Grows with every commit; reported to the store, so that a restored journal is noticed.</param>
/// <param name="RestoredAt">When an agent last found it to be a restored copy: what it had accepted before, it may not know.</param>
public sealed record JournalHead(string BootId, long Counter, DateTimeOffset? RestoredAt = null);
