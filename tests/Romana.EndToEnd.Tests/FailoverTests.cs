using System.Collections.Immutable;
using Romana.Cloud.Planning;
using Romana.Demo.Ec2;
using Romana.Ipam.Addressing;
using Romana.Ipam.Stores;

namespace Romana.EndToEnd.Tests;

/// <summary>From a word on a host's health to the routes that leave it.</summary>
public sealed class FailoverTests
{
    private static readonly VpcScenario Small = new(Zones: 1, SubnetsPerZone: 1, Hosts: 3);

    /// <summary>Ten tables; calls that take long enough to see whether they go side by side.</summary>
    private static readonly VpcScenario Wide = new(Zones: 1, SubnetsPerZone: 9, Hosts: 1)
    {
        Layout = TableLayout.PerSubnet,
        Behaviour = new Behaviour { Latency = TimeSpan.FromSeconds(1) },
    };

    [Fact]
    public async Task Five_routes_in_each_of_ten_tables_leave_a_dead_router_by_fifty_calls_side_by_side_and_no_describe()
    {
        await using var rig = await FiveRoutesInTenTablesAsync();
        var source = new SaidHealth();
        await using var controller = rig.Controller(source);
        await rig.SettledAsync();
        await rig.UntilAsync(() => rig.State.Current.Passes["routes"].Verdict == "done", "a pass with nothing to do");
        var dead = rig.EniOf("host-1");
        Assert.Equal(50, rig.All().Count(route => route.EndsWith(dead, StringComparison.Ordinal)));
        rig.Vpc.ForgetCalls();

        source.Say("host-1", HostHealth.Down);

        await rig.UntilAsync(() => !rig.All().Any(route => route.EndsWith(dead, StringComparison.Ordinal)), "the failover");
        // The sources of health go on looking at their own pace; nothing else may be between.
        var all = rig.Vpc.Calls.Where(call => call.Action is not ("DescribeInstanceStatus" or "DescribeSpotInstanceRequests")).ToList();
        var calls = all.Take(50).ToList();
        Assert.All(calls, call => Assert.Equal(("ReplaceRoute", "ok", rig.EniOf("spare")), (call.Action, call.Outcome, call["NetworkInterfaceId"])));
        Assert.Equal(50, calls.DistinctBy(call => (call["RouteTableId"], call["DestinationCidrBlock"])).Count());
        var first = calls.FindIndex(call => calls.Take(calls.IndexOf(call) + 1).Count(one => one["RouteTableId"] == call["RouteTableId"]) == 5);
        Assert.Equal(10, calls.Take(first + 1).DistinctBy(call => call["RouteTableId"]).Count());
    }

    [Fact]
    public async Task A_router_that_comes_back_does_not_get_its_routes_back()
    {
        await using var rig = await Rig.StartAsync(Small);
        var source = new SaidHealth();
        await using var controller = rig.Controller(source);
        await rig.SettledAsync();
        var (router, name) = Router(rig);
        source.Say(name, HostHealth.Down);
        await rig.UntilAsync(() => Router(rig).Eni != router && rig.State.Current is { Plan.HasChanges: false }, "the failover");
        var (routes, passed) = (rig.All(), rig.State.Current.Passes["routes"].At);

        source.Say(name, HostHealth.Up);

        await rig.UntilAsync(() => rig.State.Current.Passes["routes"].At > passed
            && rig.State.Current.Inventory!.Hosts.All(host => host.Health == HostHealth.Up), "a pass that knows of it");
        Assert.Equal(Router(rig).Eni, rig.State.Current.Plan!.Tables.SelectMany(table => table.Routes)
            .First(route => route.Kind == PlannedRouteKind.Cover && route.Destination == rig.Leaf(rig.Vpc.State.Subnets.Keys.First())).Target);
        Assert.NotEqual(router, Router(rig).Eni);
    }

