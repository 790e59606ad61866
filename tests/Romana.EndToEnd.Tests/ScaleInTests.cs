using Romana.Demo.Ec2;
using Romana.Ipam.Blocks;
using Romana.Ipam.Hosts;
using Romana.Ipam.Stores;

namespace Romana.EndToEnd.Tests;

/// <summary>Most hosts end at once: what is proved needs no operator's word, and all at once is no proof.</summary>
public sealed class ScaleInTests
{
    private static readonly VpcScenario Hosts24 = new(Zones: 1, SubnetsPerZone: 1, Hosts: 24);

    [Fact]
    public async Task A_scale_in_of_most_hosts_takes_their_routes_without_the_operators_word()
    {
        await using var rig = await Rig.StartAsync(Hosts24);
        await using var controller = rig.Controller();
        await rig.SettledAsync();
        var ended = Enumerable.Range(5, 18).Select(number => $"host-{number}").ToList();
        var interfaces = ended.Select(rig.EniOf).ToHashSet();

        foreach (var name in ended) rig.Vpc.Terminate(name);

        await rig.UntilAsync(() => !rig.PodRoutes().Any(route => interfaces.Contains(route.Split("-> ")[1])), "the removal of the dead hosts' routes");
        await rig.UntilAsync(() => Blocks(rig).Count(block => block.Intent == BlockIntent.Lent) == 6 && Blocks(rig).All(block => block.Intent != BlockIntent.Recall), "their blocks' return");
        Assert.DoesNotContain(rig.State.Current.Conditions, one => one.Condition.Type == "Brake");
        Assert.True(rig.State.Current.Plan!.Tables.All(one => one.Complete));
    }

    [Fact]
    public async Task A_look_at_nothing_but_ended_hosts_moves_nothing_until_a_host_runs_beside_them()
    {
        await using var rig = await Rig.StartAsync(Hosts24);
        await using var controller = rig.Controller();
        await rig.SettledAsync();
        var (routes, blocks) = (rig.All(), Blocks(rig));
        var names = rig.Vpc.State.Instances.Values.Select(one => one.Name).ToList();
        rig.Vpc.ForgetCalls();

        foreach (var name in names) rig.Vpc.Terminate(name);

        await rig.UntilAsync(() => rig.State.Current.Conditions.Any(one => one.Condition.Type == "AllHostsEnded"), "the condition");
        var looks = rig.Count("DescribeInstances");
        await rig.UntilAsync(() => rig.Count("DescribeInstances") >= looks + 3, "three more looks");
        Assert.Equal(0, rig.Mutations);
        Assert.Equal(routes, rig.All());
        Assert.Equal(blocks.Select(block => (block.Cidr, block.Host, block.Epoch, block.Intent)), Blocks(rig).Select(block => (block.Cidr, block.Host, block.Epoch, block.Intent)));
        Assert.All(Hosts(rig), host => Assert.Equal(HostCondition.Live, host.Condition));

        // EC2 forgets terminated instances after an hour; the next host comes only then.
        rig.Vpc.Update(state => state with { Instances = state.Instances.Clear() });
        rig.Vpc.Launch(new Launch { SubnetId = rig.Vpc.State.Subnets.Keys.First(), Name = "late", Tags = Hosts24.Build(default).Instances.Values.First().Tags.SetItem("Name", "late") });
        var late = rig.EniOf("late");
        await rig.UntilAsync(() => rig.PodRoutes() is { Count: > 0 } now && now.All(route => route.EndsWith(late, StringComparison.Ordinal)), "the new host's routes alone");
        Assert.DoesNotContain(rig.State.Current.Conditions, one => one.Condition.Type is "AllHostsEnded" or "Brake");
    }

    private static IReadOnlyList<BlockSpec> Blocks(Rig rig) => rig.BlocksAsync().GetAwaiter().GetResult();

    private static IEnumerable<HostSpec> Hosts(Rig rig) =>
        rig.Store.ListAsync(RecordTypes.Hosts, Selector.Everything, Consistency.Linearizable, default).AsTask().GetAwaiter().GetResult().Items.Select(host => host.Spec);
}
