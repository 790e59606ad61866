using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Romana.Ipam.Addressing;
using Romana.Ipam.Attachments;
using Romana.Ipam.Blocks;
using Romana.Ipam.Hosts;
using Romana.Ipam.Stores;
using Romana.Node.Agent;
using Romana.Node.Agent.Memory;

namespace Romana.Node.Tests.Agent.Memory;

/// <summary>An agent's file from one start to the next while no store can be asked; invariants by their numbers.</summary>
public sealed class AgentMemoryTests : IDisposable
{
    private const string Document = """
        {"apiVersion":"romana.io/v1alpha1","networks":[{"name":"pods","cidr":"10.0.0.0/24","block_mask":29,"owner":"host"}],
         "topologies":[{"networks":["pods"],"map":[{"groups":[]}]}]}
        """;

    private static readonly HostUid Self = new("h-1");

    private readonly string _folder = Directory.CreateTempSubdirectory("romana-memory-").FullName;
    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly InMemoryStore _store = new();

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task I10_after_a_kill_it_goes_on_where_it_was_and_I8_answers_the_same_again()
    {
        await ReadStoreAsync();
        IpAddress first;
        using (var before = Open())
        {
            Assert.True(before.Recall());
            first = Taken(before.Attach("a"));
        }

        _clock.Advance(TimeSpan.FromDays(3));
        using var again = Open();
        Assert.IsType<JournalTrust.Current>(again.Memory.Trust);
        Assert.True(again.Recall());
        Assert.Equal(first, Taken(again.Attach("a")));
        Assert.NotEqual(first, Taken(again.Attach("b")));
        Assert.Single(again.Memory.Mirror.View().Blocks);
    }

    [Fact]
    public async Task I6_after_a_boot_it_serves_while_nobody_can_have_taken_it_for_dead_and_all_that_is_free_rests()
    {
        await ReadStoreAsync();
        _clock.Advance(TimeSpan.FromMinutes(4));
        using var again = Open("boot-2");
        Assert.IsType<JournalTrust.Current>(again.Memory.Trust);
        Assert.True(again.Recall());
        Assert.Equal(ShortageReason.TooYoung, Assert.IsType<AddressOutcome.Refused>(again.Attach("a")).Reason);
        _clock.Advance(TimeSpan.FromSeconds(61));
        Assert.Empty(Assert.IsType<AddressOutcome.Attached>(again.Attach("a")).EarlyReuse);
    }

    [Fact]
    public async Task I1_after_a_long_absence_its_blocks_wait_for_the_store()
    {
        await ReadStoreAsync();
        _clock.Advance(TimeSpan.FromMinutes(6));
        using (var again = Open("boot-2"))
        {
            Assert.IsType<JournalTrust.Unconfirmed>(again.Memory.Trust);
            Assert.Null(again.Memory.Own);
            Assert.False(again.Recall());
        }

        // Killed and started again it is no wiser, although this boot has its mark by now.
        using var third = Open("boot-2");
        Assert.False(third.Recall());
        await third.ReadAsync(_store);
        _clock.Advance(TimeSpan.FromSeconds(61));
        Assert.IsType<AddressOutcome.Attached>(third.Attach("a"));
    }

    [Fact]
    public async Task I1_a_journal_that_is_put_back_serves_nothing_new_and_the_store_heals_it()
    {
        await ReadStoreAsync();
        var copy = File.ReadAllBytes(Path.Combine(_folder, "journal.db"));
        IpAddress standing;
        using (var before = Open())
        {
            Assert.True(before.Recall());
            standing = Taken(before.Attach("a"));
        }

        File.WriteAllBytes(Path.Combine(_folder, "journal.db"), copy);
        using var again = Open("boot-1", new SeenAttachment(new AttachmentKey("a", "eth0"), standing));
        Assert.IsType<JournalTrust.Restored>(again.Memory.Trust);
        Assert.False(again.Recall());

        // Whatever it is told of networks, its blocks are in doubt until the store confirms each.
        again.Addresses.Learn([new NetworkTerms { Network = Layout().Networks[0], Exclusions = Exclusions.Of(Layout().Networks[0], []) }]);
        Assert.Equal(ShortageReason.Doubted, Assert.IsType<AddressOutcome.Refused>(again.Attach("b")).Reason);
        await again.ReadAsync(_store);
        _clock.Advance(TimeSpan.FromSeconds(61));
        Assert.NotEqual(standing, Taken(again.Attach("b")));
    }

    [Fact]
    public async Task A_machine_that_was_cloned_with_its_disk_recalls_nothing()
    {
        await ReadStoreAsync();
        using (var clone = Open(machine: "m-2"))
        {
            Assert.Null(clone.Memory.Own);
            Assert.False(clone.Recall());
        }

        using var original = Open();
        Assert.Null(original.Memory.Own);
    }

    [Fact]
    public async Task A_host_that_was_dead_when_it_last_read_recalls_nothing()
    {
        await ReadStoreAsync(HostCondition.Dead);
        using var again = Open();
        Assert.False(again.Recall());
    }

