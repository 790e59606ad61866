using Romana.Ipam.Addressing;
using Romana.Ipam.Blocks;
using Romana.Ipam.Hosts;
using Romana.Ipam.Planning;
using Romana.Ipam.Topologies;

namespace Romana.Ipam.Attachments;

/// <summary>
/// What an agent read before it decides about one block, each record linearizably and in this order: own host record,
/// block, topology. A proposal that is not in the topology was written after the block was read, so its leader's
/// listing shows the block. And a host that was admitted before the block was read was admitted before it could be
/// taken back without its word. Any other order leaves a gap in which both sides are in the right.
/// </summary>
public sealed record BlockReading
{
    public required BlockSpec Block { get; init; }

    /// <summary>The record's other half as it was read; what this host itself said of the grant there may be later than a restored journal.</summary>
    public BlockStatus? Said { get; init; }

    /// <summary>The agent's own host record; null when there is none.</summary>
    public HostSpec? Own { get; init; }

    public TopologySpec? Topology { get; init; }

    /// <summary>Of <see cref="Topology"/>.</summary>
    public CommittedSpace? Space { get; init; }
}

/// <summary>What the agent does with it: durably in the journal first, then reported.</summary>
public abstract record AcceptanceVerdict
{
    private AcceptanceVerdict() { }

    /// <summary>Take it: write the row, then report Accepted; only then may it serve.</summary>
    public sealed record Accept : AcceptanceVerdict;

    /// <summary>It is held already by this very grant: report Accepted.</summary>
    public sealed record Held : AcceptanceVerdict;

    /// <summary>Never to be accepted by this grant, or asked back: write a returned row, then report Returned.</summary>
    public sealed record Return(string Reason) : AcceptanceVerdict;

    /// <summary>Asked back, but pods use it: serve them, bind nothing new.</summary>
    public sealed record Drain : AcceptanceVerdict;

    /// <summary>A later grant or another host has it: stop serving and announcing.</summary>
    public sealed record Lost(string Reason) : AcceptanceVerdict;

    /// <summary>Nothing now; look again when something changed.</summary>
    public sealed record Wait(string Reason) : AcceptanceVerdict;
}

/// <summary>What an agent's journal knows of a slot.</summary>
/// <param name="HighestEpoch">Of any row with this first address, whatever its mask, returned ones included; 0 if none.</param>
/// <param name="Held">The row that overlaps the block and is not returned; null if none.</param>
public readonly record struct SlotMemory(long HighestEpoch, JournalBlock? Held, bool InUse);

/// <summary>The acceptance rules: the gate that keeps a stale controller's grant from becoming a second holder.</summary>
public static class Acceptance
{
    public static AcceptanceVerdict Judge(BlockReading reading, HostUid self, SlotMemory memory) =>
        Judge(reading, self, memory, LifecycleRules.All);

    internal static AcceptanceVerdict Judge(BlockReading reading, HostUid self, SlotMemory memory, LifecycleRules rules)
    {
        ArgumentNullException.ThrowIfNull(reading);
        var block = reading.Block;
        if (memory.Held is { } held && held.Cidr.First == block.Cidr.First && IsLost(block, held, self) is { } lost)
            return new AcceptanceVerdict.Lost(lost);
        if (rules.EpochCompared && memory.Held is { } later && IsOlder(block, later))
            return new AcceptanceVerdict.Wait($"the store is older than the journal, which holds {later.Cidr} with epoch {later.Epoch}");
        if (rules.UidCompared && block.Host != self) return new AcceptanceVerdict.Wait($"{block.Cidr} is not lent to this host");
        return block.Intent switch
        {
            BlockIntent.Lent => Lent(reading, self, memory, rules),
            BlockIntent.Recall => Recalled(block, memory),
            _ => new AcceptanceVerdict.Wait($"{block.Cidr} is free"),
        };
    }

    /// <summary>A record of a smaller epoch is a rewound store's: what the journal says is later.</summary>
    private static string? IsLost(BlockSpec block, JournalBlock held, HostUid self) =>
        block.Epoch < held.Epoch ? null
        : block.Host != self ? $"{held.Cidr} went to {(block.Host.IsNone ? "nobody" : block.Host)} with epoch {block.Epoch}"
        : block.Epoch > held.Epoch && (block.Intent != BlockIntent.Lent || block.Cidr != held.Cidr)
            ? $"{held.Cidr} was taken back with epoch {block.Epoch}" : null;

    /// <summary>
    /// A copy of the store that was put back shows a former grant of a slot that is held by a later one. Whatever was
    /// asked then is over: giving the block back now would take it from under its pods. The leader learns of it from
    /// what the host says it holds.
    /// </summary>
    private static bool IsOlder(BlockSpec block, JournalBlock held) => held.Cidr.First == block.Cidr.First
        && (block.Epoch < held.Epoch || block.Epoch == held.Epoch && block.Cidr != held.Cidr);

    private static AcceptanceVerdict Lent(BlockReading reading, HostUid self, SlotMemory memory, LifecycleRules rules)
    {
        var block = reading.Block;
        if (memory.Held is { } held && held.Cidr == block.Cidr && held.Epoch == block.Epoch) return new AcceptanceVerdict.Held();
        if (reading.Topology is not { } topology || reading.Space is not { } space) return new AcceptanceVerdict.Wait("there is no topology");
        if (rules.ProposalStops && (topology.Proposal is not null || topology.Review is not null))
            return new AcceptanceVerdict.Wait($"a {(topology.Proposal is null ? "store review" : "topology change")} is open");
        if (reading.Own is not { } own || rules.UidCompared && own.Uid != self) return new AcceptanceVerdict.Wait("this host has no record");
        if (own.Condition == HostCondition.Dead) return new AcceptanceVerdict.Wait($"this host is taken for dead: {own.Reason}");
        if (!own.AgentAdmitted) return new AcceptanceVerdict.Wait("the controller has not seen this agent yet");
        if (rules.EpochCompared && block.Epoch <= memory.HighestEpoch)
            return new AcceptanceVerdict.Return($"epoch {block.Epoch} was used up: the journal knows {memory.HighestEpoch}");
        if (memory.Held is { } other && other.Cidr != block.Cidr) return new AcceptanceVerdict.Wait($"{other.Cidr} is still held");
        return space.SlotHome(block.Cidr) is { } home && own.Groups.TryGetValue(home.Network.Name, out var group) && group == home.Leaf.Cidr
            ? new AcceptanceVerdict.Accept() : new AcceptanceVerdict.Wait($"{block.Cidr} is no slot of this host's group");
    }

    private static AcceptanceVerdict Recalled(BlockSpec block, SlotMemory memory) =>
        memory.Held is { } held && held.Cidr == block.Cidr && memory.InUse ? new AcceptanceVerdict.Drain()
        : new AcceptanceVerdict.Return("asked back");
}
