using Romana.Demo.Ec2;

namespace Romana.EndToEnd.Tests;

/// <summary>Hosts join, stop, come back and end while the controller runs.</summary>
public sealed class HostLifeTests
{
    private static readonly VpcScenario Small = new(Zones: 1, SubnetsPerZone: 1, Hosts: 3);

    [Fact]
    public async Task A_host_that_joins_gets_a_route_and_one_that_is_terminated_loses_it()
    {
        await using var rig = await Rig.StartAsync(Small);
        await using var controller = rig.Controller();
        await rig.UntilAsync(() => RoutesTo(rig, rig.EniOf("host-3")) > 0, "the first convergence");
        var subnet = rig.Vpc.State.Subnets.Keys.First();
        rig.Vpc.Launch(new Launch { SubnetId = subnet, Name = "late", Tags = Small.Build(default).Instances.Values.First().Tags.SetItem("Name", "late") });
        var late = rig.EniOf("late");

        await rig.UntilAsync(() => RoutesTo(rig, late) > 0, "a route to the host that joined");
        rig.Vpc.Terminate("late");
        await rig.UntilAsync(() => RoutesTo(rig, late) == 0, "the removal of the dead host's routes");
    }

    [Fact]
    public async Task A_cover_whose_router_is_terminated_is_replaced_and_never_deleted()
    {
        await using var rig = await Rig.StartAsync(Small);
        await using var controller = rig.Controller();
        var (subnet, table) = (rig.Vpc.State.Subnets.Keys.First(), rig.Vpc.State.Tables.Keys.First());
        await rig.UntilAsync(() => rig.CoverOf(table, subnet) is not null && RoutesTo(rig, rig.EniOf("host-3")) > 0, "the first convergence");
        var router = rig.CoverOf(table, subnet)!;
        var host = rig.Vpc.State.Instances.Values.First(one => one.Interfaces.Contains(router)).Id;

        rig.Vpc.Terminate(host);

        await rig.UntilAsync(() => rig.CoverOf(table, subnet) is { } now && now != router, "a new router");
        Assert.DoesNotContain(rig.Vpc.Calls, call => call.Action == "DeleteRoute" && call["DestinationCidrBlock"] == rig.Leaf(subnet)!.Value.ToString());
    }

    [Fact]
    public async Task A_router_that_is_stopped_is_replaced_and_keeps_its_blocks()
    {
        await using var rig = await Rig.StartAsync(Small);
        await using var controller = rig.Controller();
        var (subnet, table) = (rig.Vpc.State.Subnets.Keys.First(), rig.Vpc.State.Tables.Keys.First());
        await rig.UntilAsync(() => rig.CoverOf(table, subnet) is not null && RoutesTo(rig, rig.EniOf("host-3")) > 0, "the first convergence");
        var router = rig.CoverOf(table, subnet)!;

        rig.Vpc.Stop(rig.Vpc.State.Instances.Values.First(one => one.Interfaces.Contains(router)).Id);

        await rig.UntilAsync(() => rig.CoverOf(table, subnet) is { } now && now != router, "a new router");
        var blocks = await rig.BlocksAsync();
        Assert.Equal(3, blocks.Count(block => block.Intent == Ipam.Blocks.BlockIntent.Lent));
    }

    [Fact]
    public async Task A_spot_instance_leads_only_where_nobody_else_can()
    {
        await using var rig = await Rig.StartAsync(Small with { Hosts = 4, SpotEvery = 2 });

        Assert.Empty((await rig.ApplyAsync(TestContext.Current.CancellationToken)).Problems);

        var cover = rig.CoverOf(rig.Vpc.State.Tables.Keys.First(), rig.Vpc.State.Subnets.Keys.First());
        Assert.Contains(cover, (string[])[rig.EniOf("host-1"), rig.EniOf("host-3")]);
    }

    [Fact]
    public async Task Several_interfaces_and_secondary_addresses_change_nothing()
    {
        await using var rig = await Rig.StartAsync(Small with { InterfacesPerHost = 3, SecondariesPerHost = 2 });

        Assert.Empty((await rig.ApplyAsync(TestContext.Current.CancellationToken)).Problems);
        rig.Vpc.ForgetCalls();
        await rig.ApplyAsync(TestContext.Current.CancellationToken);

        Assert.Equal(0, rig.Mutations);
        Assert.All(rig.PodRoutes(), route => Assert.Contains(route.Split("-> ")[1], (string[])[rig.EniOf("host-1"), rig.EniOf("host-2"), rig.EniOf("host-3")]));
    }

    private static int RoutesTo(Rig rig, string eni) => rig.PodRoutes().Count(route => route.EndsWith(eni, StringComparison.Ordinal));
}
