using Romana.Cloud.Planning;
using static Romana.Cloud.Tests.Planning.World;

namespace Romana.Cloud.Tests.Planning;

/// <summary>Shapes that earlier systems got wrong, each under a quota that its exact routes pass.</summary>
public sealed class AggregateCaseTests
{
    private static readonly InventoryRoute Nat = Other("0.0.0.0/0", "nat-1");

    [Fact]
    public void In_a_zone_of_several_subnets_no_aggregate_crosses_from_one_link_to_the_other()
    {
        var topology = Of(Net("10.244.0.0/16", Leaf("10.244.0.0/18", name: "a1"), Leaf("10.244.64.0/18", name: "a2")));
        var hosts = Enumerable.Range(1, 8).Select(n => Host($"h{n}", n <= 4 ? "subnet-a" : "subnet-b")).ToList();
        var blocks = Enumerable.Range(0, 4).SelectMany(n => new[] { Block($"10.244.{n}.0/26", $"h{n + 1}"), Block($"10.244.{64 + n}.0/26", $"h{n + 5}") });
        var plan = Plan(topology, Inventory(hosts, blocks, Table("rtb-a", 4, Nat)));

        // Two would be enough for eight blocks, one for each link; one for the whole zone would reach neither half.
        Assert.Equal((true, 0, 0.75), (plan.Tables[0].Complete, plan.Tables[0].Missing, plan.Tables[0].ExtraHopShare));
        Assert.Equal(["10.244.0.0/22 > eni-1", "10.244.64.0/22 > eni-5"], Lines(plan.Tables[0]));
        var tight = Plan(topology, Inventory(hosts, blocks, Table("rtb-a", 3, Nat)));
        Assert.Equal((false, 1), (tight.Tables[0].Complete, tight.Tables[0].Missing));
    }

    [Fact]
    public void In_a_table_of_one_subnet_its_own_blocks_are_aggregated_first_and_in_a_shared_table_nobodys()
    {
        var topology = Of(Net("10.244.0.0/16", Leaf("10.244.0.0/18", cover: true), Leaf("10.244.64.0/18", cover: true)));
        var hosts = Enumerable.Range(1, 8).Select(n => Host($"h{n}", n <= 4 ? "subnet-a" : "subnet-b")).ToList();
        var blocks = Enumerable.Range(0, 4).SelectMany(n => new[] { Block($"10.244.{n}.0/26", $"h{n + 1}"), Block($"10.244.{64 + n}.0/26", $"h{n + 5}") });
        var own = Table("rtb-a", 7, Nat) with { Subnets = ["subnet-a"] };
        var plan = Plan(topology, Inventory(hosts, blocks, own, own with { Id = "rtb-main", Main = true }, Table("rtb-both", 7, Nat)));

        // Room for five: two covers, and three of the six blocks that the covers' routers do not hold.
        Assert.Equal((0.0, 0.375), (plan.Tables[0].ExtraHopShare, plan.Tables[0].LocalExtraHopShare));
        Assert.Equal(["10.244.0.0/18", "10.244.64.0/18"], plan.Tables[0].Routes.Where(route => route.Kind == PlannedRouteKind.Cover).Select(route => route.Destination.ToString()));
        Assert.Equal(3, plan.Tables[0].Routes.Count(route => C("10.244.64.0/18").Contains(route.Destination) && route.Kind == PlannedRouteKind.Host));
        Assert.All(plan.Tables.Skip(1), table => Assert.Equal((0.375, 0.0), (table.ExtraHopShare, table.LocalExtraHopShare)));
    }

    [Fact]
    public void A_host_with_blocks_in_two_places_leads_where_that_spares_most()
    {
        var topology = Of(Net("10.244.0.0/16", Leaf("10.244.0.0/16", cover: true)));
        var blocks = new[]
        {
            Block("10.244.0.0/26", "h1"), Block("10.244.1.0/26", "h2"), Block("10.244.2.0/26", "h3"),
            Block("10.244.128.0/26", "h1"), Block("10.244.129.0/26", "h2"), Block("10.244.130.0/26", "h2"),
        };
        var one = Plan(topology, Inventory([Host("h1"), Host("h2"), Host("h3")], blocks, Table("rtb-a", 3, Nat)));
        Assert.Equal(["10.244.0.0/16 > eni-2"], Lines(one.Tables[0]));
        Assert.Equal(0.5, one.Tables[0].ExtraHopShare);

        // With two more, h1 and h3 have their own in one half; the other half is h2's but for one.
        var three = Plan(topology, Inventory([Host("h1"), Host("h2"), Host("h3")], blocks, Table("rtb-a", 5, Nat)));
        Assert.Equal((3, true), (three.Tables[0].Routes.Length, three.Tables[0].Complete));
        Assert.Equal(1.0 / 6, three.Tables[0].ExtraHopShare, 9);
    }

