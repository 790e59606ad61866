using System.Collections.Immutable;
using Romana.Ipam.Addressing;
using Romana.Ipam.Attachments;
using Romana.Ipam.Blocks;
using Romana.Ipam.Hosts;
using Romana.Ipam.Stores;
using Romana.Ipam.Tests.Planning;
using Romana.Ipam.Topologies;

namespace Romana.Ipam.Tests.Attachments;

/// <summary>What a book knows after its process, its machine or its disk was lost.</summary>
public sealed partial class AddressBookRestartTests : IDisposable
{
    private static readonly HostUid Self = new("h-1");
    private static readonly Network Pods = Views.Network(29);
    private readonly InMemoryJournal _journal = new();
    private DateTimeOffset _now = Views.Now;

    public void Dispose() => _journal.Dispose();

    [Fact]
    public void I1_a_restored_journal_serves_nothing_new_until_the_store_confirms_each_block()
    {
        var given = Attach(Held(), "a");
        var copy = _journal.State;
        _journal.State = copy;
        Open(restored: true);
        // The doubt outlives the process that was told of it.
        var book = Open();
        _now += TimeSpan.FromMinutes(2);
        Assert.Equal(ShortageReason.Doubted, Refusal(book, "b"));
        Assert.Equal(given, Attach(book, "a"));
        book.Consider(Reading(Block), Self);
        Assert.NotEqual(given, Attach(book, "b"));
    }

    [Fact]
    public void I1_a_block_that_went_elsewhere_after_the_copy_is_never_served()
    {
        Held();
        _journal.State = _journal.State;
        var book = Open(restored: true);
        Assert.Equal([BlockKey.Of(Block.Cidr)], book.ToVerify([]));
        Assert.Null(book.Consider(Reading(Block with { Epoch = 2, Host = new HostUid("h-2") }), Self));
        Assert.Equal(ShortageReason.NoBlock, Refusal(book, "b"));
        Assert.Empty(book.ToVerify([]));
    }

