using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Romana.Ipam.Addressing;
using Romana.Ipam.Attachments;
using Romana.Ipam.Blocks;
using Romana.Ipam.Hosts;
using Romana.Ipam.Stores;
using Romana.Ipam.Topologies;
using Romana.Node.Agent;

namespace Romana.Node.Tests.Agent;

/// <summary>A store with one topology and one host, the host's journal, and its agent's pass over them.</summary>
internal sealed class OneHost : IDisposable
{
    public static readonly HostUid Self = new("h-1");

    public const string Flat = """{"networks":[{"name":"pods","cidr":"10.0.0.0/24","block_mask":29}],"topologies":[{"networks":["pods"],"map":[{"groups":[]}]}]}""";

    private HostUid _self = Self;

    public FakeTimeProvider Clock { get; } = new(new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero));

    public InMemoryStore Store { get; } = new();

    public InMemoryJournal Journal { get; } = new();

    public PodAddresses Addresses { get; private set; } = null!;

    public HoldingPass Pass { get; private set; } = null!;

    public void Dispose() => Journal.Dispose();

    /// <summary>An agent's start, or its start again after a crash.</summary>
    public void Start(string boot = "boot-1")
    {
        Addresses = new PodAddresses(Journal, Clock);
        Addresses.Open(new BookOpening { Now = Clock.GetUtcNow(), BootId = boot });
        Pass = new HoldingPass(Store, Addresses, _self, new LifecycleDemand(), NullLogger.Instance);
    }

    public static async Task<OneHost> RunningAsync(string document = Flat, string network = "10.0.0.0/24")
    {
        var host = new OneHost();
        await host.CommitAsync(document);
        await host.PutAsync(RecordTypes.Hosts.Create(Self.Text, Stamp.New(), new HostSpec
        {
            Uid = Self,
            Name = "node-1",
            Groups = System.Collections.Immutable.ImmutableSortedDictionary<string, Cidr>.Empty.Add("pods", Cidr.Parse(network)),
            AgentAdmitted = true,
        }));
        host.Start();
        return host;
    }

    public async Task CommitAsync(string document)
    {
        var layout = TopologyDocument.Read(document).Topology!;
        var spec = new TopologySpec
        {
            Document = document,
            Generation = 1,
            Arenas = [.. layout.Networks.Select(one => new Arena(one.Name, one.Cidr, one.BlockMask))],
        };
        await PutAsync(RecordTypes.Topology.Create("topology", Stamp.New(), spec));
    }

    public Task LendAsync(string cidr, long epoch = 1, HostUid? to = null, bool routed = true) => PutAsync(RecordTypes.Blocks.Create(
        BlockKey.Of(Cidr.Parse(cidr)), Stamp.New(), Lent(cidr, epoch, to ?? Self, routed)));

    public async Task ChangeAsync(string cidr, Func<BlockSpec, BlockSpec> change)
    {
        var block = (await BlockAsync(cidr))!;
        await PutAsync(RecordTypes.Blocks.UpdateSpec(block, Stamp.New(), change(block.Spec)));
    }

    public async Task<TypedRecord<BlockSpec, BlockStatus>?> BlockAsync(string cidr) =>
        await Store.GetAsync(RecordTypes.Blocks, BlockKey.Of(Cidr.Parse(cidr)), Consistency.Linearizable, CancellationToken.None);

    public async Task<HostStatus?> StatusAsync() =>
        (await Store.GetAsync(RecordTypes.Hosts, Self.Text, Consistency.Linearizable, CancellationToken.None))!.Status;

    public Task<Holding> SyncAsync() => Pass.RunAsync(CancellationToken.None);

    public AddressOutcome Attach(string pod) => Addresses.Attach(new AddressRequest { Key = new AttachmentKey(pod, "eth0"), Tenant = "shop" });

    private async Task PutAsync(Write write) => Assert.IsType<WriteResult.Committed>(await Store.WriteSurelyAsync(write, CancellationToken.None));

    private static BlockSpec Lent(string cidr, long epoch, HostUid to, bool routed) => new()
    {
        Cidr = Cidr.Parse(cidr),
        Network = "pods",
        Group = Cidr.Parse("10.0.0.0/24"),
        Host = to,
        Epoch = epoch,
        Generation = 1,
        Intent = BlockIntent.Lent,
        RoutedEpoch = routed ? epoch : 0,
    };
}
