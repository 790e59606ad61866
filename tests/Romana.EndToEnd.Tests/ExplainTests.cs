using Romana.Cloud.Control;
using Romana.Cloud.Planning;
using Romana.Cloud.Views;
using Romana.Demo.Ec2;
using Romana.Ipam.Addressing;

namespace Romana.EndToEnd.Tests;

/// <summary>Explanations from the tables of EC2, beside the same from the store.</summary>
public sealed class ExplainTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Straight_by_way_of_a_router_and_what_takes_over_are_what_the_tables_do()
    {
        await using var rig = await Rig.StartAsync(new VpcScenario(Zones: 1, SubnetsPerZone: 1, Hosts: 3));
        await rig.ApplyAsync(Cancel);
        var (table, cover) = (rig.Vpc.State.Tables.Keys.First(), rig.Leaf(rig.Vpc.State.Subnets.Keys.First())!.Value);
        var router = rig.CoverOf(table, rig.Vpc.State.Subnets.Keys.First());
        var block = (await rig.BlocksAsync()).First(one => rig.Vpc.State.Tables[table].Routes.GetValueOrDefault(one.Cidr.ToString())?.Target is { } eni && eni != router).Cidr;

        var straight = Assert.Single(await RoutesAsync(rig, table, Cidr.Of(block.First.Plus(5)), live: true));
        Assert.Equal((1, true), (straight.Hops, straight.Ours));
        Assert.StartsWith("nobody: the pods are on", straight.IfGone, StringComparison.Ordinal);
        Assert.NotNull(straight.Since);

        // Without its exact route the block is behind the cover's router; a mistake of ours would show here first.
        rig.Vpc.TakeRoute(table, block.ToString());
        var behind = Assert.Single(await RoutesAsync(rig, table, Cidr.Of(block.First.Plus(5)), live: true));
        Assert.Equal((cover, 2, PlannedRouteKind.Cover), (behind.Destination, behind.Hops, behind.Kind));
        Assert.Equal(router, behind.Target);
        Assert.Matches($"^host-\\d+, by {cover}$", behind.IfGone);
        Assert.NotEqual(behind.Host, behind.IfGone!.Split(',')[0]);
        Assert.Equal(block, Assert.Single(await RoutesAsync(rig, table, Cidr.Of(block.First.Plus(5)), live: false)).Destination);
    }

    [Fact]
    public async Task In_an_aggregated_table_an_address_behind_a_neighbour_takes_two_hops_by_the_tables_and_by_the_store()
    {
        await using var rig = await Rig.StartAsync(new VpcScenario(Zones: 1, SubnetsPerZone: 1, Hosts: 6));
        rig.Options = rig.Options with { Quota = 5 };
        await rig.ApplyAsync(Cancel);
        var table = rig.Vpc.State.Tables.Keys.First();
        var ways = new List<(int? Hops, PlannedRouteKind? Kind, string Way, string? IfGone)>();
        foreach (var block in await rig.BlocksAsync())
        {
            var address = Cidr.Of(block.Cidr.First.Plus(7));
            var live = Assert.Single(await RoutesAsync(rig, table, address, live: true));
            var stored = Assert.Single(await RoutesAsync(rig, table, address, live: false));
            Assert.Equal((live.Destination, live.Target, live.Hops, live.Way), (stored.Destination, stored.Target, stored.Hops, stored.Way));
            ways.Add((live.Hops, live.Kind, live.Way, live.IfGone));
        }

        Assert.Contains(ways, way => way is { Hops: 1 });
        var behind = ways.Where(way => way.Hops == 2).ToList();
        Assert.NotEmpty(behind);
        Assert.All(behind, way => Assert.True(way.Kind is PlannedRouteKind.Aggregate or PlannedRouteKind.Cover, $"{way.Kind}"));
        Assert.All(behind, way => Assert.Matches(@"^host-\d+, by 10\.", way.IfGone));
    }

    [Fact]
    public async Task Outside_all_networks_the_tables_still_answer_and_the_store_does_not()
    {
        await using var rig = await Rig.StartAsync(new VpcScenario(Zones: 1, SubnetsPerZone: 1, Hosts: 2));
        await rig.ApplyAsync(Cancel);
        var (table, far) = (rig.Vpc.State.Tables.Keys.First(), Cidr.Parse("192.0.2.1/32"));
        rig.Vpc.PutRoute(table, "0.0.0.0/0", rig.Vpc.State.Gateways.Keys.First());

        var live = Assert.Single(await RoutesAsync(rig, table, far, live: true));
        Assert.Equal(("0.0.0.0/0", false, "not ours: never touched"), (live.Destination.ToString(), live.Ours, live.Why));
        Assert.Empty(await RoutesAsync(rig, table, far, live: false));
        Assert.Equal(0, rig.Vpc.Calls.Skip(rig.Vpc.Calls.Count - 3).Count(call => call.Mutates));
    }

    private static async Task<IEnumerable<ExplainedRoute>> RoutesAsync(Rig rig, string table, Cidr destination, bool live)
    {
        var question = live ? await RouteQuestions.FromTablesAsync(rig.Options, rig.Parts() with { State = new ControllerState() }, destination, Cancel)
            : await RouteQuestions.FromStoreAsync(rig.Store, destination, rig.Clock, Cancel);
        return RouteExplainer.Explain(question!).Tables.Single(one => one.Id == table).Routes;
    }
}
