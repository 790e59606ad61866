using System.Collections.Immutable;
using Romana.Cloud.Control;
using Romana.Cloud.Planning;
using Romana.Ipam.Addressing;

namespace Romana.Cloud.Tests.Control;

/// <summary>What of a plan goes first, how much of it one pass takes on, and what a table's run may do when it must wait.</summary>
public sealed class SendOrderTests
{
    private static readonly Cidr Group = Cidr.Parse("10.244.0.0/20");

    [Fact]
    public void A_cover_that_leaves_a_dead_router_goes_before_hundreds_of_creates_inside_it()
    {
        var creates = Enumerable.Range(0, 400).Select(i => Create(Block(i), "eni-2")).ToList();
        var failover = Replace(Group, "eni-1", "eni-2");
        var plan = Plan([.. creates, failover], PlannedRouteKind.Cover);
        var failovers = SendOrder.Failovers(plan, Inventory(("eni-1", HostHealth.Down), ("eni-2", HostHealth.Up)));

        Assert.Equal([failover], failovers);
        Assert.Equal([failover, .. creates], SendOrder.Order(plan, failovers));
    }

    [Theory]
    [InlineData(HostHealth.Down, true)]
    [InlineData(HostHealth.Suspect, true)]
    [InlineData(HostHealth.Draining, true)]
    [InlineData(HostHealth.Up, false)]
    public void Only_what_leaves_a_host_that_is_not_Up_is_failover(HostHealth health, bool isFailover)
    {
        var plan = Plan([Replace(Group, "eni-1", "eni-2")], PlannedRouteKind.Cover);
        Assert.Equal(isFailover, SendOrder.Failovers(plan, Inventory(("eni-1", health), ("eni-2", HostHealth.Up))).Count == 1);
    }

    [Fact]
    public void A_failover_of_a_hosts_own_route_waits_for_what_it_needs()
    {
        var (inside, outside) = (Create(Block(0), "eni-3"), Create(Cidr.Parse("10.245.0.0/26"), "eni-3"));
        var own = Replace(Group, "eni-1", "eni-2");
        var plan = Plan([outside, inside, own], PlannedRouteKind.Host);
        var failovers = SendOrder.Failovers(plan, Inventory(("eni-1", HostHealth.Down)));

        Assert.Equal([outside, inside, own], SendOrder.Order(plan, failovers));
        var free = plan with { Changes = [outside, own] };
        Assert.Equal([own, outside], SendOrder.Order(free, failovers));
    }

    [Fact]
    public void A_pass_takes_a_beginning_of_every_table_and_tables_take_turns()
    {
        var plan = Enumerable.Range(0, 40).SelectMany(table => Enumerable.Range(0, 30).Select(i => Create(Block(i), "eni-1", $"rtb-{table:00}"))).ToList();
        var batch = new Batch();
        var served = new HashSet<string>();
        for (var pass = 0; pass < 4; pass++)
        {
            var (taken, more) = batch.Take(plan, _ => false);

            Assert.True(more);
            Assert.Equal(200, taken.Count);
            Assert.All(taken.GroupBy(change => change.Table), table =>
            {
                Assert.Equal(plan.Where(change => change.Table == table.Key).Take(table.Count()), table);
                served.Add(table.Key);
            });
        }

        // None of them was carried out: tables that get nowhere must not keep the others from their turn.
        Assert.Equal(40, served.Count);
    }

    [Fact]
    public void What_is_urgent_is_taken_without_limit_and_a_short_plan_whole()
    {
        var plan = Enumerable.Range(0, 400).Select(i => Create(Block(i), "eni-1")).ToList();
        Assert.Equal(300, new Batch().Take(plan, change => plan.IndexOf(change) < 100).Changes.Count);
        Assert.Equal((20, false), (new Batch().Take(plan[..20], _ => false) is var (taken, more) ? taken.Count : 0, more));
    }

    [Fact]
    public void What_does_not_need_a_removal_that_waits_goes_before_it()
    {
        var removal = Delete(Block(0), "eni-1") with { AfterSettle = true, Awaits = [Group] };
        var (above, elsewhere, other) = (Replace(Group, "eni-1", "eni-2"), Replace(Block(9), "eni-1", "eni-2"), Create(Block(10), "eni-2"));

        Assert.Equal([elsewhere, other], Walk(hasRoom: true));
        // The removal may be what makes room for the create.
        Assert.Equal([elsewhere], Walk(hasRoom: false));

        List<RouteChange> Walk(bool hasRoom)
        {
            var settling = new Settling(new() { Table = "rtb-1", Vpc = "vpc-1", Cluster = "default" }, TimeSpan.FromSeconds(10), default);
            settling.Made(Group, TimeSpan.Zero);
            var run = new TableRun(new TableWork { Table = "rtb-1", Changes = [removal, above, elsewhere, other], Settling = settling, HasRoom = hasRoom });
            var gone = new List<RouteChange>();
            while (run.Next(TimeSpan.FromSeconds(1), out var wait) is { } next)
            {
                gone.Add(next);
                run.Done(next, new ChangeResult(next, true, next.Target), TimeSpan.FromSeconds(1));
            }

            Assert.Equal(removal, run.Next(TimeSpan.FromSeconds(11), out _));
            return gone;
        }
    }

    private static Cidr Block(int number) => Group.Slice(30, (UInt128)number);

    private static RouteChange Create(Cidr destination, string target, string table = "rtb-1") =>
        new() { Table = table, Op = RouteOp.Create, Destination = destination, Target = target };

    private static RouteChange Replace(Cidr destination, string from, string to) =>
        new() { Table = "rtb-1", Op = RouteOp.Replace, Destination = destination, Target = to, From = from };

    private static RouteChange Delete(Cidr destination, string from) =>
        new() { Table = "rtb-1", Op = RouteOp.Delete, Destination = destination, Target = from, From = from };

    private static RoutePlan Plan(ImmutableArray<RouteChange> changes, PlannedRouteKind kind) => new()
    {
        Tables = [new TablePlan
        {
            Id = "rtb-1",
            Family = IpFamily.IPv4,
            Quota = 500,
            Foreign = 0,
            Used = 0,
            Complete = true,
            Missing = 0,
            ExtraHopShare = 0,
            LocalExtraHopShare = 0,
            Routes = [new PlannedRoute(Group, "eni-2", "h2", kind, "")],
        }],
        Changes = changes,
        Calls = new PlannedCalls(0, 0, 0),
    };

    private static Inventory Inventory(params (string Eni, HostHealth Health)[] hosts) => new()
    {
        Vpc = new InventoryVpc(),
        Hosts = [.. hosts.Select(host => new InventoryHost
        {
            Name = host.Eni,
            Ip = IpAddress.Parse("10.0.0.1"),
            Eni = host.Eni,
            Subnet = "subnet-1",
            Health = host.Health,
        })],
    };
}