    [Fact]
    public async Task A_candidate_that_dies_between_the_plan_and_the_call_is_not_chosen()
    {
        await using var rig = await Rig.StartAsync(Small);
        var (source, second) = (new SaidHealth(), "");
        rig.Store = new MortalStore(rig.Store)
        {
            // The plan is shown, its intents are about to be written.
            Writing = writes =>
            {
                if (writes[0].Key.Kind != RecordKind.RouteTable || second.Length > 0) return;
                if (rig.State.Current.Plan!.Changes.FirstOrDefault(change => change.Op == RouteOp.Replace) is not { } change) return;
                second = rig.State.Current.Inventory!.Hosts.First(host => host.Eni == change.Target).Name;
                source.Say(second, HostHealth.Down);
            },
        };
        await using var controller = rig.Controller(source);
        await rig.SettledAsync();
        var (router, name) = Router(rig);
        rig.Vpc.ForgetCalls();

        source.Say(name, HostHealth.Down);

        await rig.UntilAsync(() => Router(rig).Eni != router && rig.State.Current is { Plan.HasChanges: false }, "the failover");
        var target = Assert.Single(rig.Vpc.Calls.Where(call => call.Action == "ReplaceRoute").Select(call => call["NetworkInterfaceId"]).Distinct());
        Assert.DoesNotContain(target, (string[])[router, rig.EniOf(second)]);
    }

    [Fact]
    public async Task All_hosts_dead_at_once_move_nothing_and_say_so()
    {
        await using var rig = await Rig.StartAsync(Small);
        var source = new SaidHealth();
        await using var controller = rig.Controller(source);
        await rig.SettledAsync();
        var routes = rig.All();

        source.Say(HostHealth.Down, [.. rig.State.Current.Inventory!.Hosts.Select(host => host.Name)]);

        await rig.UntilAsync(() => rig.State.Current.Conditions.Any(one => one.Condition.Type == "Brake"), "the condition");
        Assert.Equal(routes, rig.All());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_removal_waits_for_the_replace_that_another_pass_or_another_process_made(bool restart)
    {
        await using var rig = await FiveRoutesInTenTablesAsync();
        rig.Options = rig.Options with { Settle = TimeSpan.FromSeconds(300), Audit = TimeSpan.FromSeconds(60) };
        var dead = rig.EniOf("host-1");
        await using (rig.Controller())
        {
            await rig.SettledAsync();
            rig.Vpc.Stop("host-1");
            await rig.UntilAsync(() => !rig.All().Any(route => route.EndsWith(dead, StringComparison.Ordinal)), "the failover");
            if (!restart) await rig.UntilAsync(() => rig.Count("DeleteRoute") >= 10, "the removals");
        }

        if (restart)
        {
            rig.Terms = new InMemoryTermSource();
            await using var again = rig.Controller();
            await rig.UntilAsync(() => rig.Count("DeleteRoute") >= 10, "the removals");
        }

        var replaced = rig.Vpc.Calls.Where(call => call.Action == "ReplaceRoute").ToLookup(call => call["RouteTableId"]);
        Assert.All(rig.Vpc.Calls.Where(call => call.Action == "DeleteRoute"), removal =>
        {
            var cover = replaced[removal["RouteTableId"]].Last(call => Cidr.Parse(call["DestinationCidrBlock"]).Contains(Cidr.Parse(removal["DestinationCidrBlock"])));
            Assert.InRange(removal.At - cover.At, rig.Options.Settle, TimeSpan.MaxValue);
        });
    }

    /// <summary>
    /// Five networks, one subnet with hosts: host-1 leads all five covers in each table, since the spare is a spot instance. The spare's own
    /// routes become needless when it leads.
    /// </summary>
    private static async Task<Rig> FiveRoutesInTenTablesAsync()
    {
        var rig = await Rig.StartAsync(Wide);
        rig.Topology = rig.Draw(Enumerable.Range(244, 5).Select(octet => Cidr.Parse($"10.{octet}.0.0/16")));
        rig.Options = rig.Options with { Audit = TimeSpan.FromHours(2) };
        var tags = Wide.Build(default).Instances.Values.First().Tags.SetItem("Name", "spare");
        rig.Vpc.Launch(new Launch { SubnetId = rig.Vpc.State.Subnets.Keys.First(), Name = "spare", Spot = true, Tags = tags });
        return rig;
    }

    private static (string Eni, string Name) Router(Rig rig)
    {
        var eni = rig.CoverOf(rig.Vpc.State.Tables.Keys.First(), rig.Vpc.State.Subnets.Keys.First())!;
        return (eni, rig.State.Current.Inventory!.Hosts.First(host => host.Eni == eni).Name);
    }
}
