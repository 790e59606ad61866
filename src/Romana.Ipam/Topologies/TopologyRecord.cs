using System.Collections.Immutable;
using Romana.Ipam.Addressing;
using Romana.Ipam.Stores;

namespace Romana.Ipam.Topologies;

/// <summary>A range of a network that is cut into slots of one size. A changed block_mask opens a new one.</summary>
public sealed record Arena(string Network, Cidr Cidr, int BlockMask);

/// <summary>An open topology change: agents of touched blocks agree or refuse; the leader commits or withdraws.</summary>
public sealed record TopologyProposal
{
    public required string Id { get; init; }
    public required string Document { get; init; }
    public required ImmutableArray<Arena> Arenas { get; init; }
    public ImmutableArray<Cidr> BlackOuts { get; init; } = [];
    public required DateTimeOffset Deadline { get; init; }
}

/// <summary>
/// The store may have lost writes (empty, restored from a copy, or a host holds what it lacks). While a review stands
/// nothing is granted and no agent accepts a block; it ends when every known host has reported what it holds.
/// </summary>
/// <param name="Rewind">The going back in time that it was opened for; null for another reason.</param>
public sealed record StoreReview(string Id, DateTimeOffset Since, string Reason, string? Rewind = null);

/// <summary>The committed topology and the one open proposal. Key: "topology". No status: the controller owns all of it.</summary>
public sealed record TopologySpec
{
    /// <summary>The document as the user wrote it, as JSON text.</summary>
    public required string Document { get; init; }

    /// <summary>Grows by one with every commit.</summary>
    public required long Generation { get; init; }

    public required ImmutableArray<Arena> Arenas { get; init; }
    public ImmutableArray<Cidr> BlackOuts { get; init; } = [];
    public TopologyProposal? Proposal { get; init; }
    public StoreReview? Review { get; init; }

    /// <summary>No grant gets a smaller epoch: after a review, one more than any that a journal knows.</summary>
    public long EpochFloor { get; init; }

    /// <summary>
    /// When the last review of a store that may have forgotten grants ended; null if there was none. Until then such a
    /// grant's addresses may have been in use: what is not lent rests one reuse delay from here on (I6).
    /// </summary>
    public DateTimeOffset? ReviewEnded { get; init; }

    public ImmutableArray<Condition> Conditions { get; init; } = [];
}

/// <summary>For records without a status half.</summary>
public sealed record NoStatus;