    [Fact]
    public async Task What_changed_is_written_and_a_look_that_finds_nothing_new_confirms_every_ten_seconds_only()
    {
        await ReadStoreAsync();
        long Changes() => new FileInfo(Path.Combine(_folder, "journal.db-wal")) is { Exists: true } wal ? wal.Length : 0;
        using var running = Open();
        await running.ReadAsync(_store);
        running.Memory.Keep(Self);
        var before = Changes();
        for (var second = 0; second < 9; second++)
        {
            _clock.Advance(TimeSpan.FromSeconds(1));
            running.Memory.Keep(Self);
        }

        Assert.Equal(before, Changes());
        _clock.Advance(TimeSpan.FromSeconds(1));
        running.Memory.Keep(Self);
        Assert.NotEqual(before, Changes());
    }

    private static Ipam.Topologies.Topology Layout() => Ipam.Topologies.TopologyDocument.Read(Document).Topology!;

    private static IpAddress Taken(AddressOutcome outcome) => Assert.IsType<AddressOutcome.Attached>(outcome).Rows[0].Address;

    /// <summary>A first life: the store lends a block, the agent accepts it and is killed.</summary>
    private async Task ReadStoreAsync(HostCondition condition = HostCondition.Live)
    {
        await PutAsync(RecordTypes.Topology.Create(RecordTypes.TopologyName, Stamp.New(), new Ipam.Topologies.TopologySpec
        {
            Document = Document,
            Generation = 1,
            Arenas = [.. Layout().Networks.Select(one => new Ipam.Topologies.Arena(one.Name, one.Cidr, one.BlockMask))],
        }));
        await PutAsync(RecordTypes.Hosts.Create(Self.Text, Stamp.New(), new HostSpec
        {
            Uid = Self,
            Name = "node-1",
            Evidence = new HostEvidence { MachineId = "m-1" },
            Groups = System.Collections.Immutable.ImmutableSortedDictionary<string, Cidr>.Empty.Add("pods", Cidr.Parse("10.0.0.0/24")),
            AgentAdmitted = true,
            Condition = condition,
        }));
        await PutAsync(RecordTypes.Blocks.Create(BlockKey.Of(Cidr.Parse("10.0.0.8/29")), Stamp.New(), new BlockSpec
        {
            Cidr = Cidr.Parse("10.0.0.8/29"),
            Network = "pods",
            Group = Cidr.Parse("10.0.0.0/24"),
            Host = Self,
            Epoch = 1,
            Generation = 1,
            Intent = BlockIntent.Lent,
            RoutedEpoch = 1,
        }));
        using var life = Open();
        await life.ReadAsync(_store);
        life.Memory.Keep(Self);
    }

    private async Task PutAsync(Write write) => Assert.IsType<WriteResult.Committed>(await _store.WriteSurelyAsync(write, default));

    private Life Open(string boot = "boot-1", SeenAttachment? seen = null, string machine = "m-1") => new(_folder, boot, machine, seen, _clock);

    /// <summary>One life of an agent, of which nothing outlives the file.</summary>
    private sealed class Life : IDisposable
    {
        public Life(string folder, string boot, string machine, SeenAttachment? seen, FakeTimeProvider clock)
        {
            var options = new AgentOptions { Store = "", Journal = Path.Combine(folder, "journal.db"), Socket = Path.Combine(folder, "s"), Name = "node-1", MachineId = machine };
            Memory = AgentMemory.Open(options, boot, [], clock, NullLogger.Instance);
            Addresses = new PodAddresses(Memory.Journal, clock);
            Addresses.Open(new BookOpening
            {
                Now = clock.GetUtcNow(),
                BootId = boot,
                JournalRestored = Memory.Trust is JournalTrust.Restored,
                Unconfirmed = Memory.Trust is JournalTrust.Unconfirmed,
                InUse = seen is null ? [] : [seen],
            });
        }

        public AgentMemory Memory { get; }

        public PodAddresses Addresses { get; }

        public AddressOutcome Attach(string pod) => Addresses.Attach(new AddressRequest { Key = new AttachmentKey(pod, "eth0"), Tenant = "shop" });

        public async Task ReadAsync(InMemoryStore store)
        {
            foreach (var kind in StoreMirror.Kinds) Memory.Mirror.Take(kind, await store.ListAsync(kind, Selector.Everything, Consistency.Cached, default));
            await new HoldingPass(store, Addresses, Self, new LifecycleDemand(), NullLogger.Instance).RunAsync(default);
        }

        /// <summary>What <see cref="Telling"/> does for the book.</summary>
        public bool Recall()
        {
            if (Memory.Own is not { } own || LaidTopology.Of(Memory.Mirror.View().Topology!) is not { } topology) return false;
            return Addresses.Recall(OwnNetworks.Terms(own, topology.Space, topology.Spec.Proposal, topology.Proposed, []));
        }

        public void Dispose() => Memory.Dispose();
    }
}
