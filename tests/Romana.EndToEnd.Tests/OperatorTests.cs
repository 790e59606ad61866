using Romana.Cloud.Commands.Frame;
using Romana.Demo.Ec2;
using Romana.Ipam.Blocks;
using Romana.Ipam.Hosts;
using Romana.Ipam.Stores;

namespace Romana.EndToEnd.Tests;

/// <summary>`romana hosts drain|remove` beside a running controller: its passes keep the operator's word.</summary>
public sealed class OperatorTests
{
    private static readonly VpcScenario Small = new(Zones: 1, SubnetsPerZone: 1, Hosts: 3);

    [Fact]
    public async Task A_drained_host_leads_nothing_over_many_passes_and_keeps_its_own_routes_until_the_undo()
    {
        await using var rig = await Rig.StartAsync(Small);
        await using var controller = rig.Controller();
        await rig.SettledAsync();
        var (table, subnet) = (rig.Vpc.State.Tables.Keys.First(), rig.Vpc.State.Subnets.Keys.First());
        var router = rig.CoverOf(table, subnet)!;
        var name = rig.Vpc.State.Instances.Values.First(one => one.Interfaces.Contains(router)).Name;
        var own = OwnRoutes(rig, name);

        Assert.Equal(0, await SayAsync(rig, "hosts", "drain", name));

        // The command waited for it.
        Assert.NotEqual(router, rig.CoverOf(table, subnet));
        var leader = rig.CoverOf(table, subnet);
        await MorePassesAsync(rig);
        Assert.Equal((HostCondition.Draining, OperatorWords.DrainReason), (Host(rig, name).Condition, Host(rig, name).Reason));
        Assert.Equal(leader, rig.CoverOf(table, subnet));
        Assert.Superset(own, OwnRoutes(rig, name));
        Assert.Equal(3, (await rig.BlocksAsync()).Count(block => block.Intent == BlockIntent.Lent));

        Assert.Equal(0, await SayAsync(rig, "hosts", "drain", name, "--undo"));
        await MorePassesAsync(rig);
        Assert.Equal(HostCondition.Live, Host(rig, name).Condition);
        Assert.Equal(leader, rig.CoverOf(table, subnet));
    }

    [Fact]
    public async Task A_host_absent_but_not_dead_keeps_its_blocks_and_routes_and_hands_the_cover_over_in_one_step()
    {
        await using var rig = await Rig.StartAsync(Small);
        await using var controller = rig.Controller();
        await rig.SettledAsync();
        var (table, subnet) = (rig.Vpc.State.Tables.Keys.First(), rig.Vpc.State.Subnets.Keys.First());
        var router = rig.CoverOf(table, subnet)!;
        var name = rig.Vpc.State.Instances.Values.First(one => one.Interfaces.Contains(router)).Name;
        var (own, blocks) = (OwnRoutes(rig, name), await rig.BlocksAsync());
        rig.Vpc.ForgetCalls();

        Hide(rig, name);

        await rig.UntilAsync(() => rig.CoverOf(table, subnet) is { } now && now != router, "another router");
        await MorePassesAsync(rig);
        Assert.Equal(HostCondition.Unknown, Host(rig, name).Condition);
        Assert.Superset(own, OwnRoutes(rig, name));
        Assert.Equal(blocks.Select(block => (block.Cidr, block.Host, block.Epoch, block.Intent)), (await rig.BlocksAsync()).Select(block => (block.Cidr, block.Host, block.Epoch, block.Intent)));
        var leader = rig.CoverOf(table, subnet);
        var leads = Host(rig, rig.Vpc.State.Instances.Values.First(one => one.Interfaces.Contains(leader!)).Name).Uid;
        Assert.All(rig.Vpc.Calls.Where(call => call.Action == "ReplaceRoute"), call => Assert.Equal(rig.Leaf(subnet)!.Value.ToString(), call["DestinationCidrBlock"]));

        // What goes is what the cover leads to from now on.
        Assert.All(rig.Vpc.Calls.Where(call => call.Action == "DeleteRoute"), call =>
            Assert.Equal(leads, blocks.First(block => block.Cidr.ToString() == call["DestinationCidrBlock"]).Host));
        Assert.True(rig.State.Current.Plan!.Tables.All(one => one.Complete));

        Show(rig, name);
        await rig.UntilAsync(() => Host(rig, name).Condition == HostCondition.Live, "the host's return");
        await MorePassesAsync(rig);
        Assert.Equal(leader, rig.CoverOf(table, subnet));
        Assert.Superset(own, OwnRoutes(rig, name));
    }

