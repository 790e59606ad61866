using System.Diagnostics;
using Microsoft.Extensions.Logging.Abstractions;
using Romana.Ipam.Addressing;
using Romana.Ipam.Attachments;
using Romana.Ipam.Blocks;
using Romana.Ipam.Hosts;
using Romana.Ipam.Stores;
using Romana.Node.Agent;
using Romana.Node.Agent.Memory;
using Romana.Node.Planning;
using Romana.Stores.Sqlite;

namespace Romana.Node.Tests.Agent;

/// <summary>What a look at the store costs one agent of 5,000 that have 10,000 blocks: no more than it would alone.</summary>
[Collection(nameof(Alone))]
public sealed class StoreScaleTests(ITestOutputHelper output)
{
    private const int Hosts = 5_000, BlocksOfEach = 2;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_look_costs_what_it_costs_alone()
    {
        var folder = Directory.CreateTempSubdirectory("romana-scale-").FullName;
        try
        {
            using var store = SqliteStore.Open(new SqliteStoreOptions { Path = Path.Combine(folder, "romana.db") });
            await FillAsync(store);
            var counted = new CountingStore(store);
            var mirror = new StoreMirror();
            await MeasureAsync("first lists", async () =>
            {
                foreach (var kind in StoreMirror.Kinds) mirror.Take(kind, await counted.ListAsync(kind, Selector.Everything, Consistency.Cached, Stop));
            });
            using var host = await OneHost.RunningAsync();
            var pass = new HoldingPass(counted, host.Addresses, new HostUid("h-1"), new LifecycleDemand(), NullLogger.Instance);
            Assert.True((await pass.RunAsync(Stop)).HasSpoken);
            Assert.Equal(3, counted.Lists);

            var before = counted.Reads;
            var (look, _) = await MeasureAsync("a look", async () => await pass.RunAsync(Stop));
            Assert.Equal(3, counted.Reads - before);
            var (everything, _) = await MeasureAsync("a look that lists everything, as a mirror spares", async () =>
            {
                await pass.RunAsync(Stop);
                var hosts = await store.ListAsync(RecordTypes.Hosts, Selector.Everything, Consistency.Cached, Stop);
                var blocks = await store.ListAsync(RecordTypes.Blocks, Selector.Everything, Consistency.Cached, Stop);
                GC.KeepAlive((hosts, blocks));
            });
            await MeasureAsync("what the fabric follows from, after a change", () =>
            {
                var view = mirror.View();
                GC.KeepAlive(FabricKnowing.Of(view.Hosts[0].Spec, LaidTopology.Of(view.Topology!)!.Space.Layout, [.. view.Hosts.Select(one => one.Spec)], view.Blocks));
                return Task.CompletedTask;
            });
            await MeasureAsync("all of it to the journal's file, once", () =>
            {
                using var journal = SqliteJournal.Open(new SqliteJournalOptions { Path = Path.Combine(folder, "journal.db") });
                var (puts, gone) = mirror.Unsaved();
                journal.Remember(new HostUid("h-1"), DateTimeOffset.UnixEpoch, puts, gone);
                return Task.CompletedTask;
            });
            output.WriteLine($"journal's file with it: {Directory.GetFiles(folder, "journal.db*").Sum(file => new FileInfo(file).Length) / 1024:N0} KB");
            Assert.True(look * 20 < everything, $"a look takes {look:N0} bytes, one that lists everything {everything:N0}");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private async Task<(long Bytes, TimeSpan Took)> MeasureAsync(string what, Func<Task> work)
    {
        var (bytes, begun) = (GC.GetTotalAllocatedBytes(true), Stopwatch.GetTimestamp());
        await work();
        var measured = (Bytes: GC.GetTotalAllocatedBytes(true) - bytes, Took: Stopwatch.GetElapsedTime(begun));
        output.WriteLine($"{what}: {measured.Bytes / 1024:N0} KB, {measured.Took.TotalMilliseconds:N1} ms");
        return measured;
    }

    private static async Task FillAsync(SqliteStore store)
    {
        var layout = Ipam.Topologies.TopologyDocument.Read(Document).Topology!;
        var writes = new List<Write>
        {
            RecordTypes.Topology.Create(RecordTypes.TopologyName, Stamp.New(), new Ipam.Topologies.TopologySpec
            {
                Document = Document,
                Generation = 1,
                Arenas = [.. layout.Networks.Select(one => new Ipam.Topologies.Arena(one.Name, one.Cidr, one.BlockMask))],
            }),
        };
        var network = layout.Networks[0].Cidr;
        for (var i = 1; i <= Hosts; i++)
        {
            writes.Add(RecordTypes.Hosts.Create($"h-{i}", Stamp.New(), new HostSpec
            {
                Uid = new($"h-{i}"),
                Name = $"ip-10-0-{i / 256}-{i % 256}.us-west-2.compute.internal",
                Evidence = new HostEvidence { InstanceId = $"i-0123456789abc{i:x4}" },
                Addresses = [IpAddress.Parse($"10.0.{i / 256}.{i % 256}")],
                Groups = System.Collections.Immutable.ImmutableSortedDictionary<string, Cidr>.Empty.Add("pods", network),
                PodInterface = new PodInterface { Id = $"eni-0123456789abc{i:x4}", Address = IpAddress.Parse($"10.0.{i / 256}.{i % 256}"), Link = $"subnet-{i % 6}" },
                AgentAdmitted = true,
            }));
            for (var block = 0; block < BlocksOfEach; block++)
            {
                var cidr = network.Slice(26, (UInt128)(i * BlocksOfEach + block));
                writes.Add(RecordTypes.Blocks.Create(BlockKey.Of(cidr), Stamp.New(), new BlockSpec
                {
                    Cidr = cidr,
                    Network = "pods",
                    Group = network,
                    Host = new($"h-{i}"),
                    Epoch = 1,
                    Generation = 1,
                    Intent = BlockIntent.Lent,
                    RoutedEpoch = 1,
                }));
            }
        }

        foreach (var some in writes.Chunk(1_000)) Assert.All(await store.WriteAsync(some, Stop), result => Assert.IsType<WriteResult.Committed>(result));
    }

    private const string Document = """
        {"apiVersion":"romana.io/v1alpha1","networks":[{"name":"pods","cidr":"10.128.0.0/9","block_mask":26,"owner":"host"}],
         "topologies":[{"networks":["pods"],"map":[{"groups":[]}]}]}
        """;
}

/// <summary>What counts the process's memory runs beside nothing else.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;
