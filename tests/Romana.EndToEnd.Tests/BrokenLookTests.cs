using Romana.Cloud.Control;
using Romana.Ipam.Stores;
using Romana.Demo.Ec2;

namespace Romana.EndToEnd.Tests;

/// <summary>A look that shows nothing, or cannot be made, is not taken for an empty world and is not repeated without end.</summary>
public sealed class BrokenLookTests
{
    private static readonly VpcScenario Small = new(Zones: 2, SubnetsPerZone: 1, Hosts: 4);

    [Fact]
    public async Task Without_a_topology_the_loops_look_again_at_the_resync_and_not_at_once()
    {
        await using var rig = await Rig.StartAsync(Small);
        var store = new MortalStore(rig.Store);
        rig.Store = store;
        using var stop = new CancellationTokenSource();
        await using var controller = new RunningController(ControllerHost.RunAsync(rig.Options, rig.Parts() with { TopologyDocument = null }, stop.Token), stop);
        await rig.UntilAsync(() => rig.State.Current.Passes.ContainsKey("routes"), "the first pass");
        var (began, reads) = (rig.Clock.GetTimestamp(), store.Reads);

        await rig.UntilAsync(() => rig.Clock.GetElapsedTime(began) > TimeSpan.FromMinutes(2), "two minutes");

        // Two loops, four or five lists a pass, a pass per half minute and some at the start.
        Assert.InRange(store.Reads - reads, 0, 200);
    }

    [Fact]
    public async Task A_look_that_shows_no_table_at_all_drops_no_ledger()
    {
        await using var rig = await Rig.StartAsync(Small);
        await using var controller = rig.Controller();
        await rig.SettledAsync();
        var (tables, before) = (rig.Vpc.State.Tables, rig.All());
        var looks = rig.Count("DescribeRouteTables");

        // Credentials of another account: the filter by VPC shows an empty list there, and no error.
        rig.Vpc.Update(state => state with { Tables = state.Tables.Clear() });
        await rig.UntilAsync(() => rig.Count("DescribeRouteTables") >= looks + 4, "several empty looks");
        Assert.Equal(tables.Count, (await LedgersAsync(rig)).Count);
        Assert.Contains("main table", rig.State.Current.Passes["routes"].Reason, StringComparison.Ordinal);
        rig.Vpc.Update(state => state with { Tables = tables });
        rig.Vpc.TakeRoute(tables.Keys.First(), rig.Leaf(rig.Vpc.State.Subnets.Keys.First())!.Value.ToString());

        await rig.UntilAsync(() => rig.All().SetEquals(before), "the repair of a route that is still known as ours");
        Assert.Empty(rig.State.Current.Conditions);
    }

    private static async Task<IReadOnlyList<string>> LedgersAsync(Rig rig) =>
        [.. (await rig.Store.ListAsync(RecordTypes.Ledgers, Selector.Everything, Consistency.Linearizable, TestContext.Current.CancellationToken))
            .Items.Select(ledger => ledger.Spec.Table)];
}
