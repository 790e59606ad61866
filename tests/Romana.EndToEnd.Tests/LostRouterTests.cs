using System.Collections.Immutable;
using Romana.Cloud.Control;
using Romana.Cloud.Discovery;
using Romana.Demo.Ec2;

namespace Romana.EndToEnd.Tests;

/// <summary>A cover does not stay on a router that EC2 no longer has, however the controller comes to know.</summary>
public sealed class LostRouterTests
{
    private static readonly VpcScenario Small = new(Zones: 1, SubnetsPerZone: 1, Hosts: 3);

    [Fact]
    public async Task A_router_that_vanished_between_two_controllers_is_replaced()
    {
        await using var rig = await Rig.StartAsync(Small);
        Assert.Empty((await rig.ApplyAsync(TestContext.Current.CancellationToken)).Problems);
        var (subnet, table) = (rig.Vpc.State.Subnets.Keys.First(), rig.Vpc.State.Tables.Keys.First());
        var router = rig.CoverOf(table, subnet)!;
        var host = rig.Vpc.State.Instances.Values.First(one => one.Interfaces.Contains(router)).Id;
        rig.Vpc.Terminate(host);
        rig.Vpc.Update(state => state with { Instances = state.Instances.Remove(host), Interfaces = state.Interfaces.Remove(router) });

        await using var controller = rig.Controller();

        await rig.UntilAsync(() => rig.CoverOf(table, subnet) is { } now && now != router, "a new router");
        Assert.DoesNotContain(rig.Vpc.Calls, call => call.Action == "DeleteRoute" && call["DestinationCidrBlock"] == rig.Leaf(subnet)!.Value.ToString());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_router_out_of_an_inventory_file_that_stops_or_ends_is_replaced(bool ends)
    {
        await using var rig = await Rig.StartAsync(Small);
        rig.Options = rig.Options with { Inventory = "hosts.json" };
        await using var controller = Listed(rig);
        await rig.SettledAsync();
        var (subnet, table) = (rig.Vpc.State.Subnets.Keys.First(), rig.Vpc.State.Tables.Keys.First());
        var router = rig.CoverOf(table, subnet)!;
        var host = rig.Vpc.State.Instances.Values.First(one => one.Interfaces.Contains(router)).Id;

        if (ends) rig.Vpc.Terminate(host);
        else rig.Vpc.Stop(host);

        await rig.UntilAsync(() => rig.CoverOf(table, subnet) is { } now && now != router, "a new router");
        Assert.Equal(3, (await rig.BlocksAsync()).Count(block => block.Intent == Ipam.Blocks.BlockIntent.Lent));
    }

    /// <summary>
    /// With room for the cover alone it leads to the host that has most addresses under it, since that spares them a hop.
    /// Once it was turned away from that host no table names the host any more, and that is no news of its life.
    /// </summary>
    [Theory]
    [InlineData(false, true, 8)]
    [InlineData(true, true, 8)]

    // Within the rest of five minutes.
    [InlineData(false, false, 3)]
    public async Task A_stopped_router_that_was_the_best_is_not_given_its_route_back_before_it_runs(bool starts, bool mayDescribe, int audits)
    {
        await using var rig = await Rig.StartAsync(Small);
        if (!mayDescribe) rig.Vpc.Faults.Add(new Fault { Kind = FaultKind.Error, Action = "DescribeInstances", Code = "UnauthorizedOperation", Message = "You may not do this", Status = 403, Times = int.MaxValue });
        var (subnet, table) = (rig.Vpc.State.Subnets.Keys.First(), rig.Vpc.State.Tables.Keys.First());
        using var agent = new RigAgent(rig, "host-2");
        await using var controller = CoversOnly(rig, table);
        await rig.UntilAsync(() => TakesASecondBlock(agent, rig) && rig.CoverOf(table, subnet) == rig.EniOf("host-2")
            && rig.State.Current.Plan is { HasChanges: false }, "the cover by way of the host with two blocks");

        rig.Vpc.ForgetCalls();
        rig.Vpc.Stop("host-2");
        await rig.UntilAsync(() => rig.CoverOf(table, subnet) != rig.EniOf("host-2"), "a new router");
        if (starts) rig.Vpc.Start("host-2");
        var looks = rig.Count("DescribeRouteTables");
        await rig.UntilAsync(() => rig.Count("DescribeRouteTables") >= looks + audits, $"{audits} more looks at the tables");

        Assert.Equal(starts ? 2 : 1, rig.Vpc.Calls.Count(call => call.Action == "ReplaceRoute" && call["RouteTableId"] == table));
        Assert.Equal(starts, rig.CoverOf(table, subnet) == rig.EniOf("host-2"));
    }

    /// <summary>By an inventory file, with a quota that leaves one place free beside the cover.</summary>
    private static RunningController CoversOnly(Rig rig, string table)
    {
        var quota = rig.Vpc.State.Tables[table].Routes.Values.Count(route => route.Target != "local") + 2;
        rig.Vpc.Update(state => state.With(state.Tables[table] with { Quota = quota }));
        rig.Options = rig.Options with { Inventory = "hosts.json", Quota = quota };
        return Listed(rig);
    }

    private static bool TakesASecondBlock(RigAgent agent, Rig rig)
    {
        agent.LookAsync().GetAwaiter().GetResult();
        if (agent.Held is [{ } only])
            for (var pod = 0; pod < 50; pod++) agent.Attach($"pod-{pod}");
        return agent.Held.Count > 1 && rig.State.Current.Inventory?.Blocks?.Length == 4;
    }

    private static RunningController Listed(Rig rig)
    {
        var listed = rig.Vpc.State.Instances.Values.Select(one => new ListedMachine(one.Tags["Name"],
            rig.Vpc.State.Interfaces[rig.EniOf(one.Id)].Address, ImmutableSortedDictionary<string, string>.Empty)).ToImmutableArray();
        var stop = new CancellationTokenSource();
        return new RunningController(ControllerHost.RunAsync(rig.Options, rig.Parts() with { ReadInventory = _ => listed }, stop.Token), stop);
    }
}
