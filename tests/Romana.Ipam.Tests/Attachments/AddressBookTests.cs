using Romana.Ipam.Addressing;
using Romana.Ipam.Attachments;
using Romana.Ipam.Blocks;
using Romana.Ipam.Hosts;
using Romana.Ipam.Stores;
using Romana.Ipam.Tests.Planning;
using Romana.Ipam.Topologies;

namespace Romana.Ipam.Tests.Attachments;

public sealed class AddressBookTests : IDisposable
{
    private static readonly HostUid Self = new("h-1");
    private readonly InMemoryJournal _journal = new();
    private DateTimeOffset _now = Views.Now;

    public void Dispose() => _journal.Dispose();

    [Fact]
    public void I8_asking_again_gives_the_same_and_giving_back_twice_is_nothing()
    {
        var book = Book(Views.Network(29));
        var first = Attach(book, "a");
        Assert.Equal(first, Attach(book, "a"));
        book.Detach(Key("a"), _now);
        var counter = book.Head.Counter;
        book.Detach(Key("a"), _now);
        Assert.Equal(counter, book.Head.Counter);
    }

    [Fact]
    public void I9_dual_stack_is_all_or_nothing()
    {
        var book = Book(Views.Network(29));
        var both = new AddressRequest { Key = Key("a"), Families = [IpFamily.IPv4, IpFamily.IPv6] };
        Assert.Equal(ShortageReason.NoNetwork, Assert.IsType<AddressOutcome.Refused>(book.Attach(both, _now)).Reason);
        Assert.Empty(book.Attachments);
        Assert.Empty(_journal.Load().Attachments);
    }

    [Fact]
    public void I6_the_oldest_comes_again_first_never_under_five_seconds_and_with_a_word()
    {
        var book = Book(Views.Network(30));
        foreach (var pod in (string[])["a", "b", "c", "d"]) Attach(book, pod);
        book.Detach(Key("c"), _now);
        _now += TimeSpan.FromSeconds(2);
        book.Detach(Key("a"), _now);
        Assert.Equal(ShortageReason.TooYoung, Assert.IsType<AddressOutcome.Refused>(book.Attach(Request("e"), _now)).Reason);
        _now += TimeSpan.FromSeconds(4);
        var early = Assert.IsType<AddressOutcome.Attached>(book.Attach(Request("e"), _now));
        Assert.Equal("10.0.0.2", Assert.Single(early.EarlyReuse).ToString());

        // The controller hears of it by the host's record, and a record that says it already goes on saying it.
        var said = book.Status(new LifecycleDemand(), null, null);
        Assert.Equal(new EarlyReuse(early.EarlyReuse[0], _now, 1), said.EarlyReuse);
        Assert.Equal(said.EarlyReuse, Book(Views.Network(30)).Status(new LifecycleDemand(), said, null).EarlyReuse);
    }

    [Fact]
    public void I6_after_a_reboot_everything_free_counts_as_given_back_now()
    {
        var network = Views.Network(30);
        Attach(Book(network), "a");
        var after = Open(network, "boot-2");
        Assert.Empty(after.Attachments);
        Assert.IsType<AddressOutcome.Refused>(after.Attach(Request("b"), _now));
        _now += TimeSpan.FromSeconds(61);
        Assert.Empty(Assert.IsType<AddressOutcome.Attached>(after.Attach(Request("b"), _now)).EarlyReuse);
    }

    [Fact]
    public void I10_a_restart_finds_what_was_answered()
    {
        var network = Views.Network(29);
        var given = Attach(Book(network), "a");
        var after = Open(network, "boot-1");
        Assert.Equal(given, Attach(after, "a"));
        Assert.NotEqual(given, Attach(after, "b"));
    }

    [Fact]
    public void I7_addresses_of_the_link_are_nobodys()
    {
        var network = Views.Network(29) with { Vlan = 7, Gateway = IpAddress.Parse("10.0.0.1"), Reserved = [Cidr.Parse("10.0.0.2/31")] };
        var book = Book(network);
        Assert.Equal(["10.0.0.4", "10.0.0.5", "10.0.0.6", "10.0.0.7"], Enumerable.Range(0, 4).Select(pod => Attach(book, $"{pod}").ToString()));
        Assert.IsType<AddressOutcome.Refused>(book.Attach(Request("more"), _now));
    }

    [Fact]
    public void I4_a_bound_block_serves_its_owner_alone_until_it_is_empty_and_rested()
    {
        var book = Book(Views.Network(29, OwnerMode.Tenant));
        Assert.IsType<AddressOutcome.Attached>(book.Attach(Request("a", "red"), _now));
        Assert.Equal(ShortageReason.NoBlock, Assert.IsType<AddressOutcome.Refused>(book.Attach(Request("b", "blue"), _now)).Reason);
        book.Detach(Key("a"), _now);
        Assert.Empty(book.Unbind(_now.AddSeconds(59)));
        Assert.Single(book.Unbind(_now.AddSeconds(60)));
        Assert.IsType<AddressOutcome.Attached>(book.Attach(Request("b", "blue"), _now.AddSeconds(60)));
    }

