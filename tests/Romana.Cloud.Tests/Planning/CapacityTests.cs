using CsCheck;
using Romana.Cloud.Planning;
using Romana.Ipam.Addressing;
using static Romana.Cloud.Tests.Planning.World;

namespace Romana.Cloud.Tests.Planning;

/// <summary>How far an inventory can grow, against plans of one host more and one more.</summary>
public sealed class CapacityTests
{
    private static readonly InventoryRoute Nat = Other("0.0.0.0/0", "nat-1");

    [Fact]
    public void A_zone_grows_to_its_quota_then_aggregates_and_ends_when_its_group_is_full()
    {
        var topology = Of(Net("10.244.0.0/16", Leaf("10.244.0.0/20", cover: true, name: "zone-a")));
        var inventory = Inventory([Host("h1"), Host("h2")], [Block("10.244.0.0/26", "h1"), Block("10.244.0.64/26", "h2")], Table("rtb-a", 12, Nat));
        var capacity = CapacityPlanner.Plan(topology, inventory, 1, PlanOptions.Default)!;

        Assert.Equal(2, capacity.Hosts);
        // The cover and a route for each host but its router; room is 12 - 1 - 1. A /20 has 64 blocks of /26.
        Assert.Equal((3, "rtb-a ipv4 goes from 2 routes of ours to 3"), (capacity.NextRoutes!.Hosts, capacity.NextRoutes.Why));
        Assert.Equal((11, "rtb-a ipv4 has room for 10 routes of ours, exact routes would be 11"), (capacity.FirstExtraHop!.Hosts, capacity.FirstExtraHop.Why));
        Assert.Equal(65, capacity.End!.Hosts);
        Assert.Contains("group 10.244.0.0/20 of network pods has no free block left", capacity.End.Why, StringComparison.Ordinal);
    }

    [Fact]
    public void Where_nobody_may_lead_the_end_is_where_the_exact_routes_do_not_fit()
    {
        var topology = Of(Net("10.244.0.0/16", Leaf("10.244.0.0/16")));
        var inventory = Inventory([Host("h1"), Host("h2", "subnet-b")], [Block("10.244.0.0/26", "h1"), Block("10.244.0.64/26", "h2")], Table("rtb-a", 12, Nat));
        var capacity = CapacityPlanner.Plan(topology, inventory, 1, PlanOptions.Default)!;

        Assert.Equal((3, 11, 11), (capacity.NextRoutes!.Hosts, capacity.FirstExtraHop!.Hosts, capacity.End!.Hosts));
        Assert.Equal("rtb-a ipv4 has room for 10 routes of ours, the smallest set that reaches every block has 11", capacity.End.Why);
    }

    [Fact]
    public void A_prefix_alone_takes_any_number_and_an_extra_hop_from_the_second_host_on()
    {
        var topology = Of(Net("10.244.0.0/16", Leaf("10.244.0.0/24", modes: Ipam.Topologies.RoutingModes.PrefixAnnounceVpc)));
        var capacity = CapacityPlanner.Plan(topology, Inventory([Host("h1")], [Block("10.244.0.0/26", "h1")], Table("rtb-a", 3, Nat)), 1, PlanOptions.Default)!;

        Assert.Equal((null, 2, 5), (capacity.NextRoutes, capacity.FirstExtraHop!.Hosts, capacity.End!.Hosts));
    }

    [Fact]
    public void Without_a_host_that_is_up_nothing_is_said() => Assert.Null(CapacityPlanner.Plan(
        Of(Net("10.244.0.0/16", Leaf("10.244.0.0/16"))), Inventory([Host("h1", health: HostHealth.Down)], [], Table()), 1, PlanOptions.Default));

    [Fact]
    public void Every_number_of_hosts_before_the_points_is_as_it_is_now_and_at_them_it_is_not()
    {
        var seen = 0;
        AggregateWorlds.Any.Sample(world => Interlocked.Add(ref seen, Check(WithSmallBlocks(world))), iter: Effort.Of(900), print: world => world.ToString(), threads: 2);
        TestContext.Current.SendDiagnosticMessage($"{seen} points later than now");
        Assert.True(seen > Effort.Of(400), $"{seen} points later than now: too few to mean anything");
    }

    /// <returns>Points that come later than now.</returns>
    private static int Check(SmallWorld world)
    {
        if (CapacityPlanner.Plan(world.Topology, world.Inventory, 1, PlanOptions.Default) is not { } capacity) return 0;
        var grown = new GrownInventory(world.Topology, world.Inventory, 1);
        int? routes = null, hop = null, end = null;
        var now = Plans(world, grown.At(grown.Now));
        var last = Math.Min(grown.Now + 24, (capacity.End?.Hosts ?? int.MaxValue) + 1);
        for (var hosts = grown.Now; hosts < last; hosts++)
        {
            grown.GrowTo(hosts);
            if (grown.Full is not null)
            {
                end ??= hosts;
                break;
            }

            var plans = Plans(world, grown.At(hosts));
            if (plans.Zip(now).Any(pair => pair.Second.Aggregated is null && pair.Second.Missing == 0 && pair.Second.Routes.Length < AggregateRoom(pair.Second) && NeedOf(pair.First) > NeedOf(pair.Second))) routes ??= hosts;
            if (plans.Exists(table => table.Missing > 0 || table.Aggregated is not null || table.ExtraHopShare + table.LocalExtraHopShare > 0)) hop ??= hosts;
            if (plans.Exists(table => table.Missing > 0)) end ??= hosts;
        }

        Assert.Equal(Seen(capacity.NextRoutes, last), Seen(routes, last));
        Assert.Equal(Seen(capacity.FirstExtraHop, last), Seen(hop, last));
        Assert.Equal(Seen(capacity.End, last), Seen(end, last));
        return new[] { capacity.NextRoutes, capacity.FirstExtraHop, capacity.End }.Count(point => point?.Hosts > capacity.Hosts && point.Hosts < last);
    }

    /// <summary>New hosts get two addresses each: small enough for many.</summary>
    private static SmallWorld WithSmallBlocks(SmallWorld world) => world with
    {
        Topology = world.Topology with { Networks = [world.Topology.Networks[0] with { BlockMask = world.Leaves.First().Cidr.Family.Width() - 1 }] },
    };

    private static int AggregateRoom(TablePlan table) => table.Quota - table.Foreign - 1;

    private static int NeedOf(TablePlan table) => table.Missing > 0 ? int.MaxValue : table.Aggregated?.ExactRoutes ?? table.Routes.Length;

    private static List<TablePlan> Plans(SmallWorld world, Inventory inventory) => [.. Plan(world.Topology, inventory).Tables];

    private static int? Seen(CapacityPoint? point, int last) => Seen(point?.Hosts, last);

    private static int? Seen(int? hosts, int last) => hosts < last ? hosts : null;
}
