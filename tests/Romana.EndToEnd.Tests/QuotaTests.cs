using Romana.Demo.Ec2;

namespace Romana.EndToEnd.Tests;

/// <summary>Tables that hold less than was believed, and prefix lists that take more than one place.</summary>
public sealed class QuotaTests
{
    private static readonly VpcScenario Small = new(Zones: 2, SubnetsPerZone: 1, Hosts: 4) { Layout = TableLayout.PerSubnet };

    [Fact]
    public async Task A_table_that_is_full_in_mid_pass_is_aggregated_and_the_condition_names_table_quota_and_shares()
    {
        await using var rig = await Rig.StartAsync(Small);
        var full = rig.Vpc.State.Tables.Values.First(table => !table.Main).Id;
        var others = rig.Vpc.State.Tables[full].Routes.Values.Count(route => route.Target != "local");
        rig.Vpc.Update(state => state.With(state.Tables[full] with { Quota = others + 3 }));
        await using var controller = rig.Controller();

        await rig.UntilAsync(() => rig.State.Current.Conditions.Any(one => one.About == full && one.Condition.Type == "Aggregated"), "the condition");
        var text = rig.State.Current.Conditions.First(one => one.About == full && one.Condition.Type == "Aggregated").Condition.Message;
        Assert.Contains($"quota {others + 3}, {others} routes of others, room for 2 of ours; exact routes would be 4; extra hop for", text, StringComparison.Ordinal);
        Assert.DoesNotContain(rig.State.Current.Conditions, one => one.Condition.Type == "RoutesIncomplete");
        Assert.True(rig.State.Current.Plan!.Tables.First(table => table.Id == full).Complete);
        await StaysWithItsCoversAsync(rig, full);
    }

    [Fact]
    public async Task A_table_too_small_for_the_covers_says_how_many_are_missing()
    {
        await using var rig = await Rig.StartAsync(Small);
        var full = rig.Vpc.State.Tables.Values.First(table => !table.Main).Id;
        var others = rig.Vpc.State.Tables[full].Routes.Values.Count(route => route.Target != "local");
        rig.Vpc.Update(state => state.With(state.Tables[full] with { Quota = others + 2 }));
        await using var controller = rig.Controller();

        await rig.UntilAsync(() => rig.State.Current.Conditions.Any(one => one.About == full && one.Condition.Type == "RoutesIncomplete"), "the condition");
        var text = rig.State.Current.Conditions.First(one => one.About == full && one.Condition.Type == "RoutesIncomplete").Condition.Message;
        Assert.Contains($"quota {others + 2}, {others} routes of others", text, StringComparison.Ordinal);
        Assert.Matches("1 missing.*L-93826ACB", text);
    }

    private static async Task StaysWithItsCoversAsync(Rig rig, string table)
    {
        await rig.UntilAsync(() => rig.State.Current.Plan is { HasChanges: false }, "rest");
        var (mutations, audits) = (rig.Mutations, rig.Count("DescribeRouteTables"));
        await rig.UntilAsync(() => rig.Count("DescribeRouteTables") >= audits + 4, "four more audits");
        Assert.Equal(mutations, rig.Mutations);
        Assert.All(rig.Vpc.State.Subnets.Keys, subnet => Assert.NotNull(rig.CoverOf(table, subnet)));
    }

    [Fact]
    public async Task A_customers_prefix_list_counts_with_its_maximum_so_EC2_never_says_full()
    {
        await using var rig = await Rig.StartAsync(Small with { Foreign = ForeignRoutes.Every });
        var table = rig.Vpc.State.Tables.Values.First(table => !table.Main);
        var used = RouteRules.Used(rig.Vpc.State, table, Ipam.Addressing.IpFamily.IPv4);
        rig.Vpc.Behaviour = rig.Vpc.Behaviour with { RouteQuota = used + 4 };
        rig.Options = rig.Options with { Quota = used + 4 };

        await rig.ApplyAsync(TestContext.Current.CancellationToken);

        Assert.DoesNotContain(rig.Vpc.Calls, call => call.Outcome == "RouteLimitExceeded");
        Assert.All(rig.Vpc.State.Subnets.Keys, subnet => Assert.NotNull(rig.CoverOf(table.Id, subnet)));
        Assert.Equal(used, rig.State.Current.Plan!.Tables.First(one => one.Id == table.Id && one.Family == Ipam.Addressing.IpFamily.IPv4).Foreign);
    }

    [Fact]
    public async Task Without_the_right_to_read_prefix_lists_each_counts_one_which_is_said_and_routes_go_on()
    {
        await using var rig = await Rig.StartAsync(Small with { Foreign = ForeignRoutes.Every });
        rig.Vpc.Behaviour = rig.Vpc.Behaviour with { Denied = [new Denial("DescribeManagedPrefixLists")] };

        var result = await rig.ApplyAsync(TestContext.Current.CancellationToken);

        Assert.Empty(result.Problems);
        Assert.Contains("allow ec2:DescribeManagedPrefixLists", Assert.Single(result.Notes), StringComparison.Ordinal);
        Assert.NotEmpty(rig.PodRoutes());
    }

    [Fact]
    public async Task Nobody_asks_for_prefix_lists_where_no_table_has_one()
    {
        await using var rig = await Rig.StartAsync(Small with { Foreign = ForeignRoutes.None });

        Assert.Empty((await rig.ApplyAsync(TestContext.Current.CancellationToken)).Problems);

        Assert.Equal(0, rig.Count("DescribeManagedPrefixLists"));
    }
}
