using Romana.Demo.Ec2;
using Romana.Ipam.Addressing;
using Romana.Ipam.Stores;

namespace Romana.EndToEnd.Tests;

/// <summary>R2: what is not ours is never changed.</summary>
public sealed class ForeignTests
{
    [Fact]
    public async Task Routes_of_every_kind_stay_and_kill_nothing()
    {
        await using var rig = await Rig.StartAsync(new VpcScenario(Hosts: 6) { Foreign = ForeignRoutes.Every });
        var others = rig.OtherRoutes();

        Assert.Empty((await rig.ApplyAsync(TestContext.Current.CancellationToken)).Problems);

        Assert.Equal(others, rig.OtherRoutes());
        Assert.NotEmpty(rig.PodRoutes());
    }

    [Fact]
    public async Task Two_clusters_in_one_table_leave_each_other_alone()
    {
        await using var rig = await Rig.StartAsync(new VpcScenario(Zones: 1, SubnetsPerZone: 1, Hosts: 3));
        await rig.ApplyAsync(TestContext.Current.CancellationToken);
        var first = rig.All();
        foreach (var instance in rig.Vpc.State.Instances.Values.Take(2).ToList())
            rig.Vpc.Update(state => state.With(instance with { Tags = instance.Tags.SetItem("romana.io/cluster", "blue") }));
        (rig.Store, rig.Terms) = (new InMemoryStore(), new InMemoryTermSource());
        rig.Options = rig.Options with { Cluster = "blue" };
        rig.Topology = rig.Draw([Cidr.Parse("10.100.0.0/16")]);

        Assert.Empty((await rig.ApplyAsync(TestContext.Current.CancellationToken)).Problems);

        Assert.Superset(first, rig.All());
        Assert.Contains(rig.All(), route => route.Contains(" 10.100.", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_route_that_stands_where_ours_should_is_a_conflict_until_the_operator_adopts_it()
    {
        await using var rig = await Rig.StartAsync(new VpcScenario(Zones: 1, SubnetsPerZone: 1, Hosts: 3));
        var (table, subnet) = (rig.Vpc.State.Tables.Keys.First(), rig.Vpc.State.Subnets.Keys.First());
        var nat = rig.Vpc.State.Gateways.Keys.First();
        rig.Vpc.PutRoute(table, rig.Leaf(subnet)!.Value.ToString(), nat);

        var result = await rig.ApplyAsync(TestContext.Current.CancellationToken);
        Assert.Contains(result.Problems, problem => problem.Contains("Conflict", StringComparison.Ordinal) && problem.Contains(nat, StringComparison.Ordinal));
        Assert.Equal(nat, rig.CoverOf(table, subnet));

        rig.Options = rig.Options with { Adopt = true };
        Assert.Empty((await rig.ApplyAsync(TestContext.Current.CancellationToken)).Problems);
        Assert.StartsWith("eni-", rig.CoverOf(table, subnet), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_one_host_in_its_input_nothing_is_removed()
    {
        await using var rig = await Rig.StartAsync();
        await rig.ApplyAsync(TestContext.Current.CancellationToken);
        var before = rig.All();
        foreach (var instance in rig.Vpc.State.Instances.Values.ToList())
            rig.Vpc.Update(state => state.With(instance with { Tags = instance.Tags.Remove("romana.io/cluster") }));

        await using var controller = rig.Controller();
        await rig.UntilAsync(() => rig.Count("DescribeInstances") >= 6, "several looks at nobody");

        Assert.Equal(before, rig.All());
    }

    [Fact]
    public async Task Uninstall_removes_exactly_what_is_ours_and_restores_the_checks_that_we_changed()
    {
        await using var rig = await Rig.StartAsync(new VpcScenario(Hosts: 4) { Foreign = ForeignRoutes.Every });
        var before = rig.All();
        var already = rig.EniOf("host-2");
        rig.Vpc.Update(state => state.With(state.Interfaces[already] with { SourceDestCheck = false }));
        await rig.ApplyAsync(TestContext.Current.CancellationToken);
        Assert.NotEqual(before, rig.All());

        var result = await Cloud.Control.Uninstall.RunAsync(rig.Options, rig.Parts(), Rig.Bounded(TestContext.Current.CancellationToken));

        Assert.Empty(result.Problems);
        Assert.Equal(before, rig.All());
        Assert.False(rig.Vpc.State.Interfaces[already].SourceDestCheck);
        Assert.True(rig.Vpc.State.Interfaces[rig.EniOf("host-1")].SourceDestCheck);
        Assert.Empty((await rig.Store.ListAsync(RecordTypes.Ledgers, Selector.Everything, Consistency.Linearizable, TestContext.Current.CancellationToken)).Items);
    }

    [Fact]
    public async Task Ipv6_routes_go_beside_ipv4_ones()
    {
        await using var rig = await Rig.StartAsync(new VpcScenario(Zones: 2, SubnetsPerZone: 1, Hosts: 4) { Ipv6Cidr = Cidr.Parse("2600:1f14:0:100::/56") });
        rig.Topology = rig.Draw([Cidr.Parse("10.244.0.0/16"), Cidr.Parse("fd10::/48")]);

        Assert.Empty((await rig.ApplyAsync(TestContext.Current.CancellationToken)).Problems);
        Assert.Contains(rig.PodRoutes(), route => route.Contains(" fd10:", StringComparison.Ordinal));
        rig.Vpc.ForgetCalls();
        await rig.ApplyAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, rig.Mutations);
    }
}
