using System.Collections.Immutable;
using Romana.Cloud.Aws;
using Romana.Cloud.Control;
using Romana.Demo.Ec2;
using Romana.Ipam.Addressing;
using Romana.Ipam.Blocks;
using Romana.Ipam.Stores;

namespace Romana.EndToEnd.Tests;

/// <summary>`romana topology apply` of a document that moves every block to another CIDR: the routes to the old ones must go first.</summary>
public sealed class TopologyMoveTests
{
    /// <summary>More routes than the brake lets go without a reason.</summary>
    private static readonly VpcScenario Hosts14 = new(Zones: 2, SubnetsPerZone: 1, Hosts: 14);

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task Every_block_moves_and_no_old_route_is_left(bool hasController, bool hasAgents)
    {
        await using var rig = await Rig.StartAsync(Hosts14, speed: 20);
        await using var agents = hasAgents ? new FakeAgents(rig) : null;
        await using var controller = rig.Controller();
        await rig.SettledAsync();
        if (agents is not null) await agents.AcceptedAsync();
        if (!hasController) await controller.DisposeAsync();
        rig.Vpc.ForgetCalls();

        var moved = await MoveAsync(rig);

        Assert.Equal(new TopologyApplied.Committed(2), moved);
        Assert.DoesNotContain(rig.Vpc.Calls, call => call.Mutates && call.Action != "DeleteRoute" && !hasController);
        if (!hasController) Assert.Empty((await rig.ApplyAsync(TestContext.Current.CancellationToken)).Problems);
        await rig.UntilAsync(() => Old(rig).IsEmpty && New(rig).Count > 14, "the new routes alone");
        Assert.All((await rig.BlocksAsync()).Where(block => block.Intent == BlockIntent.Lent), block => Assert.True(NewSpace.Contains(block.Cidr)));
        Assert.Equal(14, (await rig.BlocksAsync()).Count(block => block.Intent == BlockIntent.Lent));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Blocks_with_pods_refuse_it_and_nothing_is_changed(bool hasController)
    {
        await using var rig = await Rig.StartAsync(Hosts14 with { Hosts = 3 }, speed: 20);
        await using var agents = new FakeAgents(rig, inUse: 2);
        await using var controller = rig.Controller();
        await rig.SettledAsync();
        await agents.AcceptedAsync();
        if (!hasController) await controller.DisposeAsync();
        var before = rig.All();

        var refused = Assert.IsType<TopologyApplied.Refused>(await MoveAsync(rig));

        Assert.Contains("it holds 2 addresses", Assert.Single(refused.Problems), StringComparison.Ordinal);
        Assert.Equal(before, rig.All());
        Assert.All(await rig.BlocksAsync(), block => Assert.Equal(BlockIntent.Lent, block.Intent));
    }

    [Fact]
    public async Task Routes_that_EC2_does_not_let_go_withdraw_it_with_the_reason_and_what_went_comes_back()
    {
        await using var rig = await Rig.StartAsync(Hosts14 with { Hosts = 3 }, speed: 100);
        Assert.Empty((await rig.ApplyAsync(TestContext.Current.CancellationToken)).Problems);
        var before = rig.All();
        rig.Vpc.Behaviour = rig.Vpc.Behaviour with { Denied = [new Denial("DeleteRoute", rig.Vpc.State.Tables.Keys.First())] };

        var refused = Assert.IsType<TopologyApplied.Refused>(await MoveAsync(rig));

        Assert.Contains(refused.Problems, problem => problem.Contains("a route of ours still leads there", StringComparison.Ordinal));
        Assert.Contains(refused.Problems, problem => problem.Contains("UnauthorizedOperation", StringComparison.Ordinal));
        rig.Vpc.Behaviour = rig.Vpc.Behaviour with { Denied = [] };
        rig.Topology = rig.Draw(Rig.IpCidrs);
        Assert.Empty((await rig.ApplyAsync(TestContext.Current.CancellationToken)).Problems);
        Assert.Empty(New(rig));
        Assert.Equal(before.Count, rig.All().Count);
    }

    [Fact]
    public async Task Without_a_controller_an_EC2_that_cannot_be_reached_is_said_before_anything_is_proposed()
    {
        await using var rig = await Rig.StartAsync(Hosts14 with { Hosts = 3 });
        Assert.Empty((await rig.ApplyAsync(TestContext.Current.CancellationToken)).Problems);
        var before = (await TopologyAsync(rig)).Expected;
        rig.Vpc.Behaviour = rig.Vpc.Behaviour with { AccessKeys = ["AKIAOTHER"] };

        await Assert.ThrowsAsync<Ec2UnavailableException>(() => MoveAsync(rig));

        Assert.Equal(before, (await TopologyAsync(rig)).Expected);
        Assert.All(await rig.BlocksAsync(), block => Assert.Equal(BlockIntent.Lent, block.Intent));
    }

    [Fact]
    public async Task A_route_that_somebody_else_took_away_or_took_over_is_not_waited_for_and_not_touched()
    {
        await using var rig = await Rig.StartAsync(Hosts14 with { Hosts = 6 }, speed: 20);
        rig.Options = rig.Options with { VisibilityLag = TimeSpan.Zero };
        Assert.Empty((await rig.ApplyAsync(TestContext.Current.CancellationToken)).Problems);
        var table = rig.Vpc.State.Tables.Values.First(one => one.Routes.Values.Count(IsBlock) > 1);
        var (gone, taken) = (table.Routes.Values.First(IsBlock), table.Routes.Values.Last(IsBlock));
        rig.Vpc.TakeRoute(table.Id, gone.Destination);
        rig.Vpc.Update(state => state.With(state.Tables[table.Id] with
        {
            Routes = state.Tables[table.Id].Routes.SetItem(taken.Destination, taken with { Target = state.Gateways.Keys.First() }),
        }));
        rig.Vpc.ForgetCalls();

        Assert.Equal(new TopologyApplied.Committed(2), await MoveAsync(rig));

        Assert.DoesNotContain(rig.Vpc.Calls, call => call.Mutates && call["RouteTableId"] == table.Id && call["DestinationCidrBlock"] == taken.Destination);
        Assert.True(rig.Vpc.State.Tables[table.Id].Routes.ContainsKey(taken.Destination));
    }

    private static readonly Cidr NewSpace = Cidr.Parse("10.200.0.0/16");

    private static bool IsBlock(Route route) => route.Destination.StartsWith("10.244.", StringComparison.Ordinal) && route.Destination.EndsWith("/26", StringComparison.Ordinal);

    private static async Task<TopologyApplied> MoveAsync(Rig rig)
    {
        rig.Topology = rig.Draw([NewSpace]);
        return await TopologyApply.RunAsync(rig.Options with { NewStore = false }, rig.Parts(), rig.Topology, Rig.Bounded(TestContext.Current.CancellationToken));
    }

    private static async Task<TypedRecord<Ipam.Topologies.TopologySpec, Ipam.Topologies.NoStatus>> TopologyAsync(Rig rig) =>
        (await rig.Store.GetAsync(RecordTypes.Topology, RecordTypes.TopologyName, Consistency.Linearizable, default))!;

    private static ImmutableSortedSet<string> Old(Rig rig) => Within(rig, Rig.IpCidrs[0]);

    private static ImmutableSortedSet<string> New(Rig rig) => Within(rig, NewSpace);

    private static ImmutableSortedSet<string> Within(Rig rig, Cidr space) =>
        [.. rig.All().Where(route => Cidr.TryParse(route.Split(' ')[1], out var cidr, out _) && space.Contains(cidr))];
}
