using Romana.Cloud.Planning;
using static Romana.Cloud.Tests.Planning.World;

namespace Romana.Cloud.Tests.Planning;

/// <summary>A pass that was cut off may leave a table without a single free place: there is a way on from every such state.</summary>
public sealed class FullTableTests
{
    private static readonly Ipam.Topologies.Topology Group = Of(Net("10.244.0.0/16", Leaf("10.244.0.0/20")));

    [Fact]
    public void From_a_table_that_was_left_full_half_way_to_aggregates_plan_by_plan_the_best_is_reached()
    {
        var inventory = Crowd(
            "10.244.0.0/23 12", "10.244.0.0/26 1", "10.244.2.0/23 7", "10.244.2.0/26 5", "10.244.4.0/23 8", "10.244.4.0/26 3",
            "10.244.6.0/26 6", "10.244.8.0/26 2", "10.244.12.0/26 4");

        var best = Plan(Group, Crowd()).Tables.Single();
        var reached = Settle(inventory, out var plans);

        Assert.Equal((best.Used, best.ExtraHopShare, best.LocalExtraHopShare, true), (reached.Used, reached.ExtraHopShare, reached.LocalExtraHopShare, reached.Complete));
        Assert.InRange(plans, 2, 5);
    }

    [Fact]
    public void Wherever_the_way_to_aggregates_is_cut_off_the_best_is_reached_from_there()
    {
        var start = Crowd(
            "10.244.0.0/26 1", "10.244.2.0/26 5", "10.244.4.0/26 3", "10.244.6.0/26 6", "10.244.8.0/26 2", "10.244.12.0/26 4");
        var best = Plan(Group, Crowd()).Tables.Single();
        var changes = Plan(Group, start).Changes;
        Assert.NotEmpty(changes);

        for (var made = 0; made <= changes.Length; made++)
        {
            var reached = Settle(Apply(start, changes.Take(made)), out _);
            Assert.Equal((best.Used, best.ExtraHopShare, best.LocalExtraHopShare, true), (reached.Used, reached.ExtraHopShare, reached.LocalExtraHopShare, reached.Complete));
        }
    }

    /// <summary>Plans and carries out until nothing changes; no block that has a route loses it on the way, and no plan finds no order.</summary>
    private static TablePlan Settle(Inventory inventory, out int plans)
    {
        for (plans = 1; ; plans++)
        {
            Assert.InRange(plans, 1, 10);
            var plan = Plan(Group, inventory);
            Assert.DoesNotContain(plan.Refused, refusal => refusal.Code == "no_hitless_order");
            if (!plan.HasChanges) return plan.Tables.Single();
            foreach (var change in plan.Changes)
            {
                var next = Apply(inventory, [change]);
                Assert.All(Blocks(inventory), block => Assert.True(IsReached(next, block), $"{block} is lost by {change.Op} {change.Destination}"));
                Assert.True(next.Tables[0].Routes.Length - 1 <= next.Tables[0].Quota.Ipv4, "above the quota");
                inventory = next;
            }
        }
    }

    private static IEnumerable<InventoryBlock> Blocks(Inventory inventory) => inventory.Blocks!.Value.Where(block => IsReached(inventory, block));

    /// <summary>All hosts are up and on one link: every one of them is a right next hop.</summary>
    private static bool IsReached(Inventory inventory, InventoryBlock block) =>
        inventory.Tables[0].Routes.Any(route => route.Owned && C(route.Destination).Contains(block.Cidr));

    /// <summary>Twelve hosts with a block each, room for eight routes and one more.</summary>
    private static Inventory Crowd(params string[] standing)
    {
        string[] blocks = ["0.0/26 1", "8.0/26 2", "4.0/26 3", "12.0/26 4", "2.0/26 5", "6.0/26 6", "3.0/26 7", "5.0/26 8", "7.0/26 9", "10.0/26 10", "14.0/26 11", "1.0/26 12"];
        return Inventory(
            Enumerable.Range(1, 12).Select(number => Host($"h{number}")),
            blocks.Select(text => text.Split(' ')).Select(parts => Block($"10.244.{parts[0]}", $"h{parts[1]}")),
            Table("rtb-a", 9, [.. standing.Select(text => text.Split(' ')).Select(parts => Ours(parts[0], $"eni-{parts[1]}"))]));
    }
}
