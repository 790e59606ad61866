using System.Collections.Frozen;
using Romana.Cloud.Planning;
using Romana.Ipam.Addressing;
using static Romana.Cloud.Tests.Planning.World;

namespace Romana.Cloud.Tests.Planning;

/// <summary>Orders that are worth reading, one table each.</summary>
public sealed class OrderExamplesTests
{
    private static readonly InventoryBlock[] Quarters =
        [Block("10.244.0.0/26", "h1"), Block("10.244.0.64/26", "h2"), Block("10.244.0.128/26", "h3"), Block("10.244.0.192/26", "h4")];

    [Fact]
    public void A_removal_waits_for_what_its_addresses_fall_to_and_for_nothing_else()
    {
        // Whatever has taken effect: the old cover, the new one and the merged route are all right for these blocks.
        var order = Arrange(
            Hosts(), [Block("10.244.0.0/26", "h1"), Block("10.244.0.64/26", "h1")], 50,
            ["10.244.0.0/26 1", "10.244.0.64/26 1", "10.244.9.0/26 2", "10.244.0.0/16 3"], ["10.244.0.0/25 1", "10.244.0.0/16 4"]);
        Assert.Equal(
            [
                "create 10.244.0.0/25 > eni-1", "replace 10.244.0.0/16 > eni-4",
                "delete 10.244.0.0/26 > eni-1", "delete 10.244.0.64/26 > eni-1", "delete 10.244.9.0/26 > eni-2",
            ],
            Lines(order.Calls));

        // Without the cover the merged route is waited for by the two that it stands for, not by the one that no block needs.
        order = Arrange(
            Hosts(), [Block("10.244.0.0/26", "h1"), Block("10.244.0.64/26", "h1")], 50,
            ["10.244.0.0/26 1", "10.244.0.64/26 1", "10.244.9.0/26 2"], ["10.244.0.0/25 1"]);
        Assert.Equal(
            ["create 10.244.0.0/25 > eni-1", "delete 10.244.9.0/26 > eni-2", "settle delete 10.244.0.0/26 > eni-1", "settle delete 10.244.0.64/26 > eni-1"],
            Lines(order.Calls));
        Assert.All(order.Calls.Where(call => call.AfterSettle), call => Assert.Equal([C("10.244.0.0/25")], call.Awaits));
    }

    [Fact]
    public void A_turn_waits_for_the_longer_route_that_it_would_mislead_without()
    {
        // h1 and h2 are on two links: only its own host is right for a block.
        var order = Arrange(
            [Host("h1"), Host("h2", "subnet-b")], [Block("10.244.0.0/26", "h1"), Block("10.244.0.64/26", "h2")], 50,
            ["10.244.0.0/25 1", "10.244.0.64/26 2"], ["10.244.0.0/26 1", "10.244.0.0/25 2"]);
        Assert.Equal(
            ["create 10.244.0.0/26 > eni-1", "settle replace 10.244.0.0/25 > eni-2", "settle delete 10.244.0.64/26 > eni-2"], Lines(order.Calls));
    }

    [Fact]
    public void A_removal_names_the_route_of_an_earlier_pass_that_its_addresses_fall_to()
    {
        var removal = Assert.Single(Arrange(
            Hosts(), Quarters[..2], 50, ["10.244.0.0/24 1", "10.244.0.64/26 2"], ["10.244.0.0/24 1"]).Calls);
        Assert.Equal((false, 0), (removal.AfterSettle, removal.Awaits.Length));
        Assert.True(removal.ReliesOnEarlier(C("10.244.0.0/24"), isGone: false));
        Assert.True(removal.ReliesOnEarlier(C("10.244.0.0/25"), isGone: true));
        Assert.False(removal.ReliesOnEarlier(C("10.244.0.0/26"), isGone: true));
    }

    [Fact]
    public void With_one_free_place_a_prefix_is_led_to_a_router_until_all_under_it_is_in_place()
    {
        // h2 and h3 are about to go: they keep their own blocks and may not carry another's, not for a moment.
        var order = Arrange(
            [Host("h1"), Host("h2", health: HostHealth.Draining), Host("h3", health: HostHealth.Draining), Host("h4")],
            [Block("10.244.0.0/27", "h2"), Block("10.244.0.32/27", "h2"), Block("10.244.0.64/27", "h3"), Block("10.244.0.96/27", "h3")], 4,
            ["10.244.0.0/25 2", "10.244.0.64/27 3", "10.244.0.96/27 3"], ["10.244.0.0/25 3", "10.244.0.0/27 2", "10.244.0.32/27 2"]);
        Assert.Empty(order.Kept);
        Assert.Equal("replace 10.244.0.0/25 > eni-1", Lines(order.Calls)[0]);
        Assert.Equal("eni-3", order.Calls.Last(call => call.Destination == C("10.244.0.0/25")).Target);
        Assert.Equal(1 + 2 + 2 + 1, order.Calls.Count);
    }

