using System.Collections.Frozen;
using System.Collections.Immutable;
using Romana.Ipam.Addressing;
using Romana.Ipam.Blocks;
using Romana.Ipam.Hosts;
using Romana.Ipam.Stores;
using Romana.Ipam.Topologies;

namespace Romana.Ipam.Planning;

/// <summary>
/// Everything that one pass of the controller read. The reading order is part of the contract, and the rules lean on
/// it: topology, then blocks, then hosts, then beats, each linearizable. Read so, a view that shows an open proposal
/// lists every block that an agent may have accepted before that proposal.
/// </summary>
public sealed record ControllerView
{
    public required DateTimeOffset Now { get; init; }

    /// <summary>Null: the store has no topology yet.</summary>
    public TypedRecord<TopologySpec, NoStatus>? Topology { get; init; }

    /// <summary><see cref="TopologySpec.Document"/>, laid out; null without a topology.</summary>
    public Topology? Layout { get; init; }

    /// <summary>The open proposal's document, laid out.</summary>
    public Topology? ProposedLayout { get; init; }

    public IReadOnlyList<TypedRecord<BlockSpec, BlockStatus>> Blocks { get; init; } = [];
    public IReadOnlyList<TypedRecord<HostSpec, HostStatus>> Hosts { get; init; } = [];
    public IReadOnlyList<TypedRecord<BeatSpec, NoStatus>> Beats { get; init; } = [];

    /// <summary>What discovery saw this time; null when it was not asked or failed: then no host record moves.</summary>
    public Discovery? Discovery { get; init; }

    /// <summary>True when every managed table sends the block to that host, or to a router that passes it on.</summary>
    public Func<Cidr, HostUid, bool> IsRouted { get; init; } = (_, _) => false;

    /// <summary>The host's pod interface was seen to drop what is not addressed to itself: somebody switched its check on again.</summary>
    public Func<HostUid, bool> DropsPods { get; init; } = _ => false;

    /// <summary>
    /// Blocks of which an address may still be sent to their old holder: by a route in a table (covers and routes that
    /// another of its blocks needs do not count), or by an unsettled intent.
    /// </summary>
    public IReadOnlySet<Cidr> StillRouted { get; init; } = FrozenSet<Cidr>.Empty;

    /// <summary>What the store knows of its own past; Rewound opens a review.</summary>
    public StoreStanding Standing { get; init; } = StoreStanding.Trusted;

    /// <summary>Which going back it was (<see cref="IStoreStanding.Rewind"/>).</summary>
    public string? Rewind { get; init; }

    /// <summary>Prefix of the stamps of this pass; unique to it.</summary>
    public required string Stamp { get; init; }

    /// <summary>Unused UIDs, at least as many as discovery has hosts.</summary>
    public IReadOnlyList<HostUid> FreshUids { get; init; } = [];

    public LifecycleSettings Settings { get; init; } = new();
}

/// <summary>Watermarks and delays.</summary>
public sealed record LifecycleSettings
{
    /// <summary>Free addresses that each host shall have at hand per network.</summary>
    public int FreeAddresses { get; init; } = 16;

    /// <summary>Unbound blocks per host and network whose owners are finer than the host.</summary>
    public int UnboundBlocks { get; init; } = 2;

    /// <summary>The most blocks that one host's own wish may ask for at once.</summary>
    public int LargestWish { get; init; } = 64;

    /// <summary>From the last route's going to the data plane's having forgotten it.</summary>
    public TimeSpan Settle { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>For addresses of a network that the topology no longer knows.</summary>
    public TimeSpan ReuseDelay { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long a Node must be gone, without a beat, to be dead.</summary>
    public TimeSpan NodeGone { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How long a store review waits for hosts that do not report.</summary>
    public TimeSpan ReviewGrace { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How long holders have to answer a proposal.</summary>
    public TimeSpan ProposalPatience { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>How long the record of a dead host without blocks is kept for people to read.</summary>
    public TimeSpan DeadHostKept { get; init; } = TimeSpan.FromHours(1);
}

/// <summary>One complete look at the world. An incomplete one is no observation: pass null instead.</summary>
public sealed record Discovery
{
    public required ImmutableArray<HostSighting> Sightings { get; init; }

    /// <summary>The list is of Kubernetes Nodes, where a name's absence means that the Node object is gone.</summary>
    public bool ListsNodes { get; init; }
}

public enum SightingState
{
    Running,

    /// <summary>Cordoned, deletion taint, spot notice, stopping.</summary>
    Draining,

    /// <summary>EC2 says "terminated" for this instance id, or the Node carries the out-of-service taint.</summary>
    Terminated,
}

/// <summary>One host as discovery saw it.</summary>
public sealed record HostSighting
{
    public required string Name { get; init; }
    public HostEvidence Evidence { get; init; } = new();
    public ImmutableArray<IpAddress> Addresses { get; init; } = [];
    public ImmutableSortedDictionary<string, string> Labels { get; init; } = ImmutableSortedDictionary<string, string>.Empty;
    public string? Zone { get; init; }
    public PodInterface? PodInterface { get; init; }
    public SightingState State { get; init; }

    /// <summary>Why it is Draining or Terminated, for people.</summary>
    public string? Reason { get; init; }
}
