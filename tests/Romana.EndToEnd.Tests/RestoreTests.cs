using System.Collections.Immutable;
using Microsoft.Data.Sqlite;
using Romana.Demo.Ec2;
using Romana.EndToEnd.Tests.BadInput;
using Romana.Ipam.Attachments;
using Romana.Ipam.Blocks;
using Romana.Ipam.Stores;
using Romana.Stores.Sqlite;

namespace Romana.EndToEnd.Tests;

/// <summary>A store put back from a backup grants nothing until its review is over, and grants again afterwards.</summary>
public sealed class RestoreTests
{
    [Fact]
    public async Task A_restored_store_is_reviewed_once_and_then_serves_a_host_that_joined()
    {
        await using var rig = await Rig.StartAsync(new VpcScenario(Zones: 1, SubnetsPerZone: 1, Hosts: 3));
        var store = (InMemoryStore)rig.Store;
        await using (rig.Controller()) await rig.SettledAsync();
        var before = rig.PodRoutes();
        store.Restore(store.Save());
        var tags = rig.Vpc.State.Instances.Values.First().Tags.SetItem("Name", "late");
        rig.Vpc.Launch(new Launch { SubnetId = rig.Vpc.State.Subnets.Keys.First(), Name = "late", Tags = tags });

        rig.Options = rig.Options with { NewStore = false };
        await using var controller = rig.Controller();
        await rig.UntilAsync(() => rig.State.Current.Conditions.Any(standing => standing.Condition.Type == "StoreUnderReview"), "the review");
        Assert.Equal(StoreStanding.Rewound, store.Standing);
        await rig.UntilAsync(() => rig.PodRoutes().Count > before.Count, "a route to the host that joined");

        Assert.Equal(StoreStanding.Trusted, store.Standing);
        Assert.Empty(before.Except(rig.PodRoutes()));
    }

    /// <summary>
    /// After the copy a host joined and another one's block filled up: two grants, which hosts, journals and tables alone know of. The store goes back
    /// under the agents, which go on with what they hold and report it.
    /// </summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Grants_that_an_older_store_forgot_come_back_from_the_hosts_and_no_route_goes(bool file)
    {
        await using var rig = await Rig.StartAsync(new VpcScenario(Zones: 1, SubnetsPerZone: 1, Hosts: 3) { Foreign = ForeignRoutes.Every }, speed: file ? 30 : 100);
        using var folder = new TempFolder();
        using var store = file ? new FileBackup(rig, folder) : (IBackup)new MemoryBackup(rig);
        var agents = Nodes(rig).Select(instance => new RigAgent(rig, instance.Name!)).ToList();
        var others = rig.OtherRoutes();
        ImmutableSortedSet<string> routes;
        await using (rig.Controller())
        {
            await AllAsync(rig, agents, () => agents.TrueForAll(agent => agent.Held.Count == 1 && agent.Attach("first") is AddressOutcome.Attached), "a pod everywhere");
            store.Save();
            agents.Add(Join(rig, "late"));
            for (var pod = 0; pod < 55; pod++) Assert.IsType<AddressOutcome.Attached>(agents[0].Attach($"pod-{pod}"));
            await AllAsync(rig, agents, () => agents[0].Held.Count == 2 && agents[^1].Attach("first") is AddressOutcome.Attached, "two grants after the copy");
            await rig.SettledAsync();
            routes = rig.PodRoutes();
        }

        var held = agents.SelectMany(agent => agent.Held).OrderBy(block => block.Cidr).ToList();
        Assert.Equal(5, held.Count);
        store.Restore();
        rig.Vpc.ForgetCalls();
        rig.Options = rig.Options with { NewStore = false };
        Assert.Equal(StoreStanding.Rewound, Standing(rig));
        await using var controller = rig.Controller();
        await AllAsync(rig, agents, () => Standing(rig) == StoreStanding.Trusted, "the end of the review");
        agents.Add(Join(rig, "later"));
        await AllAsync(rig, agents, () => agents[^1].Attach("first") is AddressOutcome.Attached, "a pod on a host that joined after the review");
        await rig.SettledAsync();

        var blocks = (await rig.BlocksAsync()).Where(block => block.Intent == BlockIntent.Lent).ToDictionary(block => block.Cidr);
        Assert.Equal(held, agents.SkipLast(1).SelectMany(agent => agent.Held).OrderBy(block => block.Cidr));
        Assert.All(agents, agent => Assert.All(agent.Held, block => Assert.Equal((agent.Uid, block.Epoch), (blocks[block.Cidr].Host, blocks[block.Cidr].Epoch))));
        var now = agents.SelectMany(agent => agent.Held.Select(block => block.Cidr)).Order().ToList();
        Assert.DoesNotContain(now.Zip(now.Skip(1)), pair => pair.First.Overlaps(pair.Second));
        Assert.Empty(routes.Except(rig.PodRoutes()));
        Assert.Equal(others, rig.OtherRoutes());

        // What the old ledger says of a route that is long gone may be sent once more: it finds nothing.
        Assert.DoesNotContain(rig.Vpc.Calls, call => call is { Action: "DeleteRoute" or "ReplaceRoute", Outcome: "ok" });
    }

