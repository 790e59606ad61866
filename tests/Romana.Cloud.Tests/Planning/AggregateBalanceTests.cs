using Romana.Cloud.Planning;
using static Romana.Cloud.Tests.Planning.World;

namespace Romana.Cloud.Tests.Planning;

/// <summary>One router's routes, over all tables, at 50 or fewer wherever a plan of equal quality allows it.</summary>
public sealed class AggregateBalanceTests
{
    private const int Most = 50;

    private static readonly InventoryRoute Nat = Other("0.0.0.0/0", "nat-1");

    [Fact]
    public void Covers_of_many_tables_are_spread_and_a_router_that_leads_too_many_is_relieved_of_those()
    {
        var topology = Of(Net("10.244.0.0/16", Leaf("10.244.0.0/16", cover: true)));
        var tables = Enumerable.Range(0, 120).Select(n => Table($"rtb-{n:D3}", 50, Nat, Ours("10.244.0.0/16", "eni-1"))).ToArray();
        var inventory = Inventory([Host("h1"), Host("h2"), Host("h3")], [], tables);
        var plan = Plan(topology, inventory);

        Assert.Equal(120 - Most, plan.Calls.ReplaceRoute);
        Assert.Equal([Most, 35, 35], Led(plan).Values.OrderDescending());
        Assert.Empty(Plan(topology, Apply(inventory, plan.Changes)).Changes);
    }

    [Fact]
    public void Aggregates_of_many_tables_are_spread_over_those_that_are_equally_good()
    {
        var topology = Of(Net("10.244.0.0/16", Leaf("10.244.0.0/16")));
        var hosts = Enumerable.Range(1, 16).Select(n => Host($"h{n}")).ToList();
        var blocks = Enumerable.Range(0, 64).Select(n => Block($"10.244.{n}.0/26", $"h{(n % 16) + 1}"));
        var tables = Enumerable.Range(0, 40).Select(n => Table($"rtb-{n:D3}", 12, Nat)).ToArray();
        var inventory = Inventory(hosts, blocks, tables);
        var plan = Plan(topology, inventory);

        Assert.All(plan.Tables, table => Assert.True(table.Complete && table.Routes.Length == 10));
        Assert.InRange(Led(plan).Values.Max(), 1, Most);
        Assert.Empty(Plan(topology, Apply(inventory, plan.Changes)).Changes);
    }

    [Fact]
    public void Who_has_more_bandwidth_leads_more()
    {
        var topology = Of(Net("10.244.0.0/16", Leaf("10.244.0.0/16", cover: true)));
        var tables = Enumerable.Range(0, 24).Select(n => Table($"rtb-{n:D3}", 50, Nat)).ToArray();
        var plan = Plan(topology, Inventory([Host("h1") with { Bandwidth = 10 }, Host("h2") with { Bandwidth = 30 }, Host("h3") with { Bandwidth = 20 }], [], tables));

        Assert.Equal([("h1", 4), ("h2", 12), ("h3", 8)], Led(plan).OrderBy(pair => pair.Key).Select(pair => (pair.Key, pair.Value)));
    }

    [Fact]
    public void The_only_one_that_can_leads_however_many()
    {
        var topology = Of(Net("10.244.0.0/16", Leaf("10.244.0.0/16", cover: true)));
        var tables = Enumerable.Range(0, 70).Select(n => Table($"rtb-{n:D3}", 4, Nat)).ToArray();
        var hosts = new[] { Host("h1"), Host("h2", health: HostHealth.Draining), Host("h3", health: HostHealth.Draining) };
        var plan = Plan(topology, Inventory(hosts, [Block("10.244.0.0/26", "h2"), Block("10.244.1.0/26", "h3")], tables));

        Assert.All(plan.Tables, table => Assert.True(table.Complete));
        Assert.Equal(70, Led(plan)["h1"]);
    }

    /// <summary>
    /// h1 could lead everywhere; in half of the tables somebody's route to h1 leaves nobody else for its part. Whoever is
    /// planned first must not use h1 up.
    /// </summary>
    [Fact]
    public void A_choice_made_early_gives_way_where_others_have_none()
    {
        var topology = Of(Net("10.244.0.0/16", Leaf("10.244.0.0/17", cover: true, name: "wide"), Leaf("10.244.128.0/17", cover: true, name: "narrow")));
        var hosts = new[] { Host("h1"), Host("h2"), Host("h3", health: HostHealth.Draining) };
        var blocks = new[]
        {
            Block("10.244.0.0/26", "h1"), Block("10.244.1.0/26", "h2"), Block("10.244.2.0/26", "h3"),
            Block("10.244.128.0/25", "h1"), Block("10.244.129.0/26", "h2"), Block("10.244.130.0/26", "h3"),
        };
        var tables = Enumerable.Range(0, 50).Select(n => Table($"rtb-{n:D3}", 4, Nat)).ToArray();
        var plan = Plan(topology, Inventory(hosts, blocks, tables));

        // The narrow group's cover is h1's by its share; the wide one's may be either's.
        Assert.All(plan.Tables, table => Assert.Equal("eni-1", table.Routes.Single(route => route.Destination == C("10.244.128.0/17")).Target));
        Assert.Equal((Most, Most), (Led(plan)["h1"], Led(plan)["h2"]));
    }

    /// <summary>The same with room for every route: the narrow group's cover spares a route at h1, the wide one's may be either's.</summary>
    [Fact]
    public void A_cover_of_an_exact_table_gives_way_where_others_have_no_choice()
    {
        var topology = Of(
            Net("10.244.0.0/16", Leaf("10.244.0.0/17", cover: true, name: "wide")), Net("10.245.0.0/16", Leaf("10.245.0.0/17", cover: true, name: "narrow", network: "more")));
        var blocks = new[]
        {
            Block("10.244.0.0/26", "h1"), Block("10.244.1.0/26", "h2"),
            Block("10.245.0.0/26", "h1", "more"), Block("10.245.1.0/26", "h2", "more"), Block("10.245.2.0/26", "h1", "more"),
        };
        var inventory = Inventory([Host("h1"), Host("h2")], blocks, [.. Enumerable.Range(0, Most).Select(n => Table($"rtb-{n:D3}", 50, Nat))]);
        var plan = Plan(topology, inventory);

        Assert.Equal((Most, Most), (Led(plan)["h1"], Led(plan)["h2"]));
        Assert.All(plan.Tables, table => Assert.Equal((true, 0.0), (table.Complete, table.ExtraHopShare)));
        Assert.Empty(Plan(topology, Apply(inventory, plan.Changes)).Changes);
    }

    private static Dictionary<string, int> Led(RoutePlan plan) => plan.Tables.SelectMany(table => table.Routes)
        .Where(route => route.Kind is PlannedRouteKind.Cover or PlannedRouteKind.Aggregate).CountBy(route => route.Host!).ToDictionary();
}
