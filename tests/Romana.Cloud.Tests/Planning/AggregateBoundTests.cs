using CsCheck;
using Romana.Cloud.Planning;

namespace Romana.Cloud.Tests.Planning;

/// <summary>What is left of the optimum when the exact way would be too much work.</summary>
public sealed class AggregateBoundTests
{
    private static readonly PlanOptions NoWork = new() { AllowMassRemoval = true, AggregationWork = 0 };

    [Fact]
    public void By_prices_a_plan_keeps_the_rules_and_says_rightly_how_far_it_may_be_from_the_best()
    {
        var (aggregated, apart) = (0, 0);
        AggregateWorlds.Any.Sample(
            world =>
            {
                var (plan, after, _) = AggregateEnd.Of(world, NoWork);
                foreach (var table in plan.Tables)
                {
                    if (plan.Refused.Any(refusal => refusal.Code == "no_hitless_order" && refusal.Table == table.Id)) continue;
                    var oracle = new AggregateOracle(world, world.Inventory.Tables.Single(one => one.Id == table.Id));
                    var best = oracle.Best();
                    Assert.Equal(Math.Max(0, best.Least - oracle.Room), table.Missing);
                    if (table.Aggregated is not { } note) continue;
                    Interlocked.Increment(ref aggregated);
                    var (extra, local, _) = best.Best!.Value;
                    Assert.True(table.Routes.Length <= note.Room);
                    Assert.InRange(table.ExtraHopShare, extra - 1e-9, 1);
                    Assert.InRange(extra, table.ExtraHopShare - note.Gap - 1e-9, 1);
                    if (table.ExtraHopShare > extra + 1e-9) Interlocked.Increment(ref apart);
                    else Assert.InRange(local, table.LocalExtraHopShare - note.LocalGap - 1e-9, 1);
                }

                if (plan.Refused.All(refusal => refusal.Code != "no_hitless_order"))
                    Assert.Empty(World.Plan(world.Topology, after, NoWork).Changes);
            },
            iter: 2_000, print: world => world.ToString(), threads: 2);
        Assert.True(aggregated > 500 && apart > 5, $"{aggregated} aggregated, {apart} of them apart from the best: too few to mean anything");
    }
}
