using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Romana.Ipam.Addressing;
using Romana.Ipam.Attachments;
using Romana.Ipam.Blocks;
using Romana.Ipam.Hosts;
using Romana.Ipam.Stores;
using Romana.Ipam.Topologies;
using Romana.Node.Agent;
using Romana.Node.Cni;
using Romana.Node.Linux.Namespaces;
using Romana.Node.Linux.Wiring;
using Romana.Stores.Sqlite;

namespace Romana.Node.Child;

/// <summary>
/// The agent's half that serves pods, all of it real: journal on disk, address book, kernel, socket. The store behind it
/// has lent one block of each family to this host and says no more.
/// </summary>
internal sealed class LocalNode : IAsyncDisposable
{
    public const string Block4 = "10.1.0.0/20", Block6 = "fd00:10::/116";

    private const string Network4 = "10.1.0.0/16", Network6 = "fd00:10::/64";

    private static readonly HostUid Self = new("h-1");

    private readonly SqliteJournal _journal;
    private readonly PodWiring _wiring;
    private readonly AttachmentServer _server;

    private LocalNode(SqliteJournal journal, PodAddresses addresses, PodWiring wiring, AttachmentServer server) =>
        (_journal, Addresses, _wiring, _server) = (journal, addresses, wiring, server);

    public PodAddresses Addresses { get; }

    public IPodWiring Wiring => _wiring;

    /// <param name="folder">Holds socket and journal.</param>
    /// <param name="space">The host's namespace; null is this process's own.</param>
    public static async Task<LocalNode> StartAsync(string folder, NetworkNamespace? space, LinkTerms terms, ILoggerFactory logs, bool dual = true)
    {
        var journal = SqliteJournal.Open(new SqliteJournalOptions { Path = Path.Combine(folder, "journal.db") });
        var wiring = PodWiring.Open(space, terms, logs.CreateLogger<PodWiring>());
        var addresses = new PodAddresses(journal, TimeProvider.System);
        addresses.Open(new BookOpening { Now = TimeProvider.System.GetUtcNow(), BootId = "boot", InUse = await wiring.LookAsync(default).ConfigureAwait(false) });
        var readiness = new Readiness();
        var holding = await new HoldingPass(await StoreAsync(dual).ConfigureAwait(false), addresses, Self, new LifecycleDemand(), logs.CreateLogger<HoldingPass>())
            .RunAsync(default).ConfigureAwait(false);
        readiness.Set(OwnNetworks.Terms(holding.Own!, holding.Space!, null, null, []), [], null);
        var attachments = new Attachments(addresses, wiring, readiness, new PendingDeletes(Path.Combine(folder, "pending")), logs.CreateLogger<Attachments>());
        var server = await AttachmentServer.StartAsync(SocketIn(folder), attachments, null, default).ConfigureAwait(false);
        return new LocalNode(journal, addresses, wiring, server);
    }

    public static string SocketIn(string folder) => Path.Combine(folder, "cni.sock");

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync().ConfigureAwait(false);
        await _wiring.DisposeAsync().ConfigureAwait(false);
        _journal.Dispose();
    }

    private static async Task<InMemoryStore> StoreAsync(bool dual)
    {
        var names = dual ? "\"pods\",\"pods6\"" : "\"pods\"";
        var document = $$"""
            {"apiVersion":"romana.io/v1alpha1",
             "networks":[{"name":"pods","cidr":"{{Network4}}","block_mask":20,"owner":"host"}{{(dual ? $$""",{"name":"pods6","cidr":"{{Network6}}","block_mask":116,"owner":"host"}""" : "")}}],
             "topologies":[{"networks":[{{names}}],"map":[{"groups":[]}]}]}
            """;
        var layout = TopologyDocument.Read(document).Topology!;
        var store = new InMemoryStore();
        await PutAsync(store, RecordTypes.Topology.Create("topology", Stamp.New(), new TopologySpec
        {
            Document = document,
            Generation = 1,
            Arenas = [.. layout.Networks.Select(one => new Arena(one.Name, one.Cidr, one.BlockMask))],
        })).ConfigureAwait(false);
        var networks = layout.Networks.ToImmutableSortedDictionary(one => one.Name, one => one.Cidr);
        await PutAsync(store, RecordTypes.Hosts.Create(Self.Text, Stamp.New(), new HostSpec { Uid = Self, Name = "node-1", Groups = networks, AgentAdmitted = true })).ConfigureAwait(false);
        foreach (var network in layout.Networks)
        {
            await PutAsync(store, RecordTypes.Blocks.Create(BlockKey.Of(Block(network)), Stamp.New(), new BlockSpec
            {
                Cidr = Block(network),
                Network = network.Name,
                Group = network.Cidr,
                Host = Self,
                Epoch = 1,
                Generation = 1,
                Intent = BlockIntent.Lent,
                RoutedEpoch = 1,
            })).ConfigureAwait(false);
        }

        return store;
    }

    private static Cidr Block(Network network) => Cidr.Parse(network.Cidr.Family == IpFamily.IPv4 ? Block4 : Block6);

    private static async Task PutAsync(InMemoryStore store, Write write)
    {
        if (await store.WriteSurelyAsync(write, default).ConfigureAwait(false) is not WriteResult.Committed)
            throw new InvalidOperationException($"{write.Key} was not written");
    }
}