    [Fact]
    public async Task A_topology_is_not_applied_to_a_store_that_went_back_and_the_remedy_is_the_review()
    {
        await using var rig = await Rig.StartAsync(new VpcScenario(Zones: 1, SubnetsPerZone: 1, Hosts: 3));
        using var folder = new TempFolder();
        using (var store = new FileBackup(rig, folder))
        {
            await using (rig.Controller())
            {
                await rig.SettledAsync();
                store.Save();
                Join(rig, "late").Dispose();
                await rig.UntilAsync(() => rig.PodRoutes().Any(route => route.EndsWith(rig.EniOf("late"), StringComparison.Ordinal)), "a grant after the copy");
            }

            store.Restore();
        }

        var wider = folder.File("wider.json", rig.Topology.Replace("10.244.0.0/16", "10.244.0.0/15", StringComparison.Ordinal));
        var refused = await ProgramAnswer.Of("topology", "apply", wider, "--store", folder.Store);
        refused.IsClear(1, "gone back in time", "Remedy: start romana controller");
        Assert.DoesNotContain("make room", refused.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("10.244.0.0/15", (await ProgramAnswer.Of("topology", "show", "--store", folder.Store)).Out, StringComparison.Ordinal);
    }

    /// <summary>Not the instances that foreign routes lead to.</summary>
    private static IEnumerable<Instance> Nodes(Rig rig) =>
        rig.Vpc.State.Instances.Values.Where(instance => instance.Tags.Keys.Any(tag => tag.StartsWith("romana.io/cluster", StringComparison.Ordinal)));

    private static RigAgent Join(Rig rig, string name)
    {
        var tags = Nodes(rig).First().Tags.SetItem("Name", name);
        rig.Vpc.Launch(new Launch { SubnetId = rig.Vpc.State.Subnets.Keys.First(), Name = name, Tags = tags });
        return new RigAgent(rig, name);
    }

    /// <summary>All agents look at the store again and again meanwhile.</summary>
    private static Task AllAsync(Rig rig, List<RigAgent> agents, Func<bool> condition, string what) => rig.UntilAsync(() =>
    {
        foreach (var agent in agents) agent.LookAsync().GetAwaiter().GetResult();
        return condition();
    }, what);

    private static StoreStanding Standing(Rig rig) => ((IStoreStanding)rig.Store).Standing;
}

/// <summary>A store of the rig that can be put back to what it was once.</summary>
internal interface IBackup : IDisposable
{
    void Save();

    void Restore();
}

internal sealed class MemoryBackup(Rig rig) : IBackup
{
    private readonly InMemoryStore _store = (InMemoryStore)rig.Store;
    private ImmutableSortedDictionary<RecordKey, StoredRecord>? _copy;

    public void Save() => _copy = _store.Save();

    public void Restore() => _store.Restore(_copy!);

    public void Dispose()
    {
        // Nothing is held.
    }
}

/// <summary>A SQLite file, copied while everything runs as docs/operations.md says: without the note beside it.</summary>
internal sealed class FileBackup : IBackup
{
    private readonly TempFolder _folder;
    private readonly Rig _rig;
    private SqliteStore _store;

    public FileBackup(Rig rig, TempFolder folder)
    {
        (_rig, _folder) = (rig, folder);
        _rig.Store = _store = Open();
    }

    private string Copy => Path.Combine(_folder.Path, "copy.db");

    public void Save()
    {
        using SqliteConnection from = new($"Data Source={_folder.Store};Pooling=False"), to = new($"Data Source={Copy};Pooling=False");
        from.Open();
        to.Open();
        from.BackupDatabase(to);
    }

    public void Restore()
    {
        _store.Dispose();
        foreach (var of in (string[])["-wal", "-shm"]) File.Delete(_folder.Store + of);
        File.Copy(Copy, _folder.Store, overwrite: true);
        _rig.Store = _store = Open();
    }

    public void Dispose() => _store.Dispose();

    private SqliteStore Open() => SqliteStore.Open(new SqliteStoreOptions { Path = _folder.Store });
}
