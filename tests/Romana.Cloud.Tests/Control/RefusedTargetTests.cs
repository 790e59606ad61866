using System.Collections.Immutable;
using Microsoft.Extensions.Time.Testing;
using Romana.Cloud.Aws;
using Romana.Cloud.Control;
using Romana.Cloud.Discovery;
using Romana.Cloud.Health.Judging;
using Romana.Cloud.Planning;
using Romana.Ipam.Addressing;
using Romana.Ipam.Planning;
using Romana.Ipam.Routes;

namespace Romana.Cloud.Tests.Control;

/// <summary>
/// A block is reached by the router that stands, and gets a route of its own before the group goes to another router.
/// EC2 refuses the block's interface: the group must stay where the block is reached (R1).
/// </summary>
public sealed class RefusedTargetTests
{
    private static readonly Cidr Group = Cidr.Parse("10.244.0.0/22");
    private static readonly Cidr Elsewhere = Cidr.Parse("10.245.0.0/26");
    private static readonly RouteChange Own = new() { Table = "rtb-1", Op = RouteOp.Create, Destination = Cidr.Parse("10.244.1.0/26"), Target = "eni-c" };
    private static readonly RouteChange Turn = new() { Table = "rtb-1", Op = RouteOp.Replace, Destination = Group, From = "eni-a", Target = "eni-b" };
    private static readonly RouteChange Other = new() { Table = "rtb-1", Op = RouteOp.Create, Destination = Elsewhere, Target = "eni-b" };

    [Theory]
    [InlineData(OutcomeKind.TargetMissing, true, false)]
    [InlineData(OutcomeKind.TargetUnhealthy, true, false)]
    // Where nothing reached the block it cannot lose its way.
    [InlineData(OutcomeKind.TargetMissing, false, true)]
    public void Within_a_pass_what_would_take_the_standing_way_is_not_sent(OutcomeKind kind, bool reached, bool turns)
    {
        var run = Run(reached, Own, Turn, Other);
        Assert.Equal(Own, run.Next(default, out _));
        run.Failed(Own, new MutationOutcome(kind, "no"), new ChangeResult(Own, true, null));

        Assert.Equal(turns ? [Turn, Other] : [Other], Rest(run));
    }

    [Fact]
    public void So_it_is_after_a_route_that_was_not_even_tried_because_its_interface_was_refused_elsewhere()
    {
        var first = Own with { Destination = Cidr.Parse("10.246.0.0/26") };
        var run = Run(reached: true, first, Own, Turn, Other);
        Assert.Equal(first, run.Next(default, out _));
        run.Failed(first, new MutationOutcome(OutcomeKind.TargetMissing, "no"), new ChangeResult(first, true, null));

        Assert.Equal([Other], Rest(run));
    }

    [Theory]
    [InlineData(RouteState.Active, false)]
    [InlineData(RouteState.Blackhole, true)]
    public void In_the_passes_after_the_refusal_as_well(RouteState standing, bool turns)
    {
        var book = new TableBook(new FakeTimeProvider(new DateTimeOffset(2026, 5, 1, 12, 0, 0, TimeSpan.Zero)));
        book.Learn(new TableOutcome { Table = "rtb-1", Results = [], Failures = [(Own, new MutationOutcome(OutcomeKind.TargetMissing, "no"))] }, null);

        var selection = new Sendable(book, TimeSpan.FromSeconds(30)).Of(Picture(standing), new LedgerPen(1, default), removals: true);

        Assert.Equal(turns ? [Turn, Other] : [Other], selection.Changes);
        Assert.Equal("EC2 refused an interface as a target", selection.Waits);
    }

    private static TableRun Run(bool reached, params RouteChange[] changes) => new(new TableWork
    {
        Table = "rtb-1",
        Changes = [.. changes],
        Settling = new Settling(Ledger, TimeSpan.Zero, default),
        HasRoom = true,
        WasReached = _ => reached,
    });

    private static List<RouteChange> Rest(TableRun run)
    {
        var sent = new List<RouteChange>();
        while (run.Next(default, out _) is { } next)
        {
            sent.Add(next);
            run.Done(next, new ChangeResult(next, true, next.Target), default);
        }

        return sent;
    }

    private static LedgerSpec Ledger => new() { Table = "rtb-1", Vpc = "vpc-1", Cluster = "c" };

    private static RoutePicture Picture(RouteState standing)
    {
        var table = new InventoryTable { Id = "rtb-1", Routes = [new InventoryRoute { Destination = Group.ToString(), Target = "eni-a", Owned = true, State = standing }] };
        return new RoutePicture
        {
            Inputs = new PlanInputs
            {
                Topology = new() { Networks = [] },
                Inventory = new Inventory { Vpc = new InventoryVpc(), Tables = [] },
                Lifecycle = new LifecyclePlan { Changes = [], Stamp = "s" },
                Health = HealthPicture.Nothing,
                LostTargets = ImmutableHashSet<string>.Empty,
            },
            Plan = new RoutePlan { Tables = [], Changes = [Own, Turn, Other], Calls = new PlannedCalls(0, 0, 0) },
            Behind = ImmutableDictionary<string, Ipam.Hosts.HostUid>.Empty,
            Ledgers = ImmutableSortedDictionary<string, StoredLedger>.Empty,
            Readings = ImmutableSortedDictionary<string, LedgerReading>.Empty.Add("rtb-1", new LedgerReading { Table = table, Ledger = Ledger, Confirmed = [] }),
            Vpc = new SeenVpc { Vpc = new InventoryVpc() },
        };
    }
}
