using CsCheck;
using Romana.Cloud.Planning;
using Romana.Ipam.Addressing;

namespace Romana.Cloud.Tests.Planning;

/// <summary>The plan under any quota against a search of every possibility.</summary>
public sealed class AggregateOptimumTests
{
    private static int _twoPlans;
    private static readonly PlanOptions Options = new() { AllowMassRemoval = true };

    [Fact]
    public void No_set_of_routes_that_fits_is_better()
    {
        var (aggregated, incomplete, tables) = (0, 0, 0);
        _twoPlans = 0;
        AggregateWorlds.Any.Sample(
            world =>
            {
                foreach (var table in Check(world))
                {
                    Interlocked.Increment(ref tables);
                    if (table.Aggregated is not null) Interlocked.Increment(ref aggregated);
                    if (table.Missing > 0) Interlocked.Increment(ref incomplete);
                }
            },
            iter: Effort.Of(10_000), print: world => world.ToString(), threads: 2);
        Assert.True(aggregated > Effort.Of(2_000) && incomplete > Effort.Of(1_000), $"{aggregated} aggregated, {incomplete} incomplete: too few to mean anything");
        Assert.True(_twoPlans * 100 < tables, $"{_twoPlans} of {tables} tables took two plans");
    }

    /// <summary>The search itself against sets of routes tried one by one, in worlds so small that this can be done.</summary>
    [Fact]
    public void The_search_finds_what_trying_every_set_finds() => AggregateWorlds.Tiny.Sample(
        world =>
        {
            var table = world.Inventory.Tables[0];
            var oracle = new AggregateOracle(world, table);
            Assert.Equal(EverySet.Best(world, table, oracle.Room), oracle.Best().Best);
        },
        iter: Effort.Of(400), print: world => world.ToString(), threads: 2);

    private static System.Collections.Immutable.ImmutableArray<TablePlan> Check(SmallWorld world)
    {
        var (plan, after, again) = AggregateEnd.Of(world, Options);
        Interlocked.Add(ref _twoPlans, again);
        foreach (var table in plan.Tables)
        {
            var at = world.Inventory.Tables.Single(one => one.Id == table.Id);
            var oracle = new AggregateOracle(world, at);
            var stuck = plan.Refused.Any(refusal => refusal.Code == "no_hitless_order" && refusal.Table == table.Id);
            Compare(table, oracle.Best(), oracle.Room, stuck);
            Assert.Equal(oracle.IsComplete(after.Tables.Single(one => one.Id == table.Id)), table.Complete);
            if (table.Missing == 0 && !stuck) CheckRules(world, oracle, table, at);
        }

        if (plan.Refused.All(refusal => refusal.Code != "no_hitless_order"))
            Assert.Empty(World.Plan(world.Topology, after, Options).Changes);
        return plan.Tables;
    }

    private static void Compare(TablePlan table, BestPlan best, int room, bool stuck)
    {
        Assert.Equal(Math.Max(0, best.Least - room), table.Missing);
        if (best.Best is not var (extra, local, routes))
        {
            Assert.Null(table.Aggregated);
            return;
        }

        if (stuck) return;
        Assert.Equal(extra, table.ExtraHopShare, 9);
        Assert.Equal(local, table.LocalExtraHopShare, 9);
        Assert.Equal(routes, table.Routes.Length);
    }

    private static void CheckRules(SmallWorld world, AggregateOracle oracle, TablePlan table, InventoryTable at)
    {
        if (table.Aggregated is { } aggregated) Assert.True(table.Routes.Length <= aggregated.Room && aggregated.ExactRoutes > aggregated.Room);
        foreach (var leaf in world.Leaves)
        {
            var inside = table.Routes.Where(route => leaf.Cidr.Contains(route.Destination)).ToList();
            Assert.All(inside, route => Assert.Contains(oracle.MembersOf(leaf), host => host.Eni == route.Target));
            var covers = inside.Where(route => route.Kind == PlannedRouteKind.Cover).ToList();
            var taken = at.Routes.Any(route => route.Destination == leaf.Cidr.ToString() && !route.Owned);
            var wants = (leaf.Cover || leaf.Modes == Ipam.Topologies.RoutingModes.PrefixAnnounceVpc) && !taken && oracle.RoutersOf(leaf).Count > 0;
            Assert.Equal(wants ? [leaf.Cidr] : (Cidr[])[], covers.Select(route => route.Destination));
            Assert.All(covers, cover => Assert.Contains(oracle.RoutersOf(leaf), host => host.Eni == cover.Target));
        }
    }
}
