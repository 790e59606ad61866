using Romana.Ipam.Addressing;
using Romana.Ipam.Blocks;
using Romana.Ipam.Hosts;
using Romana.Ipam.Stores;
using Romana.Ipam.Topologies;
using Romana.Node.Agent.Memory;

namespace Romana.Node.Tests.Agent.Memory;

/// <summary>The mirror against a real store's lists and watches: the same records, and no news where nothing is new.</summary>
public sealed class StoreMirrorTests
{
    private readonly InMemoryStore _store = new();
    private readonly StoreMirror _mirror = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task It_is_whole_after_one_list_of_each_kind()
    {
        await PutAsync(RecordTypes.Hosts.Create("h-1", Stamp.New(), Host("h-1")));
        foreach (var kind in StoreMirror.Kinds)
        {
            Assert.False(_mirror.IsWhole);
            Assert.True(_mirror.Take(kind, await ListAsync(kind)), "a first list is news, also an empty one");
        }

        Assert.True(_mirror.IsWhole);
        Assert.Equal("h-1", Assert.Single(_mirror.View().Hosts).Spec.Uid.Text);
        Assert.False(_mirror.Take(RecordKind.Host, await ListAsync(RecordKind.Host)));
    }

    [Fact]
    public async Task Counters_and_use_are_no_news_but_a_node_address_is()
    {
        await PutAsync(RecordTypes.Hosts.Create("h-1", Stamp.New(), Host("h-1")));
        await PutAsync(RecordTypes.Blocks.Create("b", Stamp.New(), Block("10.0.0.0/29")));
        await ListAllAsync();
        var before = _mirror.View();

        await SayAsync("h-1", new HostStatus { JournalCounter = 7 });
        Assert.False(_mirror.Take(RecordKind.Host, await ListAsync(RecordKind.Host)));
        var block = (await _store.GetAsync(RecordTypes.Blocks, "b", Consistency.Linearizable, Stop))!;
        await PutAsync(RecordTypes.Blocks.UpdateStatus(block, Stamp.New(), new BlockStatus { Host = new("h-1"), Epoch = 1, Phase = BlockPhase.Accepted, InUse = 3 }));
        Assert.False(_mirror.Take(RecordKind.Block, await ListAsync(RecordKind.Block)));
        Assert.Same(before, _mirror.View());

        var nodes = HostStatusNodes("red", "10.8.0.2");
        await SayAsync("h-1", new HostStatus { JournalCounter = 8, NodeAddresses = nodes });
        Assert.True(_mirror.Take(RecordKind.Host, await ListAsync(RecordKind.Host)));
        Assert.Equal(nodes, Assert.Single(_mirror.View().Hosts).NodeAddresses);
    }

    [Fact]
    public async Task What_a_watch_or_a_later_list_no_longer_shows_is_gone()
    {
        foreach (var name in new[] { "h-1", "h-2", "h-3" }) await PutAsync(RecordTypes.Hosts.Create(name, Stamp.New(), Host(name)));
        await ListAllAsync();
        var gone = (await _store.GetAsync(RecordTypes.Hosts, "h-2", Consistency.Linearizable, Stop))!;
        Assert.True(_mirror.Take(new WatchEvent.Deleted(gone.Key, gone.Expected.Uid)));
        Assert.False(_mirror.Take(new WatchEvent.Deleted(gone.Key, gone.Expected.Uid)));
        await PutAsync(RecordTypes.Hosts.Delete((await _store.GetAsync(RecordTypes.Hosts, "h-3", Consistency.Linearizable, Stop))!, Stamp.New()));
        await PutAsync(RecordTypes.Hosts.Delete(gone, Stamp.New()));
        Assert.True(_mirror.Take(RecordKind.Host, await ListAsync(RecordKind.Host)));
        Assert.Equal("h-1", Assert.Single(_mirror.View().Hosts).Spec.Uid.Text);
    }

    [Fact]
    public async Task What_changed_is_to_be_remembered_once_and_a_start_from_it_shows_the_same()
    {
        await PutAsync(RecordTypes.Hosts.Create("h-1", Stamp.New(), Host("h-1")));
        await SayAsync("h-1", new HostStatus { JournalCounter = 5, NodeAddresses = HostStatusNodes("red", "10.8.0.2") });
        await PutAsync(RecordTypes.Blocks.Create("b", Stamp.New(), Block("10.0.0.0/29")));
        await PutAsync(RecordTypes.Topology.Create(RecordTypes.TopologyName, Stamp.New(), new TopologySpec { Document = OneHost.Flat, Generation = 3, Arenas = [] }));
        await ListAllAsync();
        var (puts, gone) = _mirror.Unsaved();
        Assert.Equal((3, 0), (puts.Count, gone.Count));
        Assert.Empty(_mirror.Unsaved().Puts);

        var again = new StoreMirror(puts);
        Assert.False(again.IsWhole);
        var (was, now) = (_mirror.View(), again.View());
        Assert.Equal(was.Hosts.Select(host => host.Spec.Name), now.Hosts.Select(host => host.Spec.Name));
        Assert.Equal(was.Hosts[0].NodeAddresses, now.Hosts[0].NodeAddresses);
        Assert.Equal(was.Blocks, now.Blocks);
        Assert.Equal(3, now.Topology!.Generation);

        // The store's first list after such a start is compared with what is remembered.
        await PutAsync(RecordTypes.Blocks.Delete((await _store.GetAsync(RecordTypes.Blocks, "b", Consistency.Linearizable, Stop))!, Stamp.New()));
        foreach (var kind in StoreMirror.Kinds) again.Take(kind, await ListAsync(kind));
        var (later, lost) = again.Unsaved();
        Assert.Empty(later);
        Assert.Equal("b", Assert.Single(lost).Name);
        again.Failed(lost);
        Assert.Equal("b", Assert.Single(again.Unsaved().Gone).Name);
    }

    private static System.Collections.Immutable.ImmutableSortedDictionary<string, NodeAddress> HostStatusNodes(string network, string address) =>
        System.Collections.Immutable.ImmutableSortedDictionary<string, NodeAddress>.Empty.Add(network, new NodeAddress(IpAddress.Parse(address), "02:00:00:00:00:01"));

    private static HostSpec Host(string uid) => new() { Uid = new(uid), Name = uid };

    private static BlockSpec Block(string cidr) => new()
    {
        Cidr = Cidr.Parse(cidr),
        Network = "pods",
        Group = Cidr.Parse("10.0.0.0/24"),
        Host = new("h-1"),
        Epoch = 1,
        Generation = 1,
        Intent = BlockIntent.Lent,
    };

    private async Task ListAllAsync()
    {
        foreach (var kind in StoreMirror.Kinds) _mirror.Take(kind, await ListAsync(kind));
    }

    private async Task SayAsync(string name, HostStatus status) =>
        await PutAsync(RecordTypes.Hosts.UpdateStatus((await _store.GetAsync(RecordTypes.Hosts, name, Consistency.Linearizable, Stop))!, Stamp.New(), status));

    private ValueTask<Listing> ListAsync(RecordKind kind) => _store.ListAsync(kind, Selector.Everything, Consistency.Cached, default);

    private async Task PutAsync(Write write) => Assert.IsType<WriteResult.Committed>(await _store.WriteSurelyAsync(write, default));
}
