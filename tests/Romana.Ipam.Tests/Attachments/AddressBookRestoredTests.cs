using Romana.Ipam.Addressing;
using Romana.Ipam.Attachments;
using Romana.Ipam.Blocks;
using Romana.Ipam.Hosts;
using Romana.Ipam.Tests.Planning;
using Romana.Ipam.Topologies;

namespace Romana.Ipam.Tests.Attachments;

// What a restored journal, or a restored store, has forgotten.
public sealed partial class AddressBookRestartTests
{
    [Fact]
    public void I6_a_block_that_a_lost_journal_may_have_accepted_without_a_word_rests()
    {
        Open(restored: true);
        var book = Open();
        book.Consider(Reading(Block), Self);
        Assert.Equal(ShortageReason.TooYoung, Refusal(book, "a"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void I6_an_address_that_was_given_back_while_its_block_was_not_held_rests(bool reopened)
    {
        var book = Open(restored: true, seen: [new(Key("x"), IpAddress.Parse("10.0.0.0"))]);
        _now += TimeSpan.FromMinutes(2);
        book.Detach(Key("x"), _now);
        if (reopened) book = Open();
        book.Consider(Reading(Block), Self);
        Assert.NotEqual("10.0.0.0", Attach(book, "a").ToString());
    }

    [Theory]
    [InlineData("green")]
    [InlineData(null)]
    public void I4_a_block_that_was_bound_anew_after_the_copy_is_not_its_former_owners(string? now)
    {
        var tenants = Views.Network(29, OwnerMode.Tenant);
        var book = Open(network: tenants);
        book.Consider(Reading(Block), Self);
        Attach(book, "a");
        book.Detach(Key("a"), _now);
        _now += TimeSpan.FromMinutes(2);
        var copied = Open(network: tenants, restored: true,
            seen: [new(Key("x"), IpAddress.Parse("10.0.0.5"), now is null ? null : new Owner(now))]);
        copied.Consider(Reading(Block), Self);
        Assert.Equal(ShortageReason.NoBlock, Refusal(copied, "b"));
    }

    [Theory]
    [InlineData(false, false, false)]
    [InlineData(true, false, true)]
    [InlineData(false, true, true)]
    public void I4_a_copy_tells_whose_a_block_is_only_by_a_pod_that_lives_on(bool runs, bool isShown, bool known)
    {
        var tenants = Views.Network(29, OwnerMode.Tenant);
        var book = Open(network: tenants);
        book.Consider(Reading(Block), Self);
        var given = Attach(book, "a");
        _journal.State = _journal.State;
        SeenAttachment[] shown = [new(Key("x"), IpAddress.Parse("10.0.0.5")), .. isShown ? [new SeenAttachment(Key("a"), given)] : Array.Empty<SeenAttachment>()];
        var copied = Open(network: tenants, restored: true, seen: [.. shown], running: runs ? [Key("a"), Key("x")] : null);
        copied.Consider(Reading(Block), Self);
        _now += TimeSpan.FromMinutes(2);
        if (known) Attach(copied, "b");
        else Assert.Equal(ShortageReason.NoBlock, Refusal(copied, "b"));
    }

    [Fact]
    public void I4_a_block_that_comes_back_under_rows_of_two_owners_serves_nobody_new()
    {
        var tenants = Views.Network(29, OwnerMode.Tenant);
        var book = Open(network: tenants);
        book.Consider(Reading(Block), Self);
        Attach(book, "a");
        book.Consider(Reading(Block with { Epoch = 2, Host = new HostUid("h-2") }), Self);
        book = Open(network: tenants, seen: [new(Key("x"), IpAddress.Parse("10.0.0.5"), new Owner("green"))]);
        book.Consider(Reading(Block with { Epoch = 3 }), Self);
        Assert.Equal(ShortageReason.NoBlock, Refusal(book, "b"));
        Assert.IsType<AddressOutcome.Refused>(book.Attach(Request("c") with { Tenant = "green" }, _now));
    }

    [Theory]
    [InlineData(1, true)]
    [InlineData(2, false)]
    public void I6_a_grant_from_before_a_review_rests_before_it_serves(long epoch, bool rests)
    {
        var reading = Reading(Block with { Epoch = epoch });
        var book = Open();
        book.Consider(reading with { Topology = reading.Topology! with { EpochFloor = 2, ReviewEnded = _now } }, Self);
        if (rests) Assert.Equal(ShortageReason.TooYoung, Refusal(book, "a"));
        else Attach(book, "a");
    }
}
