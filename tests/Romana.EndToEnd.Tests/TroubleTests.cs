using Romana.Cloud.Aws;
using Romana.Cloud.Control;
using Romana.Demo.Ec2;
using Romana.Ipam.Stores;

namespace Romana.EndToEnd.Tests;

/// <summary>What EC2 and others do to a controller, and what it must do then.</summary>
public sealed class TroubleTests
{
    private static readonly VpcScenario Small = new(Zones: 2, SubnetsPerZone: 1, Hosts: 4);

    [Fact]
    public async Task A_throttled_describe_does_not_end_the_loop()
    {
        await using var rig = await Rig.StartAsync(Small);
        await using var controller = rig.Controller();
        await rig.SettledAsync();
        foreach (var action in (string[])["DescribeRouteTables", "DescribeInstances"])
            rig.Vpc.Faults.Add(new Fault { Kind = FaultKind.Error, Action = action, Code = "RequestLimitExceeded", Status = 503, Times = 10 });
        var all = rig.All();
        rig.Vpc.TakeRoute(rig.Vpc.State.Tables.Keys.First(), rig.Leaf(rig.Vpc.State.Subnets.Keys.First())!.Value.ToString());

        await rig.UntilAsync(() => rig.All().SetEquals(all), "the repair after the throttling");
        Assert.False(controller.Run.IsCompleted);
    }

