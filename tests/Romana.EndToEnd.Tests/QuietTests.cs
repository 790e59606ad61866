using System.Collections.Immutable;
using Romana.Cloud.Control;
using Romana.Cloud.Discovery;
using Romana.Demo.Ec2;

namespace Romana.EndToEnd.Tests;

/// <summary>R4: a settled system makes no mutating call, no store write, and few describes.</summary>
public sealed class QuietTests
{
    [Fact]
    public async Task At_rest_an_audit_is_one_describe_of_tables_and_one_of_instances_one_of_their_status_and_nothing_is_written()
    {
        await using var rig = await Rig.StartAsync();
        var store = new MortalStore(rig.Store);
        rig.Store = store;
        await using var controller = rig.Controller();
        await rig.SettledAsync();
        var writes = store.Writes;
        rig.Vpc.ForgetCalls();

        await rig.UntilAsync(() => rig.Count("DescribeRouteTables") >= 5, "five audits");

        Assert.Equal(0, rig.Mutations);
        Assert.Equal(writes, store.Writes);
        Assert.InRange(rig.Count("DescribeInstances"), 3, rig.Count("DescribeRouteTables") + 2);
        Assert.InRange(rig.Count("DescribeInstanceStatus"), 3, rig.Count("DescribeRouteTables") + 5);
        Assert.Equal(rig.Vpc.Calls.Count, rig.Count("DescribeInstances") + rig.Count("DescribeRouteTables") + rig.Count("DescribeInstanceStatus"));
    }

    /// <summary>What decision 0034 says is counted; a rate that is too low is a look that is not taken.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task At_rest_each_hundred_tables_cost_one_describe_a_minute_and_with_hosts_from_a_file_and_no_status_poll_nothing_else_does(bool file)
    {
        await using var rig = await Rig.StartAsync(new VpcScenario(Zones: 2, SubnetsPerZone: 51, Hosts: 2) { Layout = TableLayout.PerSubnet });
        if (file) rig.Options = rig.Options with { Inventory = "hosts.json", StatusPoll = TimeSpan.Zero };
        var listed = rig.Vpc.State.Instances.Values.Select(one => new ListedMachine(one.Tags["Name"],
            rig.Vpc.State.Interfaces[rig.EniOf(one.Id)].Address, ImmutableSortedDictionary<string, string>.Empty)).ToImmutableArray();
        using var stop = new CancellationTokenSource();
        await using var controller = new RunningController(ControllerHost.RunAsync(rig.Options, rig.Parts() with { ReadInventory = _ => listed }, stop.Token), stop);
        await rig.SettledAsync();
        Assert.InRange(rig.Vpc.State.Tables.Count, 101, 200);
        await LooksAsync(2);
        rig.Vpc.ForgetCalls();
        var begun = rig.Clock.GetUtcNow();

        await rig.UntilAsync(() => (rig.Clock.GetUtcNow() - begun).TotalMinutes >= 6, "six minutes");

        var minutes = (rig.Clock.GetUtcNow() - begun).TotalMinutes;
        var (tables, hosts, statuses) = (rig.Count("DescribeRouteTables"), rig.Count("DescribeInstances"), rig.Count("DescribeInstanceStatus"));
        Assert.Equal(0, rig.Mutations);
        Assert.InRange(tables, 2 * Math.Floor(minutes * 0.4), 2 * Math.Ceiling(minutes + 1));
        Assert.InRange(hosts, file ? 0 : Math.Floor(minutes * 0.4), file ? 0 : Math.Ceiling(minutes + 1));
        Assert.InRange(statuses, file ? 0 : Math.Floor(minutes * 0.4), file ? 0 : Math.Ceiling(minutes + 1));
        Assert.InRange(rig.Count("DescribeNetworkInterfaces"), 0, file ? 1 : 0);
        Assert.Equal(rig.Vpc.Calls.Count, tables + hosts + statuses + rig.Count("DescribeNetworkInterfaces"));

        Task LooksAsync(int looks)
        {
            var now = rig.Count("DescribeRouteTables");
            return rig.UntilAsync(() => rig.Count("DescribeRouteTables") >= now + (2 * looks), $"{looks} looks at the tables");
        }
    }