    [Fact]
    public void Where_no_order_exists_what_stands_is_kept_and_a_new_block_gets_a_route_of_its_own()
    {
        // On two links the wide route may turn only when both of h1's blocks have routes: two places, and one is free
        // beside the one that is kept for changes.
        InventoryBlock[] blocks =
        [
            Block("10.244.0.0/27", "h1"), Block("10.244.0.32/27", "h2"), Block("10.244.0.64/27", "h1"), Block("10.244.0.96/27", "h2"),
            Block("10.244.0.128/27", "h1"), Block("10.244.0.160/27", "h2"), Block("10.244.9.0/26", "h3"),
        ];
        string[] standing = ["10.244.0.0/24 1", "10.244.0.32/27 2", "10.244.0.96/27 2", "10.244.0.160/27 2"];
        string[] wanted = ["10.244.0.0/24 2", "10.244.0.0/27 1", "10.244.0.64/27 1", "10.244.0.128/27 1", "10.244.9.0/26 3"];
        InventoryHost[] hosts = [Host("h1"), Host("h2", "subnet-b"), Host("h3", "subnet-b")];
        var order = Arrange(hosts, blocks, 6, standing, wanted);
        Assert.Equal(["create 10.244.9.0/26 > eni-3"], Lines(order.Calls));
        Assert.Equal(7, order.Kept.Count);

        // The new block inside what has to stay.
        order = Arrange(hosts, [.. blocks[..6], Block("10.244.0.192/27", "h3")], 6, standing, [.. wanted[..4], "10.244.0.192/26 3"]);
        Assert.Equal(["create 10.244.0.192/26 > eni-3"], Lines(order.Calls));
        order = Arrange(hosts, [.. blocks[..6], Block("10.244.0.192/27", "h2")], 6, standing, wanted[..4]);
        Assert.Equal(["create 10.244.0.192/27 > eni-2"], Lines(order.Calls));
    }

    [Fact]
    public void One_block_that_cannot_be_had_does_not_hold_back_the_others()
    {
        // The wanted cover would reach h2's block by way of h3, which is Down; h1's new block is in the same component.
        var order = Arrange(
            [Host("h1"), Host("h2"), Host("h3", health: HostHealth.Down)], [Block("10.244.0.0/26", "h1"), Block("10.244.0.64/26", "h2")], 50,
            ["10.244.0.0/24 2"], ["10.244.0.0/24 3", "10.244.0.0/26 1"]);
        Assert.Equal(["create 10.244.0.0/26 > eni-1"], Lines(order.Calls));
        Assert.Equal([C("10.244.0.0/24")], order.Kept);
    }

    [Fact]
    public void A_route_that_hides_a_propagated_one_is_not_removed_when_that_would_mislead()
    {
        var order = Arrange(
            Hosts(), Quarters[..1], 50, ["10.244.0.0/26 1", "10.244.0.0/24 2"], ["10.244.0.0/24 2"],
            Other("10.244.0.0/26", "vgw-1") with { Propagated = true });
        Assert.Empty(order.Calls);
        Assert.Equal([C("10.244.0.0/26")], order.Kept);
    }

    [Fact]
    public void A_thousand_changes_are_ordered_at_once()
    {
        // Odd blocks give way to even ones with one place free, one in, one out.
        var names = Enumerable.Range(0, 1_000).ToList();
        string Of(int at) => $"{C("10.244.0.0/16").Slice(26, (UInt128)at)} {(at % 200) + 1}";
        var hosts = Enumerable.Range(1, 200).Select(at => Host($"h{at}")).ToArray();
        var blocks = names.Select(at => new InventoryBlock(C("10.244.0.0/16").Slice(26, (UInt128)at), "pods", $"h{(at % 200) + 1}")).ToArray();
        var order = Arrange(
            hosts, blocks, 502, ["10.244.0.0/16 1", .. names.Where(at => at % 2 == 0).Select(Of)], ["10.244.0.0/16 2", .. names.Where(at => at % 2 == 1).Select(Of)]);
        Assert.Empty(order.Kept);
        Assert.Equal(1_001, order.Calls.Count);
        Assert.DoesNotContain(order.Calls, call => call.AfterSettle);
    }

    private static InventoryHost[] Hosts() => [Host("h1"), Host("h2"), Host("h3"), Host("h4")];

    /// <param name="standing">"10.244.0.0/26 1": ours, to eni-1.</param>
    private static TableOrder Arrange(
        InventoryHost[] hosts, InventoryBlock[] blocks, int quota, string[] standing, string[] wanted, params InventoryRoute[] others)
    {
        var topology = Of(Net("10.244.0.0/16", Leaf("10.244.0.0/16")));
        var table = Table("rtb-a", quota, [.. standing.Select(line => line.Split(' ')).Select(parts => Ours(parts[0], $"eni-{parts[1]}")), .. others]);
        var ground = PlanGround.Read(topology, Inventory(hosts, blocks, table));
        var view = TableView.Read(table, IpFamily.IPv4, ground, PlanOptions.Default, FrozenSet<Cidr>.Empty);
        var routes = new WantedRoutes();
        foreach (var parts in wanted.Select(line => line.Split(' '))) routes.Add(new PlannedRoute(C(parts[0]), $"eni-{parts[1]}", null, PlannedRouteKind.Host, "wanted"));
        var order = new TableOrder(ground, new RouteEvaluation(ground), view);
        order.Arrange(routes);
        return order;
    }
}
