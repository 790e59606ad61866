using CsCheck;
using Romana.Cloud.Planning;
using Romana.Ipam.Addressing;

namespace Romana.Cloud.Tests.Planning;

/// <summary>
/// R1, R2, R4 and R5 on every state that a change sequence can leave: after each call, with the next one failed or its
/// answer lost, and after planning again from there.
/// </summary>
public sealed class HitlessTests
{
    private static readonly Gen<(SmallWorld Old, SmallWorld New, bool Adopt)> Transitions =
        from old in RandomWorlds.Tight
        from next in RandomWorlds.Like(old)
        from adopt in Gen.Frequency((5, Gen.Const(false)), (1, Gen.Const(true)))
        select (old, next, adopt);

    [Fact]
    public void No_reached_address_is_lost_at_any_point_of_any_transition()
    {
        var calls = 0;
        var steps = 0;
        Transitions.Sample(
            transition =>
            {
                var standing = Settle(transition.Old);
                if (standing is null) return;
                // What our ledger held stays; the rest of the world has moved on.
                var world = transition.New with
                {
                    Inventory = transition.New.Inventory with
                    {
                        Tables = [standing with { Quota = transition.New.Inventory.Tables[0].Quota }],
                    },
                };
                var options = new PlanOptions { AllowMassRemoval = true, Adopt = transition.Adopt };
                var plan = World.Plan(world.Topology, world.Inventory, options);
                Interlocked.Add(ref calls, plan.Changes.Length);
                var end = Walk(world, plan, world.Inventory.Tables[0], options, ref steps);
                CheckSettled(world, end, plan, options);
            },
            iter: 2_200, print: transition => $"{transition.Old}\n--- then adopt={transition.Adopt}\n{transition.New}", threads: 2);
        Assert.True(calls > 4_000 && steps >= calls, $"{calls} calls, {steps} states: too few to mean anything");
    }

    /// <summary>The table after the old world settled in it; null when there it could not.</summary>
    private static InventoryTable? Settle(SmallWorld world)
    {
        var plan = World.Plan(world.Topology, world.Inventory, new PlanOptions { AllowMassRemoval = true });
        return World.Apply(world.Inventory, plan.Changes).Tables[0];
    }

    private static InventoryTable Walk(SmallWorld world, RoutePlan plan, InventoryTable from, PlanOptions options, ref int steps)
    {
        var judge = new SlowJudge(world);
        var table = from;
        var reached = judge.Reach(table);
        foreach (var (index, change) in plan.Changes.Index())
        {
            Retry(world, table, options, judge);
            table = World.Apply(table, change);
            CheckTable(world, from, table, options, $"call {index + 1} of {plan.Changes.Length}");
            reached = CheckReach(judge, reached, table, $"call {index + 1}: {change}");
            Interlocked.Increment(ref steps);
        }

        return table;
    }

    /// <summary>A call failed here, or its answer was lost: the loop reads the table and plans anew; its first steps must hold too.</summary>
    private static void Retry(SmallWorld world, InventoryTable table, PlanOptions options, SlowJudge judge)
    {
        var again = World.Plan(world.Topology, world.Inventory with { Tables = [table] }, options);
        var (now, reached) = (table, judge.Reach(table));
        foreach (var change in again.Changes)
        {
            now = World.Apply(now, change);
            CheckTable(world, table, now, options, "again");
            reached = CheckReach(judge, reached, now, $"again: {change}");
        }
    }

    private static void CheckTable(SmallWorld world, InventoryTable before, InventoryTable now, PlanOptions options, string where)
    {
        int Count(InventoryTable table) => table.Routes.Count(route => route.Target != "local" && World.C(route.Destination).Family == world.Leaves.First().Cidr.Family);
        Assert.True(Count(now) <= Math.Max(now.Quota.Ipv4, Count(before)), $"{where}: over the quota");
        if (options.Adopt) return;
        Assert.Equal(before.Routes.Where(route => !route.Owned), now.Routes.Where(route => !route.Owned));
    }

    private static Dictionary<IpAddress, SlowJudge.Match> CheckReach(
        SlowJudge judge, Dictionary<IpAddress, SlowJudge.Match> before, InventoryTable table, string where)
    {
        var now = judge.Reach(table);
        foreach (var (address, match) in before)
        {
            Assert.False(match >= SlowJudge.Match.Router && now[address] < SlowJudge.Match.Router, $"{where}: {address} was reached and is not");
            Assert.False(match == SlowJudge.Match.Weak && now[address] == SlowJudge.Match.Wrong, $"{where}: {address} was reached weakly and is not");
        }

        return now;
    }

    private static void CheckSettled(SmallWorld world, InventoryTable end, RoutePlan plan, PlanOptions options)
    {
        var first = World.Plan(world.Topology, world.Inventory with { Tables = [end] }, options);
        var mayGoOn = options.Adopt || plan.Refused.Any(refusal => refusal.Code == "no_hitless_order");
        for (var round = 0; mayGoOn && round < 4 && !first.Changes.IsEmpty; round++)
        {
            // What was adopted may be surplus now that it is ours; what had no order may have one now that others went.
            end = World.Apply(world.Inventory with { Tables = [end] }, first.Changes).Tables[0];
            first = World.Plan(world.Topology, world.Inventory with { Tables = [end] }, options);
        }

        Assert.Empty(first.Changes);
        var table = first.Tables.Single();
        var reach = new SlowJudge(world).Reach(end);
        Assert.Equal(reach.Values.All(match => match >= SlowJudge.Match.Router), table.Complete);
        if (!table.Complete && first.Conflicts.IsEmpty) Assert.NotEmpty(first.Refused);
    }
}
