using System.Collections.Immutable;
using System.Globalization;
using Romana.Ipam.Addressing;
using Romana.Ipam.Blocks;
using Romana.Ipam.Hosts;
using Romana.Ipam.Stores;
using Romana.Ipam.Topologies;

namespace Romana.Ipam.Planning;

/// <summary>One conditional write before it is put into JSON. Why: for people and logs.</summary>
public abstract record Change(string Why)
{
    public abstract RecordKey Key { get; }

    public abstract Write ToWrite(string stamp);

    public sealed record CreateTopology(TopologySpec Spec, string Why) : Change(Why)
    {
        public override RecordKey Key => RecordTypes.Topology.Key(RecordTypes.TopologyName);

        public override Write ToWrite(string stamp) => RecordTypes.Topology.Create(RecordTypes.TopologyName, stamp, Spec);
    }

    public sealed record UpdateTopology(TypedRecord<TopologySpec, NoStatus> Current, TopologySpec Spec, string Why) : Change(Why)
    {
        public override RecordKey Key => Current.Key;

        public override Write ToWrite(string stamp) => RecordTypes.Topology.UpdateSpec(Current, stamp, Spec);
    }

    public sealed record CreateHost(HostSpec Spec, string Why) : Change(Why)
    {
        public override RecordKey Key => RecordTypes.Hosts.Key(Spec.Uid.Text);

        public override Write ToWrite(string stamp) => RecordTypes.Hosts.Create(Spec.Uid.Text, stamp, Spec);
    }

    public sealed record UpdateHost(TypedRecord<HostSpec, HostStatus> Current, HostSpec Spec, string Why) : Change(Why)
    {
        public override RecordKey Key => Current.Key;

        public override Write ToWrite(string stamp) => RecordTypes.Hosts.UpdateSpec(Current, stamp, Spec);
    }

    public sealed record DeleteHost(TypedRecord<HostSpec, HostStatus> Current, string Why) : Change(Why)
    {
        public override RecordKey Key => Current.Key;

        public override Write ToWrite(string stamp) => RecordTypes.Hosts.Delete(Current, stamp);
    }

    public sealed record CreateBlock(string Name, BlockSpec Spec, string Why) : Change(Why)
    {
        public override RecordKey Key => RecordTypes.Blocks.Key(Name);

        public override Write ToWrite(string stamp) => RecordTypes.Blocks.Create(Name, stamp, Spec);
    }

    public sealed record UpdateBlock(TypedRecord<BlockSpec, BlockStatus> Current, BlockSpec Spec, string Why) : Change(Why)
    {
        public override RecordKey Key => Current.Key;

        public override Write ToWrite(string stamp) => RecordTypes.Blocks.UpdateSpec(Current, stamp, Spec);
    }

    public sealed override string ToString() => $"{Key}: {Why}";
}

/// <summary>Something that happened or was refused, told once. Reason: CamelCase word; About: name of the host, block or network.</summary>
public sealed record LifecycleEvent(string Reason, string About, string Message);

/// <summary>Why the pass holds grants back; None when it does not.</summary>
public enum GrantsHeld
{
    No,
    NoTopology,
    ProposalOpen,
    StoreUnderReview,
}

/// <summary>What one pass wants. Every write stands alone; none needs another of the same plan to have happened.</summary>
public sealed record LifecyclePlan
{
    public required ImmutableArray<Change> Changes { get; init; }
    public ImmutableArray<LifecycleEvent> Events { get; init; } = [];

    /// <summary>Every condition of this plan that is true now; Since is when it was first seen true.</summary>
    public ImmutableArray<Condition> Conditions { get; init; } = [];

    /// <summary>
    /// Lent blocks that are slots of the committed topology and overlap no other non-free block: the only ones that
    /// may have a route of their own (I5).
    /// </summary>
    public ImmutableArray<BlockSpec> Routable { get; init; } = [];

    /// <summary>Blocks in an Overlap: no route of theirs may be added, replaced or removed.</summary>
    public ImmutableArray<Cidr> LeaveAlone { get; init; } = [];

    public GrantsHeld GrantsHeld { get; init; }

    /// <summary>Once the topology's write of this plan is committed, the store may be trusted (<see cref="IStoreStanding.TrustAsync"/>).</summary>
    public bool VouchForStore { get; init; }

    /// <summary>The stamps' common prefix.</summary>
    public required string Stamp { get; init; }

    public int Grants => Changes.Count(change => change
        is Change.CreateBlock { Spec.Intent: BlockIntent.Lent } or Change.UpdateBlock { Current.Spec.Intent: BlockIntent.Free });

    /// <summary>To be handed to the store in one batch or in several.</summary>
    public IReadOnlyList<Write> Writes =>
        [.. Changes.Select((change, index) => change.ToWrite(string.Create(CultureInfo.InvariantCulture, $"{Stamp}-{index}")))];

    /// <summary>One line for the log; empty when nothing changes.</summary>
    public string Summary => Changes.IsEmpty ? "" : string.Join(", ",
        Changes.GroupBy(change => change.GetType().Name, StringComparer.Ordinal).OrderBy(kind => kind.Key, StringComparer.Ordinal)
            .Select(kind => string.Create(CultureInfo.InvariantCulture, $"{kind.Key} {kind.Count()}")));
}
