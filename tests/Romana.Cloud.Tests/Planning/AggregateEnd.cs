using Romana.Cloud.Planning;
using Romana.Ipam.Addressing;

namespace Romana.Cloud.Tests.Planning;

/// <summary>Where planning leads. One plan is enough but for a table without a free place, which may be given one first (RoomAgain).</summary>
internal static class AggregateEnd
{
    /// <returns>The last plan, with what any refused; what stands after it; in how many tables it took two.</returns>
    public static (RoutePlan Plan, Inventory After, int Again) Of(SmallWorld world, PlanOptions options)
    {
        var first = World.Plan(world.Topology, world.Inventory, options);
        var after = World.Apply(world.Inventory, first.Changes);
        var making = first.Tables.Where(table => MakesRoom(world, table)).Select(table => table.Id).ToHashSet();
        if (making.Count == 0) return (first, after, 0);
        var plan = World.Plan(world.Topology, after, options);
        if (first.Refused.All(refusal => refusal.Code != "no_hitless_order"))
            Assert.DoesNotContain(plan.Changes, change => !making.Contains(change.Table));
        return (plan with { Refused = [.. plan.Refused, .. first.Refused] }, World.Apply(after, plan.Changes),
            plan.Changes.Select(change => change.Table).Distinct().Count());
    }

    /// <summary>It had no free place, and is left with one more than it keeps free.</summary>
    private static bool MakesRoom(SmallWorld world, TablePlan table)
    {
        var owned = world.Inventory.Tables.Single(one => one.Id == table.Id).Routes
            .Count(route => route.Owned && Cidr.TryParse(route.Destination, out var cidr, out _) && cidr.Family == table.Family);
        return table.Foreign + owned >= table.Quota && table.Used < table.Quota - 1;
    }
}
