using System.Collections.Immutable;
using Romana.Cloud.Planning;
using Romana.Demo.Ec2;
using Romana.Ipam.Addressing;
using Romana.Ipam.Stores;

namespace Romana.EndToEnd.Tests;

/// <summary>The controller dies, or a reply does, at each of its mutating calls in turn.</summary>
public sealed class CrashTests
{
    private static readonly VpcScenario Small = new(Zones: 2, SubnetsPerZone: 1, Hosts: 3) { Foreign = ForeignRoutes.Every };

    [Fact]
    public async Task Killed_at_any_mutating_call_and_started_again_it_converges_to_the_same_tables_and_touches_nothing_foreign()
    {
        var (wanted, others, calls) = await CleanAsync();
        for (var k = 1; k <= calls; k++)
        {
            await using var rig = await Rig.StartAsync(Small);
            await KillAtAsync(rig, k);

            var again = await rig.ApplyAsync(TestContext.Current.CancellationToken);

            Assert.True(again.Problems.Count == 0, $"killed at call {k}: {string.Join("; ", again.Problems)}");
            Assert.True(wanted.SetEquals(rig.PodRoutes()), $"killed at call {k}: {string.Join(", ", rig.PodRoutes())}");
            Assert.Equal(others, rig.OtherRoutes());
        }
    }

    [Fact]
    public async Task Killed_at_any_call_of_a_failover_it_resumes_and_no_removal_is_early()
    {
        var (wanted, others, calls) = await FailoverAsync();
        for (var k = 1; k <= calls; k++)
        {
            await using var rig = await StoppedRouterAsync();
            await KillAtAsync(rig, k);

            var again = await rig.ApplyAsync(TestContext.Current.CancellationToken);

            Assert.True(again.Problems.Count == 0, $"killed at call {k}: {string.Join("; ", again.Problems)}");
            Assert.True(wanted.SetEquals(rig.PodRoutes()), $"killed at call {k}: {string.Join(", ", rig.PodRoutes())}");
            Assert.Equal(others, rig.OtherRoutes());
            SettledBeforeRemovals(rig);
        }
    }

    [Fact]
    public async Task Killed_at_any_call_on_the_way_to_aggregates_it_resumes_and_loses_nothing_on_the_way()
    {
        int calls;
        string[] wanted;
        await using (var clean = await CrowdedAsync())
        {
            Assert.Empty((await clean.ApplyAsync(TestContext.Current.CancellationToken)).Problems);
            Assert.Contains(clean.State.Current.Plan!.Tables.SelectMany(table => table.Routes), route => route.Kind == PlannedRouteKind.Aggregate);
            Assert.NotEqual(0, clean.Count("DeleteRoute"));
            Assert.NotEqual(0, SettledBeforeRemovals(clean));
            (calls, wanted) = (clean.Mutations, Quality(clean));
        }

        // The first calls only switch the new hosts' checks off.
        for (var k = 7; k <= calls; k += 2)
        {
            await using var rig = await CrowdedAsync();
            var losses = LossesOf(rig);
            await KillAtAsync(rig, k);

            var again = await rig.ApplyAsync(TestContext.Current.CancellationToken);

            Assert.True(again.Problems.Count == 0, $"killed at call {k}: {string.Join("; ", again.Problems)}");

            // Which of equally good sets it is depends on what stood when the new process planned.
            Assert.Equal(wanted, Quality(rig));
            Assert.Empty(losses);
            SettledBeforeRemovals(rig);
        }
    }

    [Theory]
    [InlineData(FaultKind.LostAnswer)]
    [InlineData(FaultKind.Dropped)]
    [InlineData(FaultKind.Error)]
    public async Task A_lost_or_failed_answer_at_any_mutating_call_is_read_and_compared(FaultKind kind)
    {
        var (wanted, others, calls) = await CleanAsync();
        for (var k = 0; k < calls; k += 2)
        {
            await using var rig = await Rig.StartAsync(Small);
            foreach (var action in (string[])["*Route", "Modify*"]) rig.Vpc.Faults.Add(new Fault { Kind = kind, Action = action, After = k });

            var result = await rig.ApplyAsync(TestContext.Current.CancellationToken);

            Assert.True(result.Problems.Count == 0, $"{kind} at call {k}: {string.Join("; ", result.Problems)}");
            Assert.True(wanted.SetEquals(rig.PodRoutes()), $"{kind} at call {k}");
            Assert.Equal(others, rig.OtherRoutes());
        }
    }

    [Fact]
    public async Task A_restart_deletes_and_creates_no_live_route()
    {
        await using var rig = await Rig.StartAsync(Small);
        await rig.ApplyAsync(TestContext.Current.CancellationToken);
        rig.Vpc.ForgetCalls();

        for (var restart = 0; restart < 3; restart++) await rig.ApplyAsync(TestContext.Current.CancellationToken);

        Assert.Equal(0, rig.Mutations);
    }

    private static async Task<(ImmutableSortedSet<string> Wanted, ImmutableSortedSet<string> Others, int Calls)> CleanAsync()
    {
        await using var rig = await Rig.StartAsync(Small);
        var others = rig.OtherRoutes();
        Assert.Empty((await rig.ApplyAsync(TestContext.Current.CancellationToken)).Problems);
        return (rig.PodRoutes(), others, rig.Mutations);
    }

    private static async Task<(ImmutableSortedSet<string> Wanted, ImmutableSortedSet<string> Others, int Calls)> FailoverAsync()
    {
        await using var rig = await StoppedRouterAsync();
        var others = rig.OtherRoutes();
        Assert.Empty((await rig.ApplyAsync(TestContext.Current.CancellationToken)).Problems);
        Assert.NotEqual(0, rig.Count("ReplaceRoute"));
        Assert.NotEqual(0, rig.Count("DeleteRoute"));
        Assert.NotEqual(0, SettledBeforeRemovals(rig));
        return (rig.PodRoutes(), others, rig.Mutations);
    }

