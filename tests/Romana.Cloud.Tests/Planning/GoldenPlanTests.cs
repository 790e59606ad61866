using Romana.Cloud.Planning;
using static Romana.Cloud.Tests.Planning.World;

namespace Romana.Cloud.Tests.Planning;

/// <summary>The rules of formats.md and of design item 7 on cases that fit on a hand.</summary>
public sealed class GoldenPlanTests
{
    private static readonly InventoryRoute Nat = Other("0.0.0.0/0", "nat-1");

    [Fact]
    public void A_block_becomes_one_route_to_its_host()
    {
        var plan = Plan(Of(Net("10.244.0.0/16", Leaf("10.244.0.0/16"))), Inventory([Host("h1")], [Block("10.244.0.0/26", "h1")], Table("rtb-a", 50, Nat)));

        var table = Assert.Single(plan.Tables);
        Assert.Equal(["10.244.0.0/26 > eni-1"], Lines(table));
        Assert.Equal("block of h1", table.Routes[0].Why);
        Assert.Equal(PlannedRouteKind.Host, table.Routes[0].Kind);
        Assert.Equal((50, 1, 2, true, 0), (table.Quota, table.Foreign, table.Used, table.Complete, table.Missing));
        Assert.Equal(["create 10.244.0.0/26 > eni-1"], Lines(plan.Changes));
        Assert.Equal(new PlannedCalls(1, 0, 0), plan.Calls);
        Assert.Empty(plan.Conflicts);
        Assert.Empty(plan.Refused);
    }

    [Fact]
    public void Neighbouring_blocks_of_one_host_merge_across_free_space_and_never_beyond_the_group()
    {
        var topology = Of(Net("10.244.0.0/16", Leaf("10.244.0.0/17"), Leaf("10.244.128.0/17")));
        var plan = Plan(topology, Inventory(
            [Host("h1"), Host("h2")],
            [Block("10.244.0.0/26", "h1"), Block("10.244.0.192/26", "h1"), Block("10.244.128.0/26", "h1"), Block("10.244.1.0/26", "h2")], Table()));

        Assert.Equal(["10.244.0.0/24 > eni-1", "10.244.1.0/26 > eni-2", "10.244.128.0/26 > eni-1"], Lines(plan.Tables[0]));
        Assert.Equal("2 blocks of h1", plan.Tables[0].Routes[0].Why);
    }

    [Fact]
    public void A_cover_stands_before_the_first_block_and_saves_its_router_a_route()
    {
        var topology = Of(Net("10.244.0.0/16", Leaf("10.244.0.0/16", cover: true, name: "zone-a")));

        var empty = Plan(topology, Inventory([Host("h1"), Host("h2")], [], Table()));
        Assert.Equal(["10.244.0.0/16 > eni-1"], Lines(empty.Tables[0]));
        Assert.Equal(("cover of group zone-a", PlannedRouteKind.Cover), (empty.Tables[0].Routes[0].Why, empty.Tables[0].Routes[0].Kind));

        var granted = Plan(topology, Inventory(
            [Host("h1"), Host("h2")], [Block("10.244.0.0/26", "h1"), Block("10.244.0.64/26", "h2"), Block("10.244.7.0/26", "h2")], Table()));
        Assert.Equal(["10.244.0.0/16 > eni-2", "10.244.0.0/26 > eni-1"], Lines(granted.Tables[0]));
    }

    [Fact]
    public void Covers_are_spread_over_the_willing_hosts_and_over_tables()
    {
        var topology = Of(Net("10.244.0.0/16", Leaf("10.244.0.0/16", cover: true)));
        var never = Host("h1") with { Labels = Host("h1").Labels.Add("romana.io/router", "never") };
        var hosts = new[] { never, Host("h2") with { Spot = true }, Host("h3", health: HostHealth.Draining), Host("h4", health: HostHealth.Suspect), Host("h5"), Host("h6") };
        var plan = Plan(topology, Inventory(hosts, [], Table("rtb-a"), Table("rtb-b"), Table("rtb-c"), Table("rtb-d")));

        Assert.Equal(["eni-5", "eni-6", "eni-5", "eni-6"], plan.Tables.Select(table => table.Routes[0].Target));
        var unwilling = Plan(topology, Inventory(hosts[..4], [], Table()));
        Assert.Equal("eni-1", unwilling.Tables[0].Routes[0].Target);
    }

    [Fact]
    public void A_cover_that_stands_is_kept_and_one_whose_router_left_is_replaced()
    {
        var topology = Of(Net("10.244.0.0/16", Leaf("10.244.0.0/16", cover: true)));
        Assert.Empty(Plan(topology, Inventory([Host("h1"), Host("h2")], [], Table(routes: Ours("10.244.0.0/16", "eni-2")))).Changes);
        var gone = Plan(topology, Inventory([Host("h1"), Host("h2")], [], Table(routes: Ours("10.244.0.0/16", "eni-9"))));
        Assert.Equal(["replace 10.244.0.0/16 > eni-1"], Lines(gone.Changes));
        Assert.Equal("eni-9", gone.Changes[0].From);
    }