    [Fact]
    public void A_group_that_straddles_links_keeps_its_exact_routes_and_the_others_make_room()
    {
        var topology = Of(Net("10.244.0.0/16", Leaf("10.244.0.0/18"), Leaf("10.244.64.0/18")));
        var hosts = new[] { Host("h1"), Host("h2", "subnet-b"), Host("h3"), Host("h4"), Host("h5") };
        var blocks = new[] { Block("10.244.0.0/26", "h1"), Block("10.244.1.0/26", "h2"), Block("10.244.64.0/26", "h3"), Block("10.244.65.0/26", "h4"), Block("10.244.66.0/26", "h5") };
        var plan = Plan(topology, Inventory(hosts, blocks, Table("rtb-a", 5, Nat)));

        Assert.Equal(["10.244.0.0/26 > eni-1", "10.244.1.0/26 > eni-2", "10.244.64.0/22 > eni-3"], Lines(plan.Tables[0]));
        Assert.Equal((true, 0.4), (plan.Tables[0].Complete, plan.Tables[0].ExtraHopShare));
        Assert.Equal(1, Plan(topology, Inventory(hosts, blocks, Table("rtb-a", 4, Nat))).Tables[0].Missing);
    }

    [Fact]
    public void A_spot_instance_leads_where_it_is_the_only_one_up_and_nowhere_else()
    {
        var topology = Of(Net("10.244.0.0/16", Leaf("10.244.0.0/16", cover: true)));
        var spot = Host("h1") with { Spot = true };
        var blocks = new[] { Block("10.244.0.0/24", "h1"), Block("10.244.1.0/26", "h2"), Block("10.244.2.0/26", "h3"), Block("10.244.3.0/26", "h3") };
        var alone = Plan(topology, Inventory([spot, Host("h2", health: HostHealth.Draining), Host("h3", health: HostHealth.Suspect)], blocks, Table("rtb-a", 3, Nat)));
        Assert.Equal(["10.244.0.0/16 > eni-1"], Lines(alone.Tables[0]));
        Assert.True(alone.Tables[0].Complete);

        // By shares alone it would lead still: it holds more than all others. Whoever says spot says that it will go.
        var others = Plan(topology, Inventory([spot, Host("h2"), Host("h3")], blocks, Table("rtb-a", 3, Nat)));
        Assert.Equal(["10.244.0.0/16 > eni-3"], Lines(others.Tables[0]));
        Assert.Equal(5.0 / 7, others.Tables[0].ExtraHopShare, 9);
    }

    [Fact]
    public void A_prefix_route_alone_leads_to_the_host_that_holds_most_and_stays_there_among_equals()
    {
        var topology = Of(Net("10.244.0.0/16", Leaf("10.244.0.0/16", modes: Ipam.Topologies.RoutingModes.PrefixAnnounceVpc)));
        var blocks = new[] { Block("10.244.0.0/26", "h1"), Block("10.244.1.0/26", "h2"), Block("10.244.2.0/26", "h2"), Block("10.244.3.0/26", "h3"), Block("10.244.4.0/26", "h3") };
        var hosts = new[] { Host("h1"), Host("h2"), Host("h3") };
        Assert.Equal(["10.244.0.0/16 > eni-2"], Lines(Plan(topology, Inventory(hosts, blocks, Table("rtb-a", 50, Nat))).Tables[0]));
        Assert.Empty(Plan(topology, Inventory(hosts, blocks, Table("rtb-a", 50, Nat, Ours("10.244.0.0/16", "eni-3")))).Changes);
        Assert.Equal(0.6, Plan(topology, Inventory(hosts, blocks, Table("rtb-a", 50, Nat, Ours("10.244.0.0/16", "eni-1")))).Tables[0].ExtraHopShare, 9);
    }

    [Fact]
    public void Blocks_that_overlap_do_not_keep_an_aggregate_on_a_dead_router()
    {
        var topology = Of(Net("10.244.0.0/16", Leaf("10.244.0.0/16")));
        var hosts = Enumerable.Range(1, 5).Select(n => Host($"h{n}")).ToList();
        var blocks = Enumerable.Range(1, 3).Select(n => Block($"10.244.{n}.0/26", $"h{n}"))
            .Append(Block("10.244.2.128/25", "h4")).Append(Block("10.244.2.128/26", "h5")).ToList();
        var inventory = Inventory(hosts, blocks, Table("rtb-a", 3, Nat));
        var standing = Apply(inventory, Plan(topology, inventory).Changes);
        Assert.Equal(["10.244.0.0/22 > eni-1"], standing.Tables[0].Routes.Where(route => route.Owned).Select(route => $"{route.Destination} > {route.Target}"));

        Assert.Empty(Plan(topology, standing).Changes);
        var dead = standing with { Hosts = [Host("h1", health: HostHealth.Down), .. hosts.Skip(1)] };
        var plan = Plan(topology, dead);
        Assert.Equal("eni-2", Apply(dead, plan.Changes).Tables[0].Routes.Single(route => route.Owned).Target);
        Assert.Equal(1, plan.Calls.Total);
    }
}
