using System.Collections.Immutable;
using Romana.Ipam.Addressing;
using Romana.Ipam.Blocks;
using Romana.Ipam.Hosts;
using Romana.Ipam.Planning;
using Romana.Ipam.Stores;
using Romana.Ipam.Topologies;

namespace Romana.Ipam.Tests.Planning;

/// <summary>Views for tables of planner tests: one network 10.0.0.0/24 with one group, hosts h-1, h-2, ...</summary>
internal static class Views
{
    public static readonly DateTimeOffset Now = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private static readonly Expected Version = new(new RecordVersion("1"), "1");

    public static ControllerView Of(Network? network = null, int hosts = 1)
    {
        network ??= Network(26);
        return new ControllerView
        {
            Now = Now,
            Layout = new Topology { Networks = [network] },
            Topology = Topology(new TopologySpec { Document = "old", Generation = 1, Arenas = [new Arena(network.Name, network.Cidr, network.BlockMask)] }),
            Hosts = [.. Enumerable.Range(1, hosts).Select(number => Host(Spec(number, network)))],
            Stamp = "s",
            FreshUids = [new HostUid("h-new-1"), new HostUid("h-new-2")],
        };
    }

    public static Network Network(int mask, OwnerMode owner = OwnerMode.Host, string cidr = "10.0.0.0/24") => new()
    {
        Name = "pods",
        Cidr = Cidr.Parse(cidr),
        BlockMask = mask,
        Owner = owner,
        Root = new Group { Network = "pods", Path = [], Name = "", Cidr = Cidr.Parse(cidr), Kind = GroupKind.Hosts },
    };

    public static HostSpec Spec(int number, Network network) => new()
    {
        Uid = new HostUid($"h-{number}"),
        Name = $"node-{number}",
        Evidence = new HostEvidence { InstanceId = $"i-{number}" },
        Groups = ImmutableSortedDictionary<string, Cidr>.Empty.Add(network.Name, network.Cidr),
        AgentAdmitted = true,
    };

    public static TypedRecord<TopologySpec, NoStatus> Topology(TopologySpec spec) => new(RecordTypes.Topology.Key("topology"), Version, "s", spec, null);

    public static TypedRecord<HostSpec, HostStatus> Host(HostSpec spec, HostStatus? status = null) =>
        new(RecordTypes.Hosts.Key(spec.Uid.Text), Version, "s", spec, status);

    public static TypedRecord<BlockSpec, BlockStatus> Block(string cidr, int host, BlockIntent intent = BlockIntent.Lent, BlockPhase? said = null, int used = 0,
        long epoch = 1, long? saidEpoch = null, DateTimeOffset? freeAfter = null, string? recalledFor = null)
    {
        var block = Cidr.Parse(cidr);
        var spec = new BlockSpec
        {
            Cidr = block,
            Network = "pods",
            Group = Cidr.Parse("10.0.0.0/24"),
            Host = host == 0 ? default : new HostUid($"h-{host}"),
            Epoch = epoch,
            Generation = 1,
            Intent = intent,
            FreeAfter = freeAfter,
            RecalledFor = recalledFor,
        };
        return new(RecordTypes.Blocks.Key(BlockKey.Of(block)), Version, "s", spec, said is not { } phase ? null
            : new BlockStatus { Host = new HostUid($"h-{host}"), Epoch = saidEpoch ?? epoch, Phase = phase, InUse = used, Free = 64 });
    }
}
