using System.Collections.Immutable;
using Romana.Ipam.Addressing;
using Romana.Ipam.Blocks;
using Romana.Ipam.Events;
using Romana.Ipam.Hosts;
using Romana.Ipam.Routes;
using Romana.Ipam.Stores;
using Romana.Ipam.Topologies;

namespace Romana.Cloud.Tests.Commands;

/// <summary>A store with two zones, three hosts (two of one name), a lent, a recalled and a free block, and one table.</summary>
internal static class SampleState
{
    public static readonly DateTimeOffset Since = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    private const string Document = """
        {"networks": [{"name": "pods", "cidr": "10.244.0.0/16", "block_mask": 26}],
         "topologies": [{"networks": ["pods"], "map": [
           {"name": "zone-a", "routing": "block-announce-vpc", "cover": "always", "assignment": {"zone": "a"}, "groups": []},
           {"name": "zone-b", "routing": "block-announce-vpc", "assignment": {"zone": "b"}, "groups": []}]}]}
        """;

    public static async Task<InMemoryStore> StoreAsync()
    {
        var store = new InMemoryStore();
        Write[] writes =
        [
            RecordTypes.Topology.Create(RecordTypes.TopologyName, Stamp.New(), new TopologySpec { Document = Document, Generation = 1, Arenas = [new Arena("pods", Cidr.Parse("10.244.0.0/16"), 26)] }),
            Create(Host("h-1", "node-1", "10.0.0.10", "eni-1", "10.244.0.0/17", HostCondition.Live) with { Judged = Judged("Up", "probes", "it answers probes"), AnsweredProbes = true }),
            Create(Host("h-2", "node-2", "10.0.16.10", "eni-2", "10.244.128.0/17", HostCondition.Draining) with { Reason = "spot notice", Judged = Judged("Suspect", "ec2", "EC2's check of i-2 fails") }),
            Create(Host("h-0", "node-1", "10.0.0.9", "eni-0", "10.244.0.0/17", HostCondition.Dead) with { Reason = "terminated" }),
            Create(Block("10.244.0.0/26", "h-1", 3, BlockIntent.Lent) with { RoutedEpoch = 3 }),
            Create(Block("10.244.128.0/26", "h-2", 1, BlockIntent.Recall)),
            Create(Block("10.244.0.64/26", "", 2, BlockIntent.Free)),
            RecordTypes.Ledgers.Create("rtb-a", Stamp.New(), Ledger()),
            Happened(Since.AddHours(-3), new Happening("Conflict", "rtb-a", "10.244.9.0/26 goes to nat-1 and is not ours")),
            Happened(Since.AddHours(-1), new Happening("Failover", "node-2", "5 routes in 2 tables moved to node-1, since node-2 is Down: 3 probes in a row went unanswered"),
                new Happening("Health", "node-2", "Up -> Down: 3 probes in a row went unanswered"), new Happening("Health", "node-2", "Up -> Down: 3 probes in a row went unanswered")),
        ];
        foreach (var result in await store.WriteAsync(writes, default)) Assert.IsType<WriteResult.Committed>(result);
        var lent = await store.GetAsync(RecordTypes.Blocks, BlockKey.Of(Cidr.Parse("10.244.0.0/26")), Consistency.Linearizable, default);
        var status = new BlockStatus { Host = new("h-1"), Epoch = 3, Phase = BlockPhase.Accepted, Owner = new Owner("blue", "front"), InUse = 5, Free = 59 };
        Assert.IsType<WriteResult.Committed>(await store.WriteAsync(RecordTypes.Blocks.UpdateStatus(lent!, Stamp.New(), status), default));
        return store;
    }

    public static async Task BeatAsync(IStore store, string uid, DateTimeOffset at) =>
        Assert.IsType<WriteResult.Committed>(await store.WriteAsync(
            RecordTypes.Beats.Create(uid, Stamp.New(), new BeatSpec { Host = new(uid), At = at }), default));

    private static Write.Create Happened(DateTimeOffset at, params Happening[] happened)
    {
        var hour = EventPages.HourOf(at);
        return RecordTypes.Events.Create(hour, Stamp.New(), EventPages.With(new EventPage { Hour = hour }, happened, at));
    }

    private static Write.Create Create(HostSpec host) => RecordTypes.Hosts.Create(host.Uid.Text, Stamp.New(), host);

    private static Write.Create Create(BlockSpec block) => RecordTypes.Blocks.Create(BlockKey.Of(block.Cidr), Stamp.New(), block);

    private static HostJudgement Judged(string health, string source, string why) => new() { Health = health, Source = source, Why = why, Since = Since };

    private static HostSpec Host(string uid, string name, string address, string eni, string group, HostCondition condition) => new()
    {
        Uid = new(uid),
        Name = name,
        Addresses = [IpAddress.Parse(address)],
        Zone = "us-west-2a",
        PodInterface = new PodInterface { Id = eni, Address = IpAddress.Parse(address), Link = "subnet-a1" },
        Groups = new Dictionary<string, Cidr> { ["pods"] = Cidr.Parse(group) }.ToImmutableSortedDictionary(),
        Condition = condition,
        Since = Since,
    };

    private static BlockSpec Block(string cidr, string host, long epoch, BlockIntent intent) => new()
    {
        Cidr = Cidr.Parse(cidr),
        Network = "pods",
        Group = Cidr.Around(Cidr.Parse(cidr).First, 17),
        Host = new(host),
        Epoch = epoch,
        Generation = 1,
        Intent = intent,
    };

    private static LedgerSpec Ledger() => new()
    {
        Table = "rtb-a",
        Vpc = "vpc-1",
        Cluster = "blue",
        Entries =
        [
            Entry("10.244.0.0/17", "eni-1", "eni-1", settled: true),
            Entry("10.244.0.0/26", null, "eni-1", settled: false),
            Entry("10.244.128.0/26", "eni-2", "eni-1", settled: false),
            Entry("10.244.3.0/26", null, null, settled: true),
        ],
        Conditions = [new Condition("RoutesIncomplete", true, "rtb-a: 3 routes do not fit", Since)],
    };

    private static LedgerEntry Entry(string destination, string? from, string? to, bool settled) => new()
    {
        Destination = Cidr.Parse(destination),
        From = from,
        To = to,
        Settled = settled,
        Term = 1,
        At = Since,
    };
}
