using System.Collections.Immutable;
using Romana.Ipam.Addressing;
using Romana.Ipam.Hosts;

namespace Romana.Ipam.Blocks;

/// <summary>Who shares a block: all pods of a host (both null), a tenant, or a tenant's segment.</summary>
public sealed record Owner(string? Tenant = null, string? Segment = null)
{
    public static readonly Owner Host = new();

    public override string ToString() => Tenant is null ? "host" : Segment is null ? Tenant : $"{Tenant}:{Segment}";
}

public enum BlockIntent
{
    Free,
    Lent,
    Recall,
}

public enum BlockPhase
{
    Accepted,
    Returned,
}

/// <summary>The controller's half of a block slot. The record is never deleted; its epoch only grows.</summary>
public sealed record BlockSpec
{
    public required Cidr Cidr { get; init; }
    public required string Network { get; init; }

    /// <summary>CIDR of the leaf group.</summary>
    public required Cidr Group { get; init; }

    /// <summary>Holder; none on a Free slot.</summary>
    public HostUid Host { get; init; }

    /// <summary>Grows by one with every grant.</summary>
    public required long Epoch { get; init; }

    /// <summary>Topology generation of the grant.</summary>
    public required long Generation { get; init; }

    public required BlockIntent Intent { get; init; }

    /// <summary>A Free slot may be granted again from this instant on.</summary>
    public DateTimeOffset? FreeAfter { get; init; }

    /// <summary>Equal to the epoch once every managed table sends the block to its host or to a router that passes it on.</summary>
    public long RoutedEpoch { get; init; }

    /// <summary>
    /// Why a Recall: the id of the topology proposal that wants the space (if that is withdrawn the block is lent again),
    /// <see cref="Death"/> when its host died, else null.
    /// </summary>
    public string? RecalledFor { get; init; }

    /// <summary>The host was proved dead and the epoch raised: what its agent says of the block counts no more (I12).</summary>
    public const string Death = "death";
}

/// <summary>The holder's half of a block slot; it counts only while epoch and host match the spec's.</summary>
public sealed record BlockStatus
{
    public required HostUid Host { get; init; }
    public required long Epoch { get; init; }
    public required BlockPhase Phase { get; init; }

    /// <summary>Null on an accepted, unbound spare.</summary>
    public Owner? Owner { get; init; }

    /// <summary>Addresses handed out.</summary>
    public int InUse { get; init; }

    /// <summary>Addresses that may be handed out now or after their delay.</summary>
    public int Free { get; init; }

    /// <summary>The holder's word on the open proposal.</summary>
    public ProposalAnswer? Answer { get; init; }
}

/// <param name="Refusals">Why not: addresses that a reserved range or a black-out of the proposal would cover; empty = agreed.</param>
public sealed record ProposalAnswer(string ProposalId, ImmutableArray<string> Refusals);
