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
        var listed = rig.Vpc.State.Instances.Values.Select(one => new ListedMachine(one.Tags["Name"],
            rig.Vpc.State.Interfaces[rig.EniOf(one.Id)].Address, ImmutableSortedDictionary<string, string>.Empty)).ToImmutableArray();
        rig.Options = rig.Options with { Inventory = "hosts.json" };
        using var stop = new CancellationTokenSource();
        await using var controller = new RunningController(ControllerHost.RunAsync(rig.Options, rig.Parts() with { ReadInventory = _ => listed }, stop.Token), stop);
        await rig.SettledAsync();
        var (subnet, table) = (rig.Vpc.State.Subnets.Keys.First(), rig.Vpc.State.Tables.Keys.First());
        var router = rig.CoverOf(table, subnet)!;
        var host = rig.Vpc.State.Instances.Values.First(one => one.Interfaces.Contains(router)).Id;

        if (ends) rig.Vpc.Terminate(host);
        else rig.Vpc.Stop(host);

        await rig.UntilAsync(() => rig.CoverOf(table, subnet) is { } now && now != router, "a new router");
        Assert.Equal(3, (await rig.BlocksAsync()).Count(block => block.Intent == Ipam.Blocks.BlockIntent.Lent));
    }
}