    [Fact]
    public async Task Checks_are_switched_off_once_and_not_toggled_while_a_describe_lags()
    {
        await using var rig = await Rig.StartAsync(new VpcScenario(Hosts: 6)
        {
            Behaviour = new Behaviour { VisibilityLag = TimeSpan.FromSeconds(150) },
        });
        await using var controller = rig.Controller();
        await rig.SettledAsync();

        await rig.UntilAsync(() => rig.Count("DescribeInstances") >= 8, "eight looks at the hosts");

        Assert.Equal(6, rig.Count("ModifyNetworkInterfaceAttribute"));
    }

    [Fact]
    public async Task A_visibility_lag_of_minutes_causes_no_duplicate_and_no_flip_flop()
    {
        await using var rig = await Rig.StartAsync(new VpcScenario(Zones: 2, SubnetsPerZone: 1, Hosts: 4)
        {
            Behaviour = new Behaviour { VisibilityLag = TimeSpan.FromMinutes(4) },
        });
        await using var controller = rig.Controller();
        await rig.SettledAsync();

        await rig.UntilAsync(() => rig.Count("DescribeRouteTables") >= 10, "audits over the whole lag");

        var routes = rig.Vpc.Calls.Where(call => call.Action.EndsWith("Route", StringComparison.Ordinal)).ToList();
        Assert.All(routes, call => Assert.Equal("CreateRoute", call.Action));
        Assert.Equal(routes.Count, routes.DistinctBy(call => (call["RouteTableId"], call["DestinationCidrBlock"])).Count());
    }

    [Fact]
    public async Task A_router_that_stops_while_describes_lag_by_five_minutes_moves_each_route_once()
    {
        await using var rig = await Rig.StartAsync(new VpcScenario(Zones: 1, SubnetsPerZone: 1, Hosts: 4)
        {
            Behaviour = new Behaviour { VisibilityLag = TimeSpan.FromMinutes(5) },
        });
        await using var controller = rig.Controller();
        await rig.SettledAsync();
        var (tables, subnet) = (rig.Vpc.State.Tables.Keys.ToList(), rig.Vpc.State.Subnets.Keys.First());
        var router = rig.Vpc.State.Instances.Values.First(instance => tables.Exists(table => rig.EniOf(instance.Name!) == rig.CoverOf(table, subnet))).Name!;
        var eni = rig.EniOf(router);
        var before = rig.Vpc.Calls.Count;

        rig.Vpc.Stop(router);

        await rig.UntilAsync(() => tables.TrueForAll(table => rig.CoverOf(table, subnet) is { } target && target != eni), "the covers' move");
        var looks = rig.Count("DescribeRouteTables");
        await rig.UntilAsync(() => rig.Count("DescribeRouteTables") >= looks + 8, "audits over the whole lag");
        var routes = rig.Vpc.Calls.Skip(before).Where(call => call.Mutates && call["RouteTableId"].Length > 0).ToList();
        Assert.Contains(routes, call => call.Action == "ReplaceRoute");
        Assert.Empty(routes.GroupBy(call => (call["RouteTableId"], call["DestinationCidrBlock"])).Where(same => same.Count() > 1).SelectMany(same => same));
        Assert.Equal(4, rig.Count("ModifyNetworkInterfaceAttribute"));
        Assert.All(tables, table => Assert.NotNull(rig.CoverOf(table, subnet)));
    }

    [Fact]
    public async Task Drift_is_repaired_by_the_next_audit()
    {
        await using var rig = await Rig.StartAsync();
        await using var controller = rig.Controller();
        await rig.SettledAsync();
        var all = rig.All();
        var (table, route) = rig.Vpc.State.Tables.Values.SelectMany(one => one.Routes.Values.Select(route => (one.Id, route)))
            .First(pair => pair.route.Target.StartsWith("eni-", StringComparison.Ordinal) && pair.route.Destination.StartsWith("10.244.", StringComparison.Ordinal));
        rig.Vpc.TakeRoute(table, route.Destination);
        Assert.NotEqual(all, rig.All());

        await rig.UntilAsync(() => rig.All().SetEquals(all), "the repair");
    }
}
