using System.Collections.Immutable;
using Romana.Ipam.Addressing;
using Romana.Ipam.Stores;

namespace Romana.Ipam.Hosts;

/// <summary>What proves that two sightings are one host. A name proves nothing.</summary>
public sealed record HostEvidence
{
    /// <summary>EC2 instance id, "i-...".</summary>
    public string? InstanceId { get; init; }

    /// <summary>UID of the Kubernetes Node object.</summary>
    public string? NodeUid { get; init; }

    /// <summary>/etc/machine-id.</summary>
    public string? MachineId { get; init; }
}

/// <summary>The one interface that routing, adjacency, translation and the source/destination check refer to.</summary>
public sealed record PodInterface
{
    /// <summary>EC2 network interface id, "eni-..."; null off AWS.</summary>
    public string? Id { get; init; }

    /// <summary>Its primary address.</summary>
    public required IpAddress Address { get; init; }

    /// <summary>The link it is on: EC2 subnet id, or the name of a LAN.</summary>
    public string? Link { get; init; }

    public string? Mac { get; init; }
}

public enum HostCondition
{
    Live,

    /// <summary>Keeps its blocks, leads nothing: cordoned, deletion taint, spot notice, or drained by the operator.</summary>
    Draining,

    /// <summary>Not seen lately, not known to be dead: nothing moves.</summary>
    Unknown,

    /// <summary>Proved gone (design: Death). Its blocks are freed after their delays.</summary>
    Dead,
}

/// <summary>What the sources of health last took a host for; the next controller goes on from it.</summary>
public sealed record HostJudgement
{
    /// <summary>"Up", "Suspect", "Down" or "Draining".</summary>
    public required string Health { get; init; }

    /// <summary>Whose word it is: "probes", "ec2", "beats".</summary>
    public required string Source { get; init; }

    public required string Why { get; init; }

    /// <summary>When <see cref="Health"/> last changed.</summary>
    public required DateTimeOffset Since { get; init; }
}

/// <summary>The controller's half of a host record. Key: the host's UID.</summary>
public sealed record HostSpec
{
    public required HostUid Uid { get; init; }
    public required string Name { get; init; }
    public HostEvidence Evidence { get; init; } = new();
    public ImmutableArray<IpAddress> Addresses { get; init; } = [];
    public ImmutableSortedDictionary<string, string> Labels { get; init; } = ImmutableSortedDictionary<string, string>.Empty;
    public string? Zone { get; init; }
    public PodInterface? PodInterface { get; init; }

    /// <summary>Network name -> CIDR of the leaf group the host belongs to.</summary>
    public ImmutableSortedDictionary<string, Cidr> Groups { get; init; } = ImmutableSortedDictionary<string, Cidr>.Empty;

    public HostCondition Condition { get; init; }

    /// <summary>Why the condition is what it is, for people.</summary>
    public string? Reason { get; init; }

    /// <summary>When the condition last changed.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>Consecutive observations without this host; two are needed before anything is concluded.</summary>
    public int Missed { get; init; }

    /// <summary>Consecutive observations that said it has ended for good; two are needed, as for <see cref="Missed"/>.</summary>
    public int Ended { get; init; }

    /// <summary>Named in the topology document: belongs to it and leaves with it.</summary>
    public bool Listed { get; init; }

    /// <summary>
    /// The controller knows that an agent runs here; no agent accepts a block before. So a block of a host that is not
    /// admitted can be taken back without an answer.
    /// </summary>
    public bool AgentAdmitted { get; init; }

    /// <summary>Set aside by the operator: Draining until the operator takes it back, whatever discovery says.</summary>
    public bool DrainedByOperator { get; init; }

    /// <summary>Null: no source of health knows anything of it.</summary>
    public HostJudgement? Judged { get; init; }

    /// <summary>Has answered a probe: its silence means something from then on.</summary>
    public bool AnsweredProbes { get; init; }

    /// <summary>Interfaces whose source/destination check was on and was switched off by us; uninstall switches them on again.</summary>
    public ImmutableArray<string> ChecksSwitchedOff { get; init; } = [];

    /// <summary>What stands in the way of this host's work, by type.</summary>
    public ImmutableArray<Condition> Conditions { get; init; } = [];
}

public sealed record HeldBlock(Cidr Cidr, long Epoch);

/// <summary>The agent's half of a host record.</summary>
public sealed record HostStatus
{
    /// <summary>Blocks that each network's watermarks ask for beyond those held; network name -> count.</summary>
    public ImmutableSortedDictionary<string, int> Wants { get; init; } = ImmutableSortedDictionary<string, int>.Empty;

    /// <summary>Blocks that the host holds by its journal, from which a lost store is rebuilt.</summary>
    public ImmutableArray<HeldBlock> Held { get; init; } = [];

    /// <summary>Per L2 network the host's own address in it.</summary>
    public ImmutableSortedDictionary<string, NodeAddress> NodeAddresses { get; init; } = ImmutableSortedDictionary<string, NodeAddress>.Empty;

    public string? Version { get; init; }

    /// <summary>Grows with every journal commit; a smaller one means a restored journal.</summary>
    public long JournalCounter { get; init; }

    /// <summary>The highest block epoch in its journal, returned blocks included; a rewound store goes on above it.</summary>
    public long HighestEpoch { get; init; }

    /// <summary>The newest breach of the reuse delay (I6), for the controller to tell of; null: there was none.</summary>
    public EarlyReuse? EarlyReuse { get; init; }

    /// <summary>Id of the store review that its agent knew of when it wrote <see cref="Held"/>.</summary>
    public string? SeenReview { get; init; }
}

/// <summary>An address that was handed out again before its reuse delay, since nothing else was to be had.</summary>
/// <param name="At">When it was handed out; a later one is another breach.</param>
/// <param name="Count">Breaches since the agent began.</param>
public sealed record EarlyReuse(IpAddress Address, DateTimeOffset At, long Count);

public sealed record NodeAddress(IpAddress Address, string Mac);

/// <summary>Last sign of life, its own record so that nobody who watches hosts is woken by it. Key: the host's UID.</summary>
public sealed record BeatSpec
{
    public required HostUid Host { get; init; }
    public required DateTimeOffset At { get; init; }
}
