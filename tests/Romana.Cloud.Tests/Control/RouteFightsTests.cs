using System.Collections.Immutable;
using Microsoft.Extensions.Time.Testing;
using Romana.Cloud.Aws;
using Romana.Cloud.Control;
using Romana.Cloud.Planning;
using Romana.Ipam.Addressing;
using Romana.Ipam.Routes;
using Romana.Ipam.Stores;

namespace Romana.Cloud.Tests.Control;

/// <summary>What is a fight and what is none, on a clock of the test, through the ledger's own reading.</summary>
public sealed class RouteFightsTests
{
    private static readonly Cidr Pod = Cidr.Parse("10.244.0.0/20");
    private static readonly TimeSpan Lag = TimeSpan.FromMinutes(5);
    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 5, 1, 12, 0, 0, TimeSpan.Zero));
    private readonly TableBook _book;
    private LedgerSpec _ledger;
    private string? _shown = "eni-a";

    public RouteFightsTests()
    {
        _book = new TableBook(_clock);
        _ledger = new LedgerSpec
        {
            Table = "rtb-1",
            Vpc = "vpc-1",
            Cluster = "c",
            Entries = [new LedgerEntry { Destination = Pod, To = "eni-a", Settled = true, Term = 1, At = _clock.GetUtcNow().AddHours(-1) }],
        };
        Look(60);
    }

    private RouteFights Fights => _book.Fights;

    [Fact]
    public void One_loss_is_repaired_and_is_no_fight()
    {
        Lose();
        Assert.Null(Fights.Says("rtb-1"));
        Repair();
        Assert.Equal(TimeSpan.FromSeconds(3), Fights.UntilLook(_clock.GetUtcNow()));
        Look(3);
        Look(60);
        Assert.Null(Fights.Says("rtb-1"));
        Assert.Null(Fights.UntilLook(_clock.GetUtcNow()));
    }

    [Fact]
    public void A_loss_soon_after_the_repair_is_a_fight_and_the_fourth_is_left_alone_half_an_hour_then_an_hour()
    {
        for (var round = 1; round <= 3; round++)
        {
            Lose();
            Assert.Equal(round > 1, Fights.Says("rtb-1") is not null);
            Assert.False(Fights.Rests(Create));
            Repair();
            Look(3);
        }

        Lose();
        Assert.Contains("10.244.0.0/20 was removed again after 3 repairs", Fights.Says("rtb-1"), StringComparison.Ordinal);
        Assert.True(Fights.Rests(Create));
        _clock.Advance(TimeSpan.FromMinutes(29));
        Assert.True(Fights.Rests(Create));
        _clock.Advance(TimeSpan.FromMinutes(2));
        Assert.False(Fights.Rests(Create));
        Repair();
        Look(3);
        Lose();
        _clock.Advance(TimeSpan.FromMinutes(59));
        Assert.True(Fights.Rests(Create));
    }

    [Fact]
    public void A_repair_that_stands_for_ten_minutes_ends_the_story()
    {
        for (var round = 1; round <= 2; round++)
        {
            Lose();
            Repair();
            Look(3);
        }

        Assert.NotNull(Fights.Says("rtb-1"));
        for (var minute = 0; minute < 11; minute++) Look(60);
        Assert.Null(Fights.Says("rtb-1"));
    }

    [Fact]
    public void A_repair_that_no_describe_has_shown_is_asked_of_EC2_by_a_create_and_RouteAlreadyExists_is_no_loss()
    {
        Lose();
        Repair();
        _shown = null;
        Assert.Null(Look(3));
        Assert.Null(Fights.Says("rtb-1"));

        // EC2 has it, the describe that follows does not show it: nothing is open, nothing is counted, nothing is doubted again.
        var intent = LedgerPlanner.WithIntents(_ledger, [Create], [], Pen);
        _book.Unconfirm([Create]);
        var outcome = Fights.Resolve(new TableOutcome
        {
            Table = "rtb-1",
            Results = [new ChangeResult(Create, false, null)],
            Failures = [(Create, new MutationOutcome(OutcomeKind.RouteExists, "RouteAlreadyExists"))],
        });
        Assert.Null(outcome.Stopped);
        Assert.Empty(Fights.Learn(outcome));
        _ledger = LedgerPlanner.WithResults(intent, outcome.Results, Pen);
        Assert.Equal("eni-a", Look(60));
        Assert.Equal("eni-a", Look(60));
        Assert.Null(Fights.Says("rtb-1"));
    }

    [Fact]
    public void A_hand_that_is_faster_than_any_look_is_found_out_by_the_creates_that_succeed()
    {
        Lose();
        for (var round = 1; round <= 3; round++)
        {
            Repair();
            _shown = null;
            Assert.Null(Look(3));
            Assert.Equal(round > 1, Fights.Says("rtb-1") is not null);
        }

        Assert.True(Fights.Rests(Create));
    }

    [Fact]
    public void A_turned_route_is_taken_back_only_if_it_was_seen_as_ours_and_what_stands_there_is_never_deleted()
    {
        _shown = "nat-1";
        Look(60);
        Assert.Equal([("rtb-1", Pod)], Fights.Turned());
        Assert.True(Fights.Rests(new RouteChange { Table = "rtb-1", Op = RouteOp.Delete, Destination = Pod, Target = "nat-1" }));

        var fresh = new TableBook(_clock);
        fresh.Read(_ledger with { Entries = [new LedgerEntry { Destination = Pod, To = "eni-a", Settled = true, Term = 1, At = _clock.GetUtcNow().AddHours(-1) }] }, Table, _clock.GetUtcNow(), Lag);
        Assert.Empty(fresh.Fights.Turned());
    }

    [Fact]
    public void The_operators_word_is_the_condition_that_is_gone_from_the_stored_ledger()
    {
        for (var round = 1; round <= 3; round++)
        {
            Lose();
            Repair();
            Look(3);
        }

        Lose();
        _ledger = _ledger with { Conditions = [new Condition(RouteFights.Condition, true, "m", _clock.GetUtcNow())] };
        Look(60);
        Assert.True(Fights.Rests(Create));
        _ledger = _ledger with { Conditions = [] };
        Look(60);
        Assert.False(Fights.Rests(Create));
        Assert.Null(Fights.Says("rtb-1"));
    }

    [Fact]
    public void What_nobody_wants_any_more_is_no_fight()
    {
        Lose();
        Repair();
        Look(3);
        Lose();
        Assert.NotNull(Fights.Says("rtb-1"));
        Fights.Keep(new RoutePlan { Tables = [], Changes = [], Calls = new PlannedCalls(0, 0, 0) });
        Assert.Null(Fights.Says("rtb-1"));
    }

    private static RouteChange Create => new() { Table = "rtb-1", Op = RouteOp.Create, Destination = Pod, Target = "eni-a" };

    private LedgerPen Pen => new(1, _clock.GetUtcNow());

    private InventoryTable Table => new() { Id = "rtb-1", Routes = _shown is null ? [] : [new InventoryRoute { Destination = Pod.ToString(), Target = _shown }] };

    private void Lose()
    {
        _shown = null;
        Assert.Null(Look(60));
    }

    private void Repair()
    {
        _book.Unconfirm([Create]);
        var result = new ChangeResult(Create, true, "eni-a");
        _ledger = LedgerPlanner.WithResults(LedgerPlanner.WithIntents(_ledger, [Create], [], Pen), [result], Pen);
        _shown = "eni-a";
        Fights.Learn(new TableOutcome { Table = "rtb-1", Results = [result] });
    }

    /// <summary>A describe some seconds later; the result is the target that is believed.</summary>
    private string? Look(int seconds)
    {
        _clock.Advance(TimeSpan.FromSeconds(seconds));
        var reading = _book.Read(_ledger, Table, _clock.GetUtcNow(), Lag);
        _ledger = reading.Ledger;
        return reading.Table.Routes.FirstOrDefault()?.Target;
    }
}
