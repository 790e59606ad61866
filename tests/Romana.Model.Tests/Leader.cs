using System.Collections.Concurrent;
using Romana.Ipam.Attachments;
using Romana.Ipam.Blocks;
using Romana.Ipam.Hosts;
using Romana.Ipam.Planning;
using Romana.Ipam.Stores;

namespace Romana.Model.Tests;

/// <summary>What a leader's pass takes for granted: the clock, and who asks for a block.</summary>
internal readonly record struct Wish(bool Late, int Host);

/// <summary>The product's own planners and acceptance rules over the model's words; pure, so that each question is asked once.</summary>
internal sealed class Judges(Mutation mutation, Bounds bounds)
{
    private readonly LifecycleRules _rules = mutation.Rules();
    private readonly ConcurrentDictionary<(UInt128, UInt128), Pending[][]> _plans = [];
    private readonly ConcurrentDictionary<(ulong, UInt128, ulong), Pending[][]> _asked = [];
    private readonly ConcurrentDictionary<(uint, uint, uint, int), int> _verdicts = [];

    /// <summary>Set by a plan that names two overlapping blocks routable (I5).</summary>
    public string? Fault { get; private set; }

    /// <summary>
    /// What a leader may want to write after reading that: early or late, asked by one host or another, the operator
    /// always wanting the other topology. It need not send all of it, so lesser wishes are covered by these.
    /// </summary>
    public Pending[][] Plans(uint[] state) =>
        Plans(At.Topo(state), state.AsSpan(At.Records, 3), state.AsSpan(At.Hosts, 3), (state[At.Run] & At.Rewound) != 0);

    public Pending[][] Plans(Topo topo, ReadOnlySpan<uint> listed, ReadOnlySpan<uint> hosts, bool rewound)
    {
        ReadOnlySpan<uint> records = [listed[0] & ~At.Valid, listed[1] & ~At.Valid, listed[2] & ~At.Valid];
        var left = new UInt128(topo.Bits | (rewound ? 1ul << 32 : 0), records[0] | (ulong)records[1] << 32);
        var right = new UInt128(records[2], hosts[0] | (ulong)hosts[1] << 16 | (ulong)hosts[2] << 32);
        if (_plans.TryGetValue((left, right), out var known)) return known;
        return _plans[(left, right)] = mutation == Mutation.UidNotCompared ? Ask(topo, records, hosts, rewound) : AskRenamed(topo, records, hosts, rewound);
    }

    /// <summary>Hosts differ by nothing but their names: so the planners are asked once for all views that differ in names alone.</summary>
    private Pending[][] AskRenamed(Topo topo, ReadOnlySpan<uint> records, ReadOnlySpan<uint> hosts, bool rewound)
    {
        int[] names = [0, 1, 2, 3], called = [0, 1, 2, 3];
        uint[] keys = [0, Key(1, records, hosts), Key(2, records, hosts), Key(3, records, hosts)];
        Array.Sort(keys, called, 1, 3);
        for (var host = 1; host <= 3; host++) names[called[host]] = host;
        uint[] sorted = [hosts[called[1] - 1], hosts[called[2] - 1], hosts[called[3] - 1]];
        uint[] renamed = [new Rec(records[0]).Renamed(names).Bits, new Rec(records[1]).Renamed(names).Bits, new Rec(records[2]).Renamed(names).Bits];
        var key = (topo.Bits | (rewound ? 1ul << 32 : 0), new UInt128(renamed[0], renamed[1] | (ulong)renamed[2] << 32),
            sorted[0] | (ulong)sorted[1] << 16 | (ulong)sorted[2] << 32);
        if (!_asked.TryGetValue(key, out var plans)) plans = _asked[key] = Ask(topo, renamed, sorted, rewound);
        return [.. plans.Select(plan => plan.Select(write => write.Renamed(called)).OrderBy(write => write.Bits).ToArray())];
    }

    private static uint Key(int host, ReadOnlySpan<uint> records, ReadOnlySpan<uint> hosts)
    {
        var key = hosts[host - 1] << 6;
        for (var record = 0; record < 3; record++)
        {
            if (new Rec(records[record]).Host == host) key |= 1u << (2 * record);
            if (new Rec(records[record]).SaidBy == host) key |= 2u << (2 * record);
        }

        return key;
    }

    private Pending[][] Ask(Topo topo, ReadOnlySpan<uint> records, ReadOnlySpan<uint> hosts, bool rewound)
    {
        var plans = new List<Pending[]>();
        foreach (var wish in Wishes)
        {
            var plan = Plan(View(topo, records, hosts, rewound, wish), topo);
            if (!plans.Exists(same => same.AsSpan().SequenceEqual(plan))) plans.Add(plan);
        }

        return [.. plans];
    }

    private static readonly Wish[] Wishes = [.. from late in new[] { false, true } from host in new[] { 1, 2, 3 } select new Wish(late, host)];

