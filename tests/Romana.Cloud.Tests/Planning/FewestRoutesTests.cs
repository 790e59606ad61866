using CsCheck;
using Romana.Cloud.Planning;
using Romana.Ipam.Addressing;

namespace Romana.Cloud.Tests.Planning;

/// <summary>The exact plan against a search of every possibility.</summary>
public sealed class FewestRoutesTests
{
    [Fact]
    public void No_set_of_routes_is_smaller_and_every_block_reaches_its_own_host() =>
        RandomWorlds.Any.Sample(Check, iter: Effort.Of(10_000), print: world => world.ToString(), threads: 2);

    private static void Check(SmallWorld world)
    {
        var judge = new SlowJudge(world);
        var plan = World.Plan(world.Topology, world.Inventory);
        var table = plan.Tables.Single();
        var bad = plan.Refused.Where(refusal => refusal.Code != "several_links").ToList();
        Assert.Empty(bad);
        Assert.Equal(world.Leaves.Sum(judge.Fewest), table.Routes.Length);
        Assert.All(table.Routes, route => Assert.Contains(world.Leaves, leaf => Within(judge, leaf, route)));
        foreach (var leaf in world.Leaves) CheckCover(world, judge, leaf, table);

        var after = World.Apply(world.Inventory, plan.Changes);
        CheckReach(world, judge, table, after.Tables[0]);
        Assert.Empty(World.Plan(world.Topology, after).Changes);
    }

    private static bool Within(SlowJudge judge, Ipam.Topologies.Group leaf, PlannedRoute route) =>
        leaf.Cidr.Contains(route.Destination) && judge.MembersOf(leaf).Exists(host => host.Eni == route.Target && host.Name == route.Host);

    private static void CheckCover(SmallWorld world, SlowJudge judge, Ipam.Topologies.Group leaf, TablePlan table)
    {
        var routers = judge.RoutersOf(leaf);
        var taken = world.Inventory.Tables[0].Routes.Any(route => route.Destination == leaf.Cidr.ToString());
        var covers = table.Routes.Where(route => route.Destination == leaf.Cidr && route.Kind == PlannedRouteKind.Cover).ToList();
        if (!leaf.Cover || routers.Count == 0 || taken) Assert.Empty(covers);
        else Assert.Contains(routers, router => router.Eni == covers.Single().Target);
    }

    private static void CheckReach(SmallWorld world, SlowJudge judge, TablePlan table, InventoryTable after)
    {
        var reach = judge.Reach(after);
        var theirs = world.Inventory.Tables[0].Routes.Where(route => !route.Owned && route.Target != "local")
            .Select(route => World.C(route.Destination)).ToList();
        var lost = reach.Where(pair => pair.Value != SlowJudge.Match.Own).Select(pair => pair.Key).ToList();
        // Only another's route may keep a block from its host: one at the block's place or inside it.
        Assert.All(lost, address => Assert.Contains(theirs, cidr => cidr.Contains(address) && cidr.Length > 0
            && world.Inventory.Blocks!.Value.Any(block => block.Cidr.Contains(address) && block.Cidr.Contains(cidr))));
        Assert.Equal(reach.Values.All(match => match >= SlowJudge.Match.Router), table.Complete);
        var enis = world.Inventory.Hosts.Select(host => host.Eni).ToHashSet();
        var others = lost.Count(address => enis.Contains(TargetOf(after, address)));
        Assert.Equal(reach.Count == 0 ? 0 : (double)others / reach.Count, table.ExtraHopShare, 9);
    }

    private static string TargetOf(InventoryTable table, IpAddress address) => table.Routes
        .Where(route => World.C(route.Destination).Contains(address))
        .MaxBy(route => World.C(route.Destination).Length)?.Target ?? "";
}