    [Fact]
    public async Task A_look_that_lost_most_hosts_moves_nothing_at_all_the_covers_included()
    {
        await using var rig = await Rig.StartAsync(Small);
        await using var controller = rig.Controller();
        await rig.SettledAsync();
        var (table, subnet) = (rig.Vpc.State.Tables.Keys.First(), rig.Vpc.State.Subnets.Keys.First());
        var router = rig.Vpc.State.Instances.Values.First(one => one.Interfaces.Contains(rig.CoverOf(table, subnet)!)).Name;
        var lost = rig.Vpc.State.Instances.Values.Select(one => one.Name).Where(name => name != router).Take(1).Append(router).ToList();
        var routes = rig.All();
        rig.Vpc.ForgetCalls();

        rig.Vpc.Update(state => lost.Aggregate(state, Hidden));

        await rig.UntilAsync(() => lost.All(name => Host(rig, name).Condition == HostCondition.Unknown), "the hosts' absence");
        await MorePassesAsync(rig);
        Assert.Equal(0, rig.Mutations);
        Assert.Equal(routes, rig.All());
    }

    [Fact]
    public async Task A_drained_host_that_nobody_sees_any_more_is_still_no_router()
    {
        await using var rig = await Rig.StartAsync(Small);
        await using var controller = rig.Controller();
        await rig.SettledAsync();
        var (table, subnet) = (rig.Vpc.State.Tables.Keys.First(), rig.Vpc.State.Subnets.Keys.First());
        var router = rig.CoverOf(table, subnet)!;
        var name = rig.Vpc.State.Instances.Values.First(one => one.Interfaces.Contains(router)).Name;
        Hide(rig, name);
        await rig.UntilAsync(() => Host(rig, name).Condition == HostCondition.Unknown, "the host's absence");

        await SayAsync(rig, "hosts", "drain", name);

        await rig.UntilAsync(() => rig.CoverOf(table, subnet) is { } now && now != router, "another router");
        await MorePassesAsync(rig);
        Assert.NotEqual(router, rig.CoverOf(table, subnet));
        Assert.Equal(HostCondition.Unknown, Host(rig, name).Condition);
    }

    [Fact]
    public async Task A_removed_host_loses_its_routes_then_its_blocks_are_free_for_others_after_the_delays()
    {
        await using var rig = await Rig.StartAsync(Small);
        await using var controller = rig.Controller();
        await rig.SettledAsync();
        Hide(rig, "host-3");
        await rig.UntilAsync(() => Host(rig, "host-3").Condition == HostCondition.Unknown, "the host's absence");
        var blocks = (await rig.BlocksAsync()).Where(block => block.Host == Host(rig, "host-3").Uid).Select(block => block.Cidr).ToHashSet();
        Assert.NotEmpty(blocks);

        Assert.Equal(0, await SayAsync(rig, "hosts", "remove", "host-3"));

        var routesGone = false;
        await rig.UntilAsync(() =>
        {
            var free = rig.BlocksAsync().GetAwaiter().GetResult().Where(block => blocks.Contains(block.Cidr)).All(block => block.Intent == BlockIntent.Free);
            Assert.False(free && !routesGone && !OwnRoutes(rig, "host-3").IsEmpty, "a block was freed while a route led to it");
            routesGone |= OwnRoutes(rig, "host-3").IsEmpty;
            return free;
        }, "the blocks' return");
        Assert.Empty(OwnRoutes(rig, "host-3"));
        Assert.All((await rig.BlocksAsync()).Where(block => blocks.Contains(block.Cidr)), block =>
            Assert.True(block.FreeAfter > Host(rig, "host-3").Since + TimeSpan.FromSeconds(60), "freed before the reuse delay"));
        Assert.Equal(HostCondition.Dead, Host(rig, "host-3").Condition);
    }

    private static void Hide(Rig rig, string name) => rig.Vpc.Update(state => Hidden(state, name));

    private static AccountState Hidden(AccountState state, string name) =>
        state.With(state.FindInstance(name)! is var host ? host with { Tags = host.Tags.Remove("romana.io/cluster") } : null!);

    private static void Show(Rig rig, string name) => rig.Vpc.Update(state =>
        state.With(state.FindInstance(name)! is var host ? host with { Tags = host.Tags.SetItem("romana.io/cluster", rig.Options.Cluster) } : null!));

    private static System.Collections.Immutable.ImmutableSortedSet<string> OwnRoutes(Rig rig, string host) =>
        [.. rig.PodRoutes().Where(route => route.EndsWith(rig.EniOf(host), StringComparison.Ordinal) && !route.Contains($" {rig.Leaf(rig.Vpc.State.Subnets.Keys.First())} ", StringComparison.Ordinal))];

    private static HostSpec Host(Rig rig, string name) =>
        rig.Store.ListAsync(RecordTypes.Hosts, Selector.Everything, Consistency.Linearizable, default).AsTask().GetAwaiter().GetResult()
            .Items.First(host => host.Spec.Name == name).Spec;

    private static Task MorePassesAsync(Rig rig)
    {
        var before = rig.Count("DescribeInstances");
        return rig.UntilAsync(() => rig.Count("DescribeInstances") >= before + 4, "four more looks");
    }

    private static Task<int> SayAsync(Rig rig, params string[] args) => RomanaProgram.RunAsync(args, new Surroundings
    {
        Out = TextWriter.Null,
        Error = TextWriter.Null,
        Clock = rig.Clock,
        OpenStore = (_, _) => ValueTask.FromResult(new OpenedStore(rig.Store)),
    }, TestContext.Current.CancellationToken);
}
