using System.Collections.Immutable;
using Romana.Cloud.Control;
using Romana.Demo.Ec2;
using Romana.Ipam.Stores;

namespace Romana.EndToEnd.Tests;

/// <summary>What `plan` says before, and what the commands then do; tables that leave.</summary>
public sealed class PlanTests
{
    private static readonly VpcScenario Small = new(Zones: 2, SubnetsPerZone: 1, Hosts: 4);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_plan_of_a_fresh_store_predicts_hosts_blocks_routes_and_the_number_of_calls()
    {
        await using var rig = await Rig.StartAsync(Small);
        var already = rig.EniOf("host-2");
        rig.Vpc.Update(state => state.With(state.Interfaces[already] with { SourceDestCheck = false }));
        Assert.IsType<TopologyApplied.Committed>(await TopologyApply.RunAsync(rig.Options with { Vpc = "" }, rig.Parts(), rig.Topology, Cancel));

        var plan = await LivePlan.ReadAsync(rig.Options, rig.Parts(), Cancel);
        Assert.Equal(0, rig.Mutations);
        Assert.Empty(await rig.BlocksAsync());
        var result = await rig.ApplyAsync(Cancel);

        Assert.Empty(result.Problems);
        Assert.Equal(["host-1", "host-2", "host-3", "host-4"], plan.NewHosts);
        Assert.Equal((await rig.BlocksAsync()).Select(block => block.Cidr).Order(), plan.NewBlocks.Select(block => block.Cidr));
        Assert.Equal(rig.PodRoutes(), plan.Plan.Changes.Select(change => $"{change.Table} {change.Destination} -> {change.Target}").ToImmutableSortedSet());
        Assert.All(rig.Vpc.State.Tables.Keys, table => Assert.All(rig.Vpc.State.Subnets.Keys, subnet => Assert.NotNull(rig.CoverOf(table, subnet))));
        Assert.Equal(3, plan.CheckFixes);
        Assert.Equal(rig.Mutations, plan.Calls);
        Assert.Equal(result.Calls, plan.Calls);
        Assert.False((await LivePlan.ReadAsync(rig.Options, rig.Parts(), Cancel)).HasChanges);
    }

    [Fact]
    public async Task A_table_that_is_no_longer_chosen_is_said_in_plan_apply_and_state_and_uninstall_clears_it()
    {
        await using var rig = await Rig.StartAsync(Small with { Layout = TableLayout.PerSubnet });
        var before = rig.All();
        Assert.Empty((await rig.ApplyAsync(Cancel)).Problems);
        var (all, main) = (rig.All(), rig.Vpc.State.Tables.Values.First(table => table.Main).Id);
        Assert.Contains(rig.PodRoutes(), route => route.StartsWith(main, StringComparison.Ordinal));
        rig.Options = rig.Options with { Tables = TableChoice.Hosts };

        var plan = await LivePlan.ReadAsync(rig.Options, rig.Parts(), Cancel);
        var result = await rig.ApplyAsync(Cancel);

        var line = Assert.Single(plan.Problems);
        Assert.StartsWith($"{main} is not chosen by --tables hosts any more, and ", line, StringComparison.Ordinal);
        Assert.Empty(result.Problems);
        Assert.Contains("romana uninstall", Assert.Single(result.Notes), StringComparison.Ordinal);
        Assert.Contains(rig.State.Current.Conditions, one => one.About == main && one.Condition.Type == "NotManaged");
        Assert.Equal(0, result.Calls);
        Assert.Equal(all, rig.All());
        Assert.Empty((await Uninstall.RunAsync(rig.Options, rig.Parts(), Rig.Bounded(Cancel))).Problems);
        Assert.Equal(before, rig.All());
    }

    [Fact]
    public async Task Uninstall_with_a_ledger_of_a_table_that_is_gone_clears_the_others_and_the_ledger()
    {
        await using var rig = await Rig.StartAsync(Small);
        var before = rig.All();
        await rig.ApplyAsync(Cancel);
        var gone = rig.Vpc.State.Tables.Values.First(table => !table.Main).Id;
        rig.Vpc.TakeTable(gone);

        var result = await Uninstall.RunAsync(rig.Options, rig.Parts(), Rig.Bounded(Cancel));

        Assert.Empty(result.Problems);
        Assert.Equal(before.Where(route => !route.StartsWith(gone, StringComparison.Ordinal)).ToImmutableSortedSet(), rig.All());
        Assert.Empty((await rig.Store.ListAsync(RecordTypes.Ledgers, Selector.Everything, Consistency.Linearizable, Cancel)).Items);
        Assert.DoesNotContain(rig.Vpc.Calls, call => call.Action == "DeleteRoute" && call["RouteTableId"] == gone);
    }
}
