using System.Collections.Immutable;
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
        SettledBeforeRemovals(rig);
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

    private static void SettledBeforeRemovals(Rig rig)
    {
        var calls = rig.Vpc.Calls.Where(call => call.Outcome == "ok").ToList();
        Assert.All(calls.Where(call => call.Action == "DeleteRoute"), removal =>
        {
            var removed = Cidr.Parse(removal["DestinationCidrBlock"]);
            var carries = calls.Where(call => call.Action == "ReplaceRoute" && call.Number < removal.Number && call["RouteTableId"] == removal["RouteTableId"]
                && Cidr.Parse(call["DestinationCidrBlock"]).Contains(removed));
            Assert.All(carries, call => Assert.InRange(removal.At - call.At, rig.Options.Settle, TimeSpan.MaxValue));
        });
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