    [Fact]
    public void A_group_on_several_links_gets_no_cover_and_says_so()
    {
        var topology = Of(Net("10.244.0.0/16", Leaf("10.244.0.0/16", cover: true, name: "wide")));
        var plan = Plan(topology, Inventory([Host("h1"), Host("h2", "subnet-b")], [Block("10.244.0.0/26", "h1")], Table()));

        Assert.Equal(["10.244.0.0/26 > eni-1"], Lines(plan.Tables[0]));
        var refusal = Assert.Single(plan.Refused);
        Assert.Equal("several_links", refusal.Code);
        Assert.Contains("wide", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_group_elsewhere_is_one_segment_route()
    {
        var topology = Of(Net("10.244.0.0/16", Leaf("10.244.0.0/17"), Leaf("10.244.128.0/17", name: "rack") with { Via = "tgw-1" }));
        var plan = Plan(topology, Inventory([Host("h1")], [Block("10.244.0.0/26", "h1"), Block("10.244.128.0/26", "r1")], Table()));

        Assert.Equal(["10.244.0.0/26 > eni-1", "10.244.128.0/17 > tgw-1"], Lines(plan.Tables[0]));
        Assert.Equal(PlannedRouteKind.Segment, plan.Tables[0].Routes[1].Kind);
        Assert.True(plan.Tables[0].Complete);
        Assert.Empty(plan.Refused);
    }

    [Fact]
    public void Prefix_announce_alone_is_the_prefix_route_alone()
    {
        var topology = Of(Net("10.244.0.0/16", Leaf("10.244.0.0/16", modes: Ipam.Topologies.RoutingModes.PrefixAnnounceVpc)));
        var plan = Plan(topology, Inventory([Host("h1"), Host("h2")], [Block("10.244.0.0/26", "h1"), Block("10.244.0.64/26", "h2")], Table()));

        Assert.Equal(["10.244.0.0/16 > eni-1"], Lines(plan.Tables[0]));
        Assert.True(plan.Tables[0].Complete);
        Assert.Equal(0.5, plan.Tables[0].ExtraHopShare);
    }

    [Fact]
    public void What_does_not_fit_is_aggregated_under_the_cover_and_said()
    {
        var topology = Of(Net("10.244.0.0/16", Leaf("10.244.0.0/17", cover: true), Leaf("10.244.128.0/17")));
        var hosts = Enumerable.Range(1, 8).Select(n => Host($"h{n}")).ToList();
        var blocks = Enumerable.Range(1, 8).Select(n => Block($"10.244.{n}.0/26", $"h{n}")).Append(Block("10.244.128.0/26", "h1"));
        var plan = Plan(topology, Inventory(hosts, blocks, Table("rtb-a", 6, Nat, Ours("10.244.3.0/26", "eni-3"))));

        var table = plan.Tables[0];
        // The group without a cover needs one, the covered one 1 + 7; 4 may be used: the cover and two of the eight blocks.
        Assert.Equal((0, true, new Aggregated(9, 4)), (table.Missing, table.Complete, table.Aggregated));
        Assert.Equal(4, table.Routes.Length);
        Assert.Contains("10.244.3.0/26 > eni-3", Lines(table));
        Assert.Equal(5.0 / 9, table.ExtraHopShare, 9);
        Assert.Empty(plan.Refused);
    }

    [Fact]
    public void Without_a_cover_the_few_routes_there_are_lead_to_routers_and_say_for_whom()
    {
        var topology = Of(Net("10.244.0.0/16", Leaf("10.244.0.0/17", name: "zone-a")));
        var blocks = new[] { Block("10.244.0.0/26", "h1"), Block("10.244.0.64/26", "h2"), Block("10.244.1.0/25", "h3"), Block("10.244.1.128/26", "h4"), Block("10.244.64.0/26", "h4") };
        var plan = Plan(topology, Inventory(Enumerable.Range(1, 4).Select(n => Host($"h{n}")), blocks, Table("rtb-a", 5, Nat)));

        Assert.Equal(["10.244.0.0/17 > eni-4", "10.244.0.64/26 > eni-2", "10.244.1.0/25 > eni-3"], Lines(plan.Tables[0]));
        Assert.Equal([PlannedRouteKind.Aggregate, PlannedRouteKind.Host, PlannedRouteKind.Host], plan.Tables[0].Routes.Select(route => route.Kind));
        Assert.Equal(
            ["1 block of 1 adjacent host in group zone-a, and its own", "block of h2", "block of h3"], plan.Tables[0].Routes.Select(route => route.Why));
        Assert.Equal(1.0 / 6, plan.Tables[0].ExtraHopShare, 9);
    }

    [Fact]
    public void When_not_even_the_smallest_complete_set_fits_it_is_said_and_nothing_is_half_done()
    {
        var topology = Of(Net("10.244.0.0/16", Leaf("10.244.0.0/17", cover: true), Leaf("10.244.128.0/17")));
        var hosts = Enumerable.Range(1, 8).Select(n => Host($"h{n}")).ToList();
        var blocks = Enumerable.Range(1, 8).Select(n => Block($"10.244.{n}.0/26", $"h{n}")).Append(Block("10.244.128.0/26", "h1"));
        var plan = Plan(topology, Inventory(hosts, blocks, Table("rtb-a", 3, Nat, Ours("10.244.3.0/26", "eni-3"))));

        var table = plan.Tables[0];
        Assert.Equal((1, false, null), (table.Missing, table.Complete, table.Aggregated));
        Assert.Equal(["10.244.0.0/17 > eni-1"], Lines(table));
        Assert.Equal(["create 10.244.0.0/17 > eni-1", "settle delete 10.244.3.0/26 > eni-3"], Lines(plan.Changes));
        var refusal = Assert.Single(plan.Refused);
        Assert.Equal(("quota", "rtb-a"), (refusal.Code, refusal.Table));
        Assert.Contains("quota 3", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("1 missing", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("L-93826ACB) to 4 or more", refusal.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public void The_extra_hop_is_counted_apart_in_a_table_of_one_subnet()
    {
        var topology = Of(Net("10.244.0.0/16", Leaf("10.244.0.0/17", cover: true, subnet: "subnet-a"), Leaf("10.244.128.0/17", cover: true, subnet: "subnet-b")));
        var hosts = new[] { Host("h1"), Host("h2"), Host("h3", "subnet-b"), Host("h4", "subnet-b") };
        var blocks = new[] { Block("10.244.0.0/26", "h1"), Block("10.244.0.64/26", "h2"), Block("10.244.128.0/26", "h3"), Block("10.244.128.64/26", "h4") };
        var plan = Plan(topology, Inventory(hosts, blocks, Table("rtb-a", 3) with { Subnets = ["subnet-a"] }));

        Assert.Equal((true, 0.25, 0.25), (plan.Tables[0].Complete, plan.Tables[0].ExtraHopShare, plan.Tables[0].LocalExtraHopShare));
        Assert.Equal((0, new Aggregated(4, 2)), (plan.Tables[0].Missing, plan.Tables[0].Aggregated));
    }

    [Fact]
    public void Both_families_are_counted_apart()
    {
        var topology = Of(
            Net("10.244.0.0/16", Leaf("10.244.0.0/16")), Net("fd00:1::/64", Leaf("fd00:1::/64", network: "pods6")));
        var plan = Plan(topology, Inventory(
            [Host("h1")], [Block("10.244.0.0/26", "h1"), Block("fd00:1::/120", "h1", "pods6")], Table("rtb-a", 50, Nat, Other("::/0", "eigw-1"))));

        Assert.Equal(["ipv4 2", "ipv6 2"], plan.Tables.Select(table => $"{table.Family.ToString().ToLowerInvariant()} {table.Used}"));
        Assert.Equal(["fd00:1::/120 > eni-1"], Lines(plan.Tables[1]));
    }

    [Fact]
    public void A_draining_host_keeps_its_block_and_leads_nothing()
    {
        var topology = Of(Net("10.244.0.0/16", Leaf("10.244.0.0/16", cover: true)));
        var plan = Plan(topology, Inventory(
            [Host("h1", health: HostHealth.Draining), Host("h2")], [Block("10.244.0.0/26", "h1"), Block("10.244.0.64/26", "h1")], Table(routes: Ours("10.244.0.0/16", "eni-1"))));

        Assert.Equal(["10.244.0.0/16 > eni-2", "10.244.0.0/25 > eni-1"], Lines(plan.Tables[0]));
        Assert.Equal(["create 10.244.0.0/25 > eni-1", "replace 10.244.0.0/16 > eni-2"], Lines(plan.Changes));
    }

    [Fact]
    public void A_route_of_somebody_else_at_a_blocks_place_is_a_conflict_also_where_older_routes_of_ours_part_the_block()
    {
        var topology = Of(Net("10.244.0.0/16", Leaf("10.244.0.0/16")));
        var table = Table("rtb-a", 50, Nat, Other("10.244.0.0/26", "tgw-1"), Ours("10.244.0.0/27", "eni-2"), Ours("10.244.0.32/28", "eni-2"), Ours("10.244.0.48/28", "eni-1"));
        var plan = Plan(topology, Inventory([Host("h1"), Host("h2")], [Block("10.244.0.0/26", "h1")], table));

        Assert.Equal([(C("10.244.0.0/26"), "tgw-1", "eni-1")], plan.Conflicts.Select(conflict => (conflict.Destination, conflict.Found, conflict.Wanted)));
    }
}