    /// <summary>0 nothing, 1 accept, 2 write a returned row.</summary>
    public int Verdict(Rec block, Topo topo, HostWord own, int host, Agent agent)
    {
        var key = (block.Bits, topo.Bits, own.Bits & 7, host << 20 | (int)(agent.Bits & 0xffff));
        if (_verdicts.TryGetValue(key, out var known)) return known;
        var reading = new BlockReading
        {
            Block = World.Spec(block),
            Own = World.HostSpec(host, own),
            Topology = World.Topology(topo).Spec,
            Space = World.SpaceOf(topo),
        };
        return _verdicts[key] = Acceptance.Judge(reading, World.Uid(host), Memory(block.Slot, agent), _rules) switch
        {
            AcceptanceVerdict.Accept => 1,
            AcceptanceVerdict.Return => 2,
            _ => 0,
        };
    }

    private static SlotMemory Memory(Slot slot, Agent agent)
    {
        JournalBlock? held = null;
        for (var other = Slot.Low; other <= Slot.Both; other++)
        {
            if (!agent.Holds(other) || !World.Overlap(slot, other) || held is not null && other != slot) continue;
            held = new JournalBlock(World.Cidr(other), "pods", agent.Epoch(other), null, false);
        }

        return new SlotMemory(agent.Highest(slot), held, false);
    }

    private ControllerView View(Topo topo, ReadOnlySpan<uint> records, ReadOnlySpan<uint> hosts, bool rewound, Wish wish)
    {
        var blocks = new List<TypedRecord<BlockSpec, BlockStatus>>();
        foreach (var record in records)
            if (new Rec(record) is { Intent: not Intent.Absent } rec) blocks.Add(World.Block(BlockFacts.Name(World.Cidr(rec.Slot), _rules), rec));
        var (one, two, three) = (new HostWord(hosts[0]), new HostWord(hosts[1]), new HostWord(hosts[2]));
        TypedRecord<HostSpec, HostStatus>[] listed =
            [World.Host(1, one, topo.Review, wish.Host == 1), World.Host(2, two, topo.Review, wish.Host == 2), World.Host(3, three, topo.Review, wish.Host == 3)];
        return new ControllerView
        {
            Now = wish.Late ? World.Late : World.Start,
            Topology = World.Topology(topo),
            Layout = World.LayoutOf(topo.IsWide),
            ProposedLayout = World.LayoutOf(!topo.IsWide),
            Blocks = blocks,
            Hosts = listed,
            Discovery = topo.Review ? Discovery(listed) : null,
            Standing = rewound ? StoreStanding.Rewound : StoreStanding.Trusted,
            Stamp = "s",
            Settings = new LifecycleSettings { FreeAddresses = 0, UnboundBlocks = 0, ReviewGrace = TimeSpan.FromDays(100) },
        };
    }

    private static Discovery Discovery(TypedRecord<HostSpec, HostStatus>[] hosts) => new()
    {
        Sightings = [.. hosts.Select(host => new HostSighting
        {
            Name = host.Spec.Name,
            Evidence = host.Spec.Evidence,
            State = host.Spec.Condition == HostCondition.Dead ? SightingState.Terminated : SightingState.Running,
        })],
    };

    private Pending[] Plan(ControllerView view, Topo topo)
    {
        var plan = LifecyclePlanner.Plan(view, _rules);
        foreach (var (left, right) in plan.Routable.Zip(plan.Routable.Skip(1)))
            if (left.Cidr.Overlaps(right.Cidr)) Fault = $"I5: {left.Cidr} and {right.Cidr} are both routable";
        var changes = plan.Changes.ToList();
        if (topo.Commits < bounds.Commits && !changes.Exists(change => change is Change.UpdateTopology)
            && TopologyChange.Propose(view, topo.IsWide ? "narrow" : "wide", view.ProposedLayout!, "proposal") is ProposalOutcome.Proposed proposed)
            changes.Add(proposed.Change);
        var writes = changes.Select(change => Encode(change, topo)).Where(write => write.Bits != 0).Distinct().OrderBy(write => write.Bits).ToArray();
        return writes.Length <= At.WritesEach ? writes : throw new InvalidOperationException("a plan of more writes than the model has room for");
    }

    private Pending Encode(Change change, Topo topo) => change switch
    {
        Change.CreateBlock create => Block(create.Spec),
        Change.UpdateBlock update => Block(update.Spec),
        Change.UpdateTopology update => Pending.Of(3, Topo.Of(update.Spec.Document == "wide", update.Spec.Proposal is not null, update.Spec.Review is not null,
            (int)Math.Min(update.Spec.EpochFloor, 7), topo.Commits + (update.Spec.Generation > topo.Commits + 1 ? 1 : 0)).Bits),
        Change.UpdateHost { Spec.AgentAdmitted: true, Current.Spec.AgentAdmitted: false } admit => Pending.Of(3 + World.HostOf(admit.Spec.Uid), 1),
        _ => default,
    };

    private Pending Block(BlockSpec spec) => spec.Epoch > bounds.MostEpochs(restored: true) ? default : Pending.Of(Index(World.SlotOf(spec.Cidr)), World.Bits(spec));

    /// <summary>Where the record of a slot lies: the two blocks that begin at one address share it, unless the key has the mask.</summary>
    public int Index(Slot slot) => slot switch { Slot.Low => 0, Slot.High => 1, _ => _rules.KeyIgnoresMask ? 0 : 2 };
}