    [Fact]
    public void An_announced_block_serves_only_once_it_is_routed()
    {
        var network = Views.Network(29);
        var book = Book(network, announced: true);
        Assert.Equal(ShortageReason.NotRouted, Assert.IsType<AddressOutcome.Refused>(book.Attach(Request("a"), _now)).Reason);
        book.Consider(Reading(network, Block(network) with { RoutedEpoch = 1 }), Self);
        Assert.IsType<AddressOutcome.Attached>(book.Attach(Request("a"), _now));
    }

    [Fact]
    public void A_recalled_block_is_returned_when_it_is_empty_and_never_taken_again_by_that_grant()
    {
        var network = Views.Network(29);
        var book = Book(network);
        Attach(book, "a");
        var recall = Block(network) with { Intent = BlockIntent.Recall };
        Assert.Equal(BlockPhase.Accepted, book.Consider(Reading(network, recall), Self)!.Phase);
        Assert.IsType<AddressOutcome.Refused>(book.Attach(Request("b"), _now));
        book.Detach(Key("a"), _now);
        Assert.Equal(BlockPhase.Returned, book.Consider(Reading(network, recall), Self)!.Phase);
        Assert.Equal(BlockPhase.Returned, book.Consider(Reading(network, Block(network)), Self)!.Phase);
        Assert.Equal(BlockPhase.Accepted, book.Consider(Reading(network, Block(network) with { Epoch = 2 }), Self)!.Phase);
    }

    [Theory]
    [InlineData("h-2", 1)]
    [InlineData("h-2", 2)]
    [InlineData("", 2)]
    public void I1_another_uid_or_a_higher_epoch_stops_the_serving(string host, long epoch)
    {
        var network = Views.Network(29);
        var book = Book(network);
        Assert.Null(book.Consider(Reading(network, Block(network) with { Host = host.Length == 0 ? default : new HostUid(host), Epoch = epoch }), Self));
        Assert.Empty(book.Status(new LifecycleDemand(), null, null).Held);
        Assert.IsType<AddressOutcome.Refused>(book.Attach(Request("a"), _now));
    }

    [Theory]
    [InlineData(BlockIntent.Lent, 29)]
    [InlineData(BlockIntent.Recall, 29)]
    [InlineData(BlockIntent.Lent, 30)]
    public void I1_a_store_older_than_the_journal_takes_no_block_from_under_its_pods(BlockIntent intent, int mask)
    {
        var network = Views.Network(29);
        var book = Open(network, "boot-1");
        book.Consider(Reading(network, Block(network) with { Epoch = 5 }), Self);
        var given = Attach(book, "a");
        var old = Block(network) with { Epoch = mask == 29 ? 3 : 5, Intent = intent, Cidr = Cidr.Around(Block(network).Cidr.First, mask) };
        Assert.Null(book.Consider(Reading(network, old), Self));
        Assert.Equal(5, Assert.Single(book.Status(new LifecycleDemand(), null, null).Held).Epoch);
        Assert.Equal(given, Attach(book, "a"));
    }

    private static AttachmentKey Key(string pod) => new(pod, "eth0");

    private static AddressRequest Request(string pod, string tenant = "t") => new() { Key = Key(pod), Tenant = tenant };

    private IpAddress Attach(AddressBook book, string pod) => Assert.Single(Assert.IsType<AddressOutcome.Attached>(book.Attach(Request(pod), _now)).Rows).Address;

    private static BlockSpec Block(Network network) => Views.Block($"10.0.0.0/{network.BlockMask}", 1).Spec;

    private static BlockReading Reading(Network network, BlockSpec block)
    {
        var view = Views.Of(network);
        return new BlockReading { Block = block, Own = view.Hosts[0].Spec, Topology = view.Topology!.Spec, Space = CommittedSpace.Of(view.Topology.Spec, view.Layout!) };
    }

    private AddressBook Book(Network network, bool announced = false)
    {
        // The first opening is a reboot too; its journal has no block yet, so nothing has to rest.
        var book = Open(network, "boot-1", announced);
        Assert.Equal(BlockPhase.Accepted, book.Consider(Reading(network, Block(network)), Self)!.Phase);
        return book;
    }

    private AddressBook Open(Network network, string boot, bool announced = false)
    {
        var book = AddressBook.Open(_journal, new BookOpening { Now = _now, BootId = boot, Running = new HashSet<AttachmentKey>() });
        book.Learn([new NetworkTerms { Network = network, Exclusions = Exclusions.Of(network, []), Announced = announced }]);
        return book;
    }
}