    /// <summary>All is routed, and the first subnet's router has just been stopped: its cover must move, and the new router's own route may go.</summary>
    private static async Task<Rig> StoppedRouterAsync()
    {
        var rig = await Rig.StartAsync(Small);
        rig.Options = rig.Options with { Settle = TimeSpan.FromSeconds(40) };
        Assert.Empty((await rig.ApplyAsync(TestContext.Current.CancellationToken)).Problems);
        var router = rig.CoverOf(rig.Vpc.State.Tables.Keys.First(), rig.Vpc.State.Subnets.Keys.First())!;
        rig.Vpc.Stop(rig.Vpc.State.Instances.Values.First(one => one.Interfaces.Contains(router)).Id);
        rig.Vpc.ForgetCalls();
        return rig;
    }

    /// <summary>Exact routes of six hosts without covers, and six hosts more have just come: what the tables hold must be aggregated.</summary>
    private static async Task<Rig> CrowdedAsync()
    {
        var few = new VpcScenario(Zones: 1, SubnetsPerZone: 1, Hosts: 6);
        var rig = await Rig.StartAsync(few);
        rig.Topology = rig.Topology.Replace("\"always\"", "\"never\"", StringComparison.Ordinal);
        rig.Options = rig.Options with
        {
            Settle = TimeSpan.FromSeconds(40),
            Quota = rig.Vpc.State.Tables.Values.Max(Counting) + 9,

            // So long a new process leaves a destination alone of which the last one may still have a call on the wire.
            CallTimeout = TimeSpan.FromSeconds(100),
            VisibilityLag = TimeSpan.FromSeconds(60),
        };
        Assert.Empty((await rig.ApplyAsync(TestContext.Current.CancellationToken)).Problems);
        var tags = few.Build(default).Instances.Values.First().Tags;
        foreach (var number in Enumerable.Range(7, 6))
            rig.Vpc.Launch(new Launch { SubnetId = rig.Vpc.State.Subnets.Keys.First(), Name = $"host-{number}", Tags = tags.SetItem("Name", $"host-{number}") });
        rig.Vpc.ForgetCalls();
        return rig;
    }

    private static int Counting(RouteTable table) => table.Routes.Values.Count(route => route.Target != "local");

    private static string[] Quality(Rig rig) => [.. rig.State.Current.Plan!.Tables
        .Select(table => $"{table.Id} {table.Used} routes, complete {table.Complete}, {table.ExtraHopShare:0.000} {table.LocalExtraHopShare:0.000}")];

    /// <summary>
    /// Fills with the calls after which a table is above its quota or a block that had a route has none. All hosts are up and on one link, so
    /// every host is a right next hop.
    /// </summary>
    private static List<string> LossesOf(Rig rig)
    {
        var losses = new List<string>();
        var routed = rig.PodRoutes().Select(route => (Table: route.Split(' ')[0], Block: Cidr.Parse(route.Split(' ')[1]))).ToList();
        rig.Vpc.Called += call =>
        {
            if (!call.Mutates) return;
            var tables = rig.Vpc.State.Tables;
            lock (losses)
            {
                losses.AddRange(tables.Values.Where(table => Counting(table) > rig.Options.Quota).Select(table => $"{call}: {table.Id} is above its quota"));
                losses.AddRange(routed.Where(one => !tables[one.Table].Routes.Values.Any(route => route.Target.StartsWith("eni-", StringComparison.Ordinal)
                    && Cidr.TryParse(route.Destination, out var cidr, out _) && cidr.Contains(one.Block))).Select(one => $"{call}: {one.Block} has no route in {one.Table}"));
            }
        };
        return losses;
    }

    /// <returns>The removals whose addresses fell to a route that was made or turned before: those that had something to wait for.</returns>
    private static int SettledBeforeRemovals(Rig rig)
    {
        var waited = 0;
        var calls = rig.Vpc.Calls.Where(call => call.Outcome == "ok").ToList();
        Assert.All(calls.Where(call => call.Action == "DeleteRoute"), removal =>
        {
            var removed = Cidr.Parse(removal["DestinationCidrBlock"]);
            var falls = calls.Where(call => call.Action is "ReplaceRoute" or "CreateRoute" && call.Number < removal.Number && call["RouteTableId"] == removal["RouteTableId"]
                    && Cidr.Parse(call["DestinationCidrBlock"]) is var over && over != removed && over.Contains(removed))
                .GroupBy(call => Cidr.Parse(call["DestinationCidrBlock"])).MaxBy(same => same.Key.Length);
            if (falls is null) return;
            waited++;
            Assert.InRange(removal.At - falls.Last().At, rig.Options.Settle, TimeSpan.MaxValue);
        });
        return waited;
    }

    private static async Task KillAtAsync(Rig rig, int k)
    {
        var store = rig.Store;
        var mortal = new MortalStore(store);
        using var death = new CancellationTokenSource();
        var seen = 0;
        void Count(CallRecord call)
        {
            if (!call.Mutates || Interlocked.Increment(ref seen) != k) return;
            mortal.Die();
            death.Cancel();
        }

        rig.Vpc.Called += Count;
        rig.Store = mortal;
        await Assert.ThrowsAnyAsync<Exception>(() => rig.ApplyAsync(death.Token));
        rig.Vpc.Called -= Count;
        (rig.Store, rig.Terms) = (store, new InMemoryTermSource());
    }
}