    [Fact]
    public async Task Others_that_throttle_the_account_slow_us_down_and_nothing_is_lost()
    {
        await using var rig = await Rig.StartAsync(Small);
        rig.Vpc.Faults.Add(new Fault { Kind = FaultKind.Error, Action = "CreateRoute", Code = "RequestLimitExceeded", Status = 503, Times = 6, After = 2 });

        Assert.Empty((await rig.ApplyAsync(TestContext.Current.CancellationToken)).Problems);
        rig.Vpc.ForgetCalls();
        await rig.ApplyAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, rig.Mutations);
    }

    [Fact]
    public async Task A_full_table_is_aggregated_keeps_its_covers_and_stops_no_other_table()
    {
        await using var rig = await Rig.StartAsync(Small with { Layout = TableLayout.PerSubnet });
        var full = rig.Vpc.State.Tables.Values.First(table => !table.Main).Id;
        var counts = rig.Vpc.State.Tables[full].Routes.Values.Count(route => route.Target != "local");
        rig.Vpc.Update(state => state.With(state.Tables[full] with { Quota = counts + 3 }));

        var result = await rig.ApplyAsync(TestContext.Current.CancellationToken);

        // It reaches every block all the same, so that it is no problem; QuotaTests has the table that is too small even for that.
        Assert.Empty(result.Problems);
        Assert.InRange(rig.PodRoutes().Count(route => route.StartsWith(full, StringComparison.Ordinal)), 1, 2);
        Assert.All(rig.Vpc.State.Subnets.Keys, subnet => Assert.NotNull(rig.CoverOf(full, subnet)));
        Assert.True(rig.PodRoutes().Count(route => !route.StartsWith(full, StringComparison.Ordinal)) >= 8);
    }

    [Fact]
    public async Task A_table_that_vanishes_is_dropped_and_the_others_go_on()
    {
        await using var rig = await Rig.StartAsync(Small);
        await using var controller = rig.Controller();
        await rig.SettledAsync();
        var gone = rig.Vpc.State.Tables.Values.First(table => !table.Main).Id;

        rig.Vpc.TakeTable(gone);

        await rig.UntilAsync(() => LedgersOf(rig).All(ledger => ledger != gone), "the ledger of the lost table");
        Assert.False(controller.Run.IsCompleted);
    }

    [Fact]
    public async Task Permissions_missing_on_one_table_do_not_stop_the_others()
    {
        await using var rig = await Rig.StartAsync(Small);
        var closed = rig.Vpc.State.Tables.Keys.First();
        rig.Vpc.Behaviour = rig.Vpc.Behaviour with { Denied = [new Denial("*Route", closed)] };

        var result = await rig.ApplyAsync(TestContext.Current.CancellationToken);

        Assert.Contains(result.Problems, problem => problem.Contains(closed, StringComparison.Ordinal) && problem.Contains("UnauthorizedOperation", StringComparison.Ordinal));
        Assert.All(rig.Vpc.State.Tables.Keys.Where(table => table != closed),
            table => Assert.Contains(rig.PodRoutes(), route => route.StartsWith(table, StringComparison.Ordinal)));
        Assert.InRange(rig.Vpc.Calls.Count(call => call.Mutates && call["RouteTableId"] == closed), 1, 3);
    }

    [Fact]
    public async Task A_route_that_is_refused_holds_back_nothing_that_does_not_need_it()
    {
        await using var rig = await Rig.StartAsync(Small);
        var (refused, other) = (rig.Leaf(rig.Vpc.State.Subnets.Keys.First())!.Value, rig.Leaf(rig.Vpc.State.Subnets.Keys.Last())!.Value);
        rig.Vpc.Faults.Add(new Fault
        {
            Kind = FaultKind.Error,
            Action = "CreateRoute",
            Code = "InvalidParameterValue",
            Message = "no",
            Status = 400,
            Times = null,
            Where = System.Collections.Immutable.ImmutableSortedDictionary<string, string>.Empty.Add("DestinationCidrBlock", refused.ToString()),
        });

        var result = await rig.ApplyAsync(TestContext.Current.CancellationToken);

        Assert.Contains(result.Problems, problem => problem.Contains("Refused", StringComparison.Ordinal) && problem.Contains(refused.ToString(), StringComparison.Ordinal));
        Assert.All(rig.Vpc.State.Tables.Values, table =>
        {
            var routes = table.Routes.Values.Select(route => Ipam.Addressing.Cidr.TryParse(route.Destination, out var cidr, out _) ? cidr : default).ToList();
            Assert.Contains(other, routes);
            Assert.Contains(routes, cidr => refused.Contains(cidr) && cidr != refused);
            Assert.Contains(routes, cidr => other.Contains(cidr) && cidr != other);
        });
        Assert.Equal(rig.Vpc.State.Tables.Count, rig.Vpc.Calls.Count(call => call.Mutates && call["DestinationCidrBlock"] == refused.ToString()));
    }

    [Fact]
    public async Task One_refusal_of_an_interface_takes_no_route_of_its_host_away()
    {
        await using var rig = await Rig.StartAsync(Small with { Layout = TableLayout.PerSubnet });
        await using var controller = rig.Controller();
        await rig.SettledAsync();
        var (table, route) = rig.Vpc.State.Tables.Values.SelectMany(one => one.Routes.Values.Select(route => (one.Id, route)))
            .First(pair => pair.route.Destination.StartsWith("10.244.", StringComparison.Ordinal) && pair.route.Destination.EndsWith("/26", StringComparison.Ordinal));
        rig.Vpc.Faults.Add(new Fault { Kind = FaultKind.Error, Action = "CreateRoute", Code = "IncorrectState", Status = 400, Times = 1 });
        rig.Vpc.ForgetCalls();

        rig.Vpc.TakeRoute(table, route.Destination);

        await rig.UntilAsync(() => rig.Vpc.State.Tables[table].Routes.GetValueOrDefault(route.Destination)?.Target == route.Target, "the repair after the refusal");
        Assert.InRange(rig.Count("CreateRoute"), 2, int.MaxValue);
        Assert.DoesNotContain(rig.Vpc.Calls, call => call.Action == "DeleteRoute" && call["DestinationCidrBlock"] == route.Destination);
    }

    [Fact]
    public async Task A_lost_term_ends_the_controller_and_nothing_is_called_after_it()
    {
        await using var rig = await Rig.StartAsync(Small);
        var first = rig.Terms;
        rig.Vpc.Called += call =>
        {
            if (call.Action == "CreateRoute") first.Lose();
        };
        await using var controller = rig.Controller();

        await Assert.ThrowsAsync<ControlRefusedException>(() => controller.Run.WaitAsync(Rig.Limit, TestContext.Current.CancellationToken));

        Assert.InRange(rig.Count("CreateRoute"), 1, rig.Vpc.State.Tables.Count);
        rig.Terms = new InMemoryTermSource();
        Assert.Empty((await rig.ApplyAsync(TestContext.Current.CancellationToken)).Problems);
    }

    [Fact]
    public async Task A_second_controller_on_one_store_is_refused_and_told_who_holds_it()
    {
        await using var rig = await Rig.StartAsync(Small);
        await using var controller = rig.Controller();
        await rig.SettledAsync();

        var refused = await Assert.ThrowsAsync<ControlRefusedException>(() => rig.ApplyAsync(TestContext.Current.CancellationToken));

        Assert.Contains("romana controller", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Wrong_credentials_a_wrong_vpc_and_an_unreachable_endpoint_are_said_at_once()
    {
        await using var rig = await Rig.StartAsync(Small);
        rig.Options = rig.Options with { Vpc = "vpc-0badbad" };
        Assert.Contains("--vpc", (await Assert.ThrowsAsync<Ec2UnavailableException>(() => rig.ApplyAsync(TestContext.Current.CancellationToken))).Message, StringComparison.Ordinal);

        rig.Vpc.Behaviour = rig.Vpc.Behaviour with { AccessKeys = ["AKIAOTHER"] };
        var wrong = await Assert.ThrowsAsync<Ec2UnavailableException>(() => rig.ApplyAsync(TestContext.Current.CancellationToken));
        Assert.True(wrong.Unauthorized);
        Assert.Contains("credentials", wrong.Message, StringComparison.Ordinal);

        await rig.Endpoint.DisposeAsync();
        Assert.Contains("--endpoint", (await Assert.ThrowsAsync<Ec2UnavailableException>(() => rig.ApplyAsync(TestContext.Current.CancellationToken))).Message, StringComparison.Ordinal);
    }

    private static IEnumerable<string> LedgersOf(Rig rig) =>
        rig.Store.ListAsync(RecordTypes.Ledgers, Selector.Everything, Consistency.Linearizable, default).AsTask().GetAwaiter().GetResult()
            .Items.Select(ledger => ledger.Spec.Table);
}
