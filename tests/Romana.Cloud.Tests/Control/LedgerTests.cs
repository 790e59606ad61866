using System.Collections.Immutable;
using Romana.Cloud.Aws;
using Romana.Cloud.Control;
using Romana.Cloud.Planning;
using Romana.Ipam.Addressing;
using Romana.Ipam.Routes;

namespace Romana.Cloud.Tests.Control;

/// <summary>The ledger laid beside a describe: one row per state of an entry and what EC2 shows.</summary>
public sealed class LedgerTests
{
    private static readonly DateTimeOffset Now = new(2026, 5, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Lag = TimeSpan.FromMinutes(5);
    private static readonly Cidr Pod = Cidr.Parse("10.244.0.0/26");

    [Theory]
    // An entry that EC2 shows as it is.
    [InlineData(null, "eni-b", true, 60, "eni-b", false, "eni-b ours")]
    // Settled a minute ago and not visible yet: the reply stands.
    [InlineData(null, "eni-b", true, 60, null, false, "eni-b ours")]
    // The same, but a describe had shown it already: somebody removed it.
    [InlineData(null, "eni-b", true, 60, null, true, "none")]
    // Not visible after the window: somebody removed it.
    [InlineData(null, "eni-b", true, 600, null, false, "none")]
    // A replace that a describe does not show yet.
    [InlineData("eni-a", "eni-b", true, 60, "eni-a", false, "eni-b ours")]
    // A late call of a dead leader put the old target back: ours, to be replaced again.
    [InlineData("eni-a", "eni-b", true, 600, "eni-a", false, "eni-a ours")]
    // Somebody else's target is somebody else's route, at any age.
    [InlineData("eni-a", "eni-b", true, 60, "nat-1", false, "nat-1 foreign")]
    [InlineData("eni-a", "eni-b", false, 60, "nat-1", false, "nat-1 foreign")]
    // A delete that a describe does not show yet, and one that was undone.
    [InlineData("eni-a", null, true, 60, "eni-a", false, "none")]
    [InlineData("eni-a", null, true, 400, "eni-a", false, "eni-a ours")]
    // A tombstone of more than ten minutes knows nothing any more.
    [InlineData("eni-a", null, true, 700, "eni-a", false, "eni-a foreign")]
    // Open intents claim what they may have written and believe only what is shown.
    [InlineData(null, "eni-b", false, 60, null, false, "none")]
    [InlineData(null, "eni-b", false, 60, "eni-b", false, "eni-b ours")]
    [InlineData("eni-a", "eni-b", false, 60, "eni-a", false, "eni-a ours")]
    [InlineData("eni-a", null, false, 60, null, false, "none")]
    public void What_a_table_is_believed_to_hold(string? from, string? to, bool settled, int age, string? shown, bool confirmed, string expected)
    {
        var reading = Read(Entry(from, to, settled, age), shown, confirmed);

        var route = reading.Table.Routes.SingleOrDefault();
        Assert.Equal(expected, route is null ? "none" : $"{route.Target} {(route.Owned ? "ours" : "foreign")}");
    }

    [Theory]
    [InlineData(null, "eni-b", 60, "eni-b", true, "eni-b")]
    [InlineData("eni-a", null, 60, null, true, null)]
    [InlineData(null, "eni-b", 60, null, false, "eni-b")]
    [InlineData(null, "eni-b", 600, null, true, null)]
    [InlineData("eni-a", "eni-b", 600, "eni-a", true, "eni-a")]
    public void An_open_intent_is_resolved_by_reading(string? from, string? to, int age, string? shown, bool settled, string? stands)
    {
        var entry = Assert.Single(Read(Entry(from, to, false, age), shown, false).Ledger.Entries);
        Assert.Equal((settled, stands), (entry.Settled, entry.To));
    }

    [Fact]
    public void A_describe_older_than_the_reply_proves_nothing()
    {
        var reading = Read(Entry("eni-a", "eni-b", true, -30), "eni-a", false);
        Assert.Equal("eni-b", reading.Table.Routes.Single().Target);
        Assert.Empty(reading.Confirmed);
    }

    [Fact]
    public void A_describe_older_than_the_reply_does_not_make_our_route_foreign()
    {
        var reading = Read(Entry("eni-b", "eni-c", true, -30), "eni-a", false);
        Assert.Equal(("eni-c", true), (reading.Table.Routes.Single().Target, reading.Table.Routes.Single().Owned));
    }

    [Fact]
    public void A_route_that_was_turned_twice_is_ours_while_a_describe_lags_by_both_turns()
    {
        var pen = new LedgerPen(7, Now - TimeSpan.FromSeconds(60));
        var ledger = Ledger(Entry(null, "eni-a", true, 200));
        foreach (var (from, to) in (ReadOnlySpan<(string, string)>)[("eni-a", "eni-b"), ("eni-b", "eni-c")])
        {
            var turn = new RouteChange { Table = "rtb-1", Op = RouteOp.Replace, Destination = Pod, Target = to, From = from };
            ledger = LedgerPlanner.WithResults(LedgerPlanner.WithIntents(ledger, [turn], [], pen), [new ChangeResult(turn, true, to)], pen);
        }

        var reading = Read(Assert.Single(ledger.Entries), "eni-a", false);

        Assert.Equal(("eni-c", true), (reading.Table.Routes.Single().Target, reading.Table.Routes.Single().Owned));
    }

    [Theory]
    [InlineData(null, true, 60)]
    [InlineData(null, false, 600)]
    [InlineData("nat-1", true, 60)]
    public void A_route_of_ours_that_somebody_took_becomes_a_tombstone(string? shown, bool confirmed, int age)
    {
        var entry = Assert.Single(Read(Entry(null, "eni-b", true, age), shown, confirmed).Ledger.Entries);
        Assert.Equal(("eni-b", null, true), (entry.From, entry.To, entry.Settled));
        Assert.Empty(LedgerPlanner.MayStand(Ledger(entry)));
    }

    [Fact]
    public void A_removed_route_that_is_back_for_good_is_ours_again()
    {
        var entry = Assert.Single(Read(Entry("eni-b", null, true, 400), "eni-b", false).Ledger.Entries);
        Assert.Equal("eni-b", entry.To);
    }

    [Fact]
    public void Intents_that_were_never_sent_are_taken_back_as_if_they_had_not_been_meant()
    {
        var pen = new LedgerPen(7, Now);
        var (known, other) = (Entry("eni-x", "eni-a", true, 400), Cidr.Parse("10.244.1.0/26"));
        RouteChange[] changes = [Change(RouteOp.Replace, Pod, "eni-b", "eni-a"), Change(RouteOp.Create, other, "eni-b", null)];
        var open = LedgerPlanner.WithIntents(Ledger(known), changes, [], pen);
        Assert.All(open.Entries, entry => Assert.False(entry.Settled));

        var none = new TableOutcome { Table = "rtb-1", Results = [], Overtaken = true };
        Assert.Equal([known], LedgerPlanner.TakenBack(open, Ledger(known), changes, none).Entries);

        var one = none with { Results = [new ChangeResult(changes[1], true, "eni-b")] };
        var half = LedgerPlanner.WithResults(LedgerPlanner.TakenBack(open, Ledger(known), changes, one), one.Results, pen);
        Assert.Equal(["10.244.0.0/26 eni-a True", "10.244.1.0/26 eni-b True"], half.Entries.Select(entry => $"{entry.Destination} {entry.To} {entry.Settled}"));

        // The term's end: the next leader reads what became of them.
        var ended = none with { Failures = [(changes[0], MutationOutcome.TermLost)] };
        Assert.Same(open, LedgerPlanner.TakenBack(open, Ledger(known), changes, ended));
    }

    [Fact]
    public void An_entry_is_settled_at_the_instant_of_the_answer_not_at_the_end_of_the_pass()
    {
        var (create, answered) = (Change(RouteOp.Create, Pod, "eni-b", null), Now - TimeSpan.FromSeconds(40));
        var open = LedgerPlanner.WithIntents(new LedgerSpec { Table = "rtb-1", Vpc = "vpc-1", Cluster = "default" }, [create], [], new LedgerPen(7, Now));

        var settled = LedgerPlanner.WithResults(open, [new ChangeResult(create, true, "eni-b") { At = answered }], new LedgerPen(7, Now));

        Assert.Equal(answered, Assert.Single(settled.Entries).At);
    }

    [Theory]
    [InlineData(false, "eni-a")]
    [InlineData(true, "eni-r")]
    public void A_destination_that_changes_twice_in_a_pass_is_ours_at_every_point_and_its_first_change_says_what_stands(bool firstWasMade, string stands)
    {
        var pen = new LedgerPen(7, Now);
        var aside = new RouteChange { Table = "rtb-1", Op = RouteOp.Replace, Destination = Pod, Target = "eni-r", From = "eni-a" };
        var back = aside with { Target = "eni-b", From = "eni-r" };
        var open = LedgerPlanner.WithIntents(Ledger(Entry(null, "eni-a", true, 60)), [aside, back], [], pen);
        foreach (var shown in new[] { "eni-a", "eni-r", "eni-b" })
            Assert.True(Read(Assert.Single(open.Entries), shown, false).Table.Routes.Single().Owned);

        var refused = MutationOutcome.TermLost with { Kind = OutcomeKind.Refused };
        var outcome = new TableOutcome
        {
            Table = "rtb-1",
            Results = firstWasMade ? [new ChangeResult(aside, true, "eni-r")] : [],
            Failures = [(firstWasMade ? back : aside, refused)],
        };
        var settled = Assert.Single(LedgerPlanner.WithResults(LedgerPlanner.TakenBack(open, Ledger(Entry(null, "eni-a", true, 60)), [aside, back], outcome), outcome.Results, pen).Entries);
        Assert.Equal((true, stands), (settled.Settled, settled.To));
    }

    [Fact]
    public void A_propagated_twin_of_a_static_route_is_left_as_it_is()
    {
        var table = new InventoryTable
        {
            Id = "rtb-1",
            Routes = [Route("eni-b"), Route("vgw-1") with { Propagated = true }],
        };
        var reading = LedgerReader.Read(Ledger(Entry(null, "eni-b", true, 600)), table, [], Now, Lag);
        Assert.Equal(["eni-b True", "vgw-1 False"], reading.Table.Routes.Select(route => $"{route.Target} {route.Owned}").Order());
    }

    [Fact]
    public void Intents_are_written_open_results_settle_them_and_old_tombstones_go_with_the_write()
    {
        var old = Entry("eni-x", null, true, 700) with { Destination = Cidr.Parse("10.244.9.0/26") };
        var pen = new LedgerPen(7, Now);
        var create = new RouteChange { Table = "rtb-1", Op = RouteOp.Create, Destination = Pod, Target = "eni-b" };

        var open = LedgerPlanner.WithIntents(Ledger(old), [create], [], pen);
        var entry = Assert.Single(open.Entries);
        Assert.Equal((null, "eni-b", false, 7L), (entry.From, entry.To, entry.Settled, entry.Term));

        Assert.True(LedgerPlanner.WithResults(open, [new ChangeResult(create, true, "eni-b")], pen).Entries.Single().Settled);
        Assert.Empty(LedgerPlanner.WithResults(open, [new ChangeResult(create, true, "nat-1", Foreign: true)], pen).Entries);
        var refused = LedgerPlanner.WithResults(open, [new ChangeResult(create, true, null)], pen).Entries.Single();
        Assert.Equal(("eni-b", null, true), (refused.From, refused.To, refused.Settled));
        Assert.Same(open.Entries.Single(), LedgerPlanner.WithResults(open, [new ChangeResult(create, false, null)], pen).Entries.Single());
    }

    [Theory]
    [InlineData("eni-b", 5, false)]
    [InlineData("eni-c", 5, true)]
    [InlineData("eni-c", 15, false)]
    public void Nothing_else_is_done_to_a_destination_while_a_dead_leaders_call_may_land(string target, int age, bool waits)
    {
        var change = new RouteChange { Table = "rtb-1", Op = RouteOp.Create, Destination = Pod, Target = target };
        Assert.Equal(waits, LedgerPlanner.MustWait(
            Ledger(Entry(null, "eni-b", false, 300)), change, new LedgerPen(7, Now, Now - TimeSpan.FromSeconds(age)), TimeSpan.FromSeconds(10)));
    }

    private static RouteChange Change(RouteOp op, Cidr destination, string target, string? from) =>
        new() { Table = "rtb-1", Op = op, Destination = destination, Target = target, From = from };

    private static LedgerReading Read(LedgerEntry entry, string? shown, bool confirmed)
    {
        var table = new InventoryTable { Id = "rtb-1", Routes = shown is null ? [] : [Route(shown)] };
        return LedgerReader.Read(Ledger(entry), table, confirmed ? ImmutableHashSet.Create(Pod) : [], Now, Lag);
    }

    private static InventoryRoute Route(string target) => new() { Destination = Pod.ToString(), Target = target };

    private static LedgerSpec Ledger(LedgerEntry entry) => new() { Table = "rtb-1", Vpc = "vpc-1", Cluster = "default", Entries = [entry] };

    private static LedgerEntry Entry(string? from, string? to, bool settled, int age) => new()
    {
        Destination = Pod,
        From = from,
        To = to,
        Settled = settled,
        Term = 1,
        At = Now - TimeSpan.FromSeconds(age),
    };
}
