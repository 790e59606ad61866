using System.Collections.Immutable;
using Romana.Ipam.Addressing;
using Romana.Ipam.Blocks;
using Romana.Ipam.Hosts;
using Romana.Ipam.Stores;
using Romana.Ipam.Topologies;
using Ip = Romana.Ipam.Addressing.Cidr;

namespace Romana.Model.Tests;

/// <summary>The model's words as the product's own records.</summary>
internal static class World
{
    public static readonly DateTimeOffset Start = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Every delay that began before is over.</summary>
    public static readonly DateTimeOffset Late = Start.AddDays(1);

    public static readonly Cidr Network = Ip.Parse("10.0.0.0/28");

    private static readonly Expected Version = new(new RecordVersion("1"), "1");
    private static readonly Cidr[] Slots = [Ip.Parse("10.0.0.0/29"), Ip.Parse("10.0.0.8/29"), Network];
    private static readonly Topology Narrow = Layout(29);
    private static readonly Topology Wide = Layout(28);
    private static readonly CommittedSpace NarrowSpace = new(Narrow, Arenas(29), []);
    private static readonly CommittedSpace WideSpace = new(Wide, Arenas(28), []);

    public static Cidr Cidr(Slot slot) => Slots[(int)slot];

    public static Slot SlotOf(Cidr cidr) => (Slot)Array.IndexOf(Slots, cidr);

    public static bool Overlap(Slot left, Slot right) => Cidr(left).Overlaps(Cidr(right));

    public static HostUid Uid(int host) => host == 0 ? default : new HostUid($"h-{host}");

    public static int HostOf(HostUid uid) => uid.IsNone ? 0 : uid.Text[^1] - '0';

    public static Topology LayoutOf(bool wide) => wide ? Wide : Narrow;

    public static CommittedSpace SpaceOf(Topo topo) => topo.IsWide ? WideSpace : NarrowSpace;

    public static TypedRecord<TopologySpec, NoStatus> Topology(Topo topo) => new(RecordTypes.Topology.Key("topology"), Version, "s", new TopologySpec
    {
        Document = topo.IsWide ? "wide" : "narrow",
        Generation = topo.Commits + 1,
        Arenas = Arenas(topo.IsWide ? 28 : 29),
        EpochFloor = topo.Floor,
        Review = topo.Review ? new StoreReview("review", Start, "restored") : null,
        Proposal = !topo.Proposed ? null : new TopologyProposal
        {
            Id = "proposal",
            Document = topo.IsWide ? "narrow" : "wide",
            Arenas = Arenas(topo.IsWide ? 29 : 28),
            Deadline = Start.AddMinutes(1),
        },
    }, null);

    public static BlockSpec Spec(Rec rec) => new()
    {
        Cidr = Cidr(rec.Slot),
        Network = "pods",
        Group = Network,
        Host = Uid(rec.Host),
        Epoch = rec.Epoch,
        Generation = 1,
        Intent = rec.Intent switch { Intent.Lent => BlockIntent.Lent, Intent.Recall => BlockIntent.Recall, _ => BlockIntent.Free },
        FreeAfter = rec.Waiting ? Start.AddMinutes(2) : null,
        RecalledFor = rec.Why switch { Why.Proposal => "proposal", Why.Death => BlockSpec.Death, _ => null },
    };

    public static TypedRecord<BlockSpec, BlockStatus> Block(string name, Rec rec) => new(RecordTypes.Blocks.Key(name), Version, "s", Spec(rec), rec.Said == 0 ? null
        : new BlockStatus { Host = Uid(rec.SaidBy), Epoch = rec.SaidEpoch, Phase = rec.Said == 1 ? BlockPhase.Accepted : BlockPhase.Returned, Free = 8 });

    /// <param name="waiting">Whether a FreeAfter is a delay that runs: the model keeps no instants.</param>
    public static uint Bits(BlockSpec spec) => Rec.Spec(SlotOf(spec.Cidr),
        spec.Intent switch { BlockIntent.Lent => Intent.Lent, BlockIntent.Recall => Intent.Recall, _ => Intent.Free },
        HostOf(spec.Host), (int)spec.Epoch,
        spec.RecalledFor switch { null => Why.None, BlockSpec.Death => Why.Death, _ => Why.Proposal },
        spec.Intent == BlockIntent.Free && spec.FreeAfter is not null);

    public static HostSpec HostSpec(int host, HostWord word) => new()
    {
        Uid = Uid(host),

        // Two of the three share a name.
        Name = host == 1 ? "node-1" : "node-2",
        Evidence = new HostEvidence { InstanceId = $"i-{host}" },
        Groups = ImmutableSortedDictionary<string, Cidr>.Empty.Add("pods", Network),
        AgentAdmitted = word.Admitted,
        Condition = word.Dead ? HostCondition.Dead : HostCondition.Live,
    };

    public static TypedRecord<HostSpec, HostStatus> Host(int host, HostWord word, bool reviewed, bool wants) =>
        new(RecordTypes.Hosts.Key(Uid(host).Text), Version, "s", HostSpec(host, word), !word.Registered ? null : new HostStatus
        {
            Wants = wants ? ImmutableSortedDictionary<string, int>.Empty.Add("pods", 1) : ImmutableSortedDictionary<string, int>.Empty,
            Held = [.. Held(word)],
            HighestEpoch = word.Highest,
            SeenReview = reviewed && word.Reported ? "review" : null,
        });

    private static IEnumerable<HeldBlock> Held(HostWord word)
    {
        for (var slot = Slot.Low; slot <= Slot.Both; slot++)
            if (word.Held(slot) > 0) yield return new HeldBlock(Cidr(slot), word.Held(slot));
    }

    private static ImmutableArray<Arena> Arenas(int mask) => [new Arena("pods", Network, mask)];

    private static Topology Layout(int mask) => new()
    {
        Networks =
        [
            new Network
            {
                Name = "pods", Cidr = Network, BlockMask = mask, Owner = OwnerMode.Host,
                Root = new Group { Network = "pods", Path = [], Name = "", Cidr = Network, Kind = GroupKind.Hosts },
            },
        ],
    };
}