    [Fact]
    public void A_journal_is_older_than_what_was_reported_of_it()
    {
        var copy = _journal.State;
        var reported = Held().Status(new LifecycleDemand(), null, null);
        Assert.False(Open().IsOlderThan(reported));
        _journal.State = copy;
        Assert.True(Open().IsOlderThan(reported));
        Assert.False(Open().IsOlderThan(null));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void I1_what_the_kernel_shows_is_in_use_whatever_the_journal_says(bool held)
    {
        if (held) Held();
        var book = Open(seen: [new(Key("x"), IpAddress.Parse("10.0.0.0")), new(Key("y"), IpAddress.Parse("10.0.0.2"))]);
        book.Consider(Reading(Block), Self);
        Assert.Equal("10.0.0.0", Attach(book, "x").ToString());
        Assert.Equal("10.0.0.1", Attach(book, "a").ToString());
        Assert.Equal("10.0.0.3", Attach(book, "b").ToString());
        Assert.Equal("10.0.0.2", Attach(Open(), "y").ToString());
        book = Open();
        book.Detach(Key("y"), _now);
        Assert.DoesNotContain(_journal.Load().Attachments, row => row.Key == Key("y"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void I1_a_restored_journal_gives_back_no_block_that_it_lacks_and_keeps_none_that_was_given_back(bool used)
    {
        Open(seen: used ? [new(Key("x"), IpAddress.Parse("10.0.0.0"))] : []);
        if (used)
        {
            Assert.Null(Open().Consider(Reading(Block with { Intent = BlockIntent.Recall }), Self));
            return;
        }

        var said = new BlockStatus { Host = Self, Epoch = 1, Phase = BlockPhase.Returned };
        var book = Held();
        Assert.Equal(BlockPhase.Returned, book.Consider(Reading(Block) with { Said = said }, Self)!.Phase);
        Assert.Empty(book.Status(new LifecycleDemand(), null, null).Held);
    }

    [Fact]
    public void I6_a_block_that_a_lost_journal_had_accepted_rests()
    {
        var book = Open();
        book.Consider(Reading(Block) with { Said = new BlockStatus { Host = Self, Epoch = 1, Phase = BlockPhase.Accepted } }, Self);
        Assert.Equal(ShortageReason.TooYoung, Refusal(book, "a"));
        _now += TimeSpan.FromSeconds(60);
        Attach(book, "a");
    }

    [Fact]
    public void The_kernel_outweighs_a_row_of_another_pod()
    {
        var given = Attach(Held(), "a");
        var book = Open(seen: [new(Key("x"), given)]);
        Assert.Equal(given, Attach(book, "x"));
        Assert.NotEqual(given, Attach(book, "a"));
    }

    [Fact]
    public void I4_a_block_of_a_pod_of_unknown_owner_serves_no_other_owner()
    {
        var tenants = Views.Network(29, OwnerMode.Tenant);
        Held();
        var book = Open(network: tenants, seen: [new(Key("x"), IpAddress.Parse("10.0.0.5"))]);
        Assert.Equal(ShortageReason.NoBlock, Refusal(book, "a"));
        book.Detach(Key("x"), _now);
        Assert.Single(book.Unbind(_now.AddSeconds(60)));
    }

    [Fact]
    public void A_runtime_that_cannot_be_asked_ends_no_pod()
    {
        var given = Attach(Held(), "a");
        var book = Open(boot: "boot-2", running: null);
        Assert.Equal(given, Attach(book, "a"));
        Assert.Empty(Open(boot: "boot-3", running: []).Attachments);
    }

    [Fact]
    public void A_restart_without_a_store_serves_what_was_routed_and_not_what_was_asked_back()
    {
        var book = Held(announced: true);
        book.Consider(Reading(Block with { RoutedEpoch = 1 }), Self);
        book = Open(announced: true);
        Attach(book, "a");
        book.Consider(Reading(Block with { RoutedEpoch = 1, Intent = BlockIntent.Recall }), Self);
        Assert.Equal(ShortageReason.NoBlock, Refusal(Open(announced: true), "b"));
    }

    [Fact]
    public void I7_I11_an_agreement_outlives_the_process_that_gave_it()
    {
        var view = Views.Of(Pods);
        var proposal = new TopologyProposal
        {
            Id = "p-1",
            Document = "old",
            Arenas = view.Topology!.Spec.Arenas,
            BlackOuts = [Cidr.Parse("10.0.0.0/30")],
            Deadline = _now.AddMinutes(1),
        };
        var proposed = new CommittedSpace(view.Layout!, proposal.Arenas, proposal.BlackOuts);
        Assert.Empty(Held().Answer(proposal, proposed, Block.Cidr).Refusals);
        _journal.LosePower();
        var book = Open();
        Assert.Equal(ShortageReason.NoBlock, Refusal(book, "a"));
        book.Consider(Reading(Block, proposal), Self);
        Assert.Equal(ShortageReason.NoBlock, Refusal(book, "a"));
        book.Learn([Terms(Pods) with { Proposed = proposed.Exclusions(Pods), ProposalId = "p-1" }]);
        Assert.Equal("10.0.0.4", Attach(book, "a").ToString());
        book.Learn([Terms(Pods)]);
        book.Consider(Reading(Block), Self);
        Assert.Equal("10.0.0.0", Attach(book, "b").ToString());
    }

    [Fact]
    public void I10_acceptance_and_return_survive_a_power_loss()
    {
        var book = Held();
        _journal.LosePower();
        Assert.Single(Open().Status(new LifecycleDemand(), null, null).Held);
        Assert.Equal(BlockPhase.Returned, book.Consider(Reading(Block with { Intent = BlockIntent.Recall }), Self)!.Phase);
        _journal.LosePower();
        Assert.Empty(Open().Status(new LifecycleDemand(), null, null).Held);
        Assert.Equal(BlockPhase.Returned, Open().Consider(Reading(Block), Self)!.Phase);
    }

    [Fact]
    public void I8_a_repeated_add_does_not_confirm_an_address_of_a_lost_block()
    {
        var book = Held();
        var given = Attach(book, "a");
        book.Consider(Reading(Block with { Epoch = 2, Host = new HostUid("h-2") }), Self);
        Assert.Equal(ShortageReason.Lost, Refusal(book, "a"));
        book.Consider(Reading(Block with { Epoch = 3 }), Self);
        Assert.Equal(given, Attach(book, "a"));
    }

    [Fact]
    public void I9_a_family_that_is_asked_for_twice_is_given_once()
    {
        var twice = new AddressRequest { Key = Key("a"), Tenant = "t", Families = [IpFamily.IPv4, IpFamily.IPv4] };
        Assert.Single(Assert.IsType<AddressOutcome.Attached>(Held().Attach(twice, _now)).Rows);
    }

    [Fact]
    public void I7_a_nodes_address_from_dhcp_is_no_pods()
    {
        var book = Held();
        book.Learn([Terms(Pods) with { Nodes = new HashSet<IpAddress> { IpAddress.Parse("10.0.0.0"), IpAddress.Parse("10.0.0.2") } }]);
        Assert.Equal(["10.0.0.1", "10.0.0.3"], ((string[])["a", "b"]).Select(pod => Attach(book, pod).ToString()));
    }

    [Fact]
    public void Learning_the_same_again_and_again_costs_no_memory()
    {
        var book = Held();
        foreach (var pod in (string[])["a", "b", "c", "d"]) Attach(book, pod);
        foreach (var pod in (string[])["a", "b", "c", "d"]) book.Detach(Key(pod), _now);
        for (var time = 0; time < 1000; time++)
        {
            book.Learn([Terms(Pods)]);
            book.Consider(Reading(Block with { RoutedEpoch = time % 2 }), Self);
        }

        Assert.InRange(book.Entries, 5, 200);
        _now += TimeSpan.FromMinutes(2);
        Assert.Equal("10.0.0.4", Attach(book, "e").ToString());
    }

    private static BlockSpec Block => Views.Block("10.0.0.0/29", 1).Spec;

    private static AttachmentKey Key(string pod) => new(pod, "eth0");

    private static NetworkTerms Terms(Network network) => new() { Network = network, Exclusions = Exclusions.Of(network, []) };

    private static BlockReading Reading(BlockSpec block, TopologyProposal? proposal = null)
    {
        var view = Views.Of(Pods);
        var topology = view.Topology!.Spec with { Proposal = proposal };
        return new BlockReading { Block = block, Own = view.Hosts[0].Spec, Topology = topology, Space = CommittedSpace.Of(topology, view.Layout!) };
    }

    private IpAddress Attach(AddressBook book, string pod) =>
        Assert.Single(Assert.IsType<AddressOutcome.Attached>(book.Attach(Request(pod), _now)).Rows).Address;

    private ShortageReason Refusal(AddressBook book, string pod) => Assert.IsType<AddressOutcome.Refused>(book.Attach(Request(pod), _now)).Reason;

    private static AddressRequest Request(string pod) => new() { Key = Key(pod), Tenant = "t" };

    private AddressBook Held(bool announced = false)
    {
        var book = Open(announced: announced);
        Assert.Equal(BlockPhase.Accepted, book.Consider(Reading(Block), Self)!.Phase);
        return book;
    }

    private AddressBook Open(string boot = "boot-1", bool restored = false, bool announced = false, Network? network = null,
        ImmutableArray<SeenAttachment>? seen = null, HashSet<AttachmentKey>? running = null)
    {
        var book = AddressBook.Open(_journal, new BookOpening { Now = _now, BootId = boot, JournalRestored = restored, InUse = seen ?? [], Running = running });
        book.Learn([Terms(network ?? Pods) with { Announced = announced }]);
        return book;
    }
}
