using System.Diagnostics;
using Amazon.EC2;
using Amazon.EC2.Model;
using Amazon.Runtime;
using Romana.Demo.Ec2;

namespace Romana.Demo.Tests;

/// <summary>Lag, lost answers and other faults by request.</summary>
public sealed class FaultTests
{
    private static readonly TimeSpan Lag = TimeSpan.FromSeconds(7);

    [Fact]
    public async Task A_lagging_describe_shows_the_past_while_mutations_see_the_truth()
    {
        await using var test = await TestVpc.StartAsync(new VpcScenario { Behaviour = new Behaviour { VisibilityLag = Lag } });
        test.Time.Advance(TimeSpan.FromMinutes(1));
        await test.CreateAsync("10.244.0.0/26");
        Assert.False(await ShowsAsync(test));
        Assert.Equal("RouteAlreadyExists", (await Assert.ThrowsAsync<AmazonEC2Exception>(() => test.CreateAsync("10.244.0.0/26"))).ErrorCode);
        test.Time.Advance(Lag - TimeSpan.FromTicks(1));
        Assert.False(await ShowsAsync(test));
        test.Time.Advance(TimeSpan.FromTicks(1));
        Assert.True(await ShowsAsync(test));
    }

    [Fact]
    public async Task Each_change_becomes_visible_in_its_turn()
    {
        await using var test = await TestVpc.StartAsync(new VpcScenario { Behaviour = new Behaviour { VisibilityLag = Lag } });
        var start = test.State.Instances.Count;
        for (var number = 1; number <= 5; number++)
        {
            test.Vpc.Launch(new Launch { SubnetId = test.State.Subnets.Keys.First() });
            test.Time.Advance(TimeSpan.FromSeconds(1));
        }

        for (var second = 5; second <= 12; second++, test.Time.Advance(TimeSpan.FromSeconds(1)))
            Assert.Equal(start + Math.Clamp(second - 7 + 1, 0, 5), test.Vpc.Seen.Instances.Count);
    }

    /// <summary>The SDK sends a call again by itself when the connection breaks, unless MaxStaleConnectionRetries is 0 as well.</summary>
    [Theory]
    [InlineData(FaultKind.LostAnswer, "lost RouteAlreadyExists")]
    [InlineData(FaultKind.Dropped, "dropped ok")]
    public async Task A_broken_connection_brings_the_call_a_second_time(FaultKind kind, string outcomes)
    {
        await using var test = await TestVpc.StartAsync();
        test.Vpc.Faults.Add(new Fault { Kind = kind, Action = "CreateRoute" });
        var code = await CodeAsync(test, "10.244.0.0/26");
        await test.Vpc.UntilAsync(vpc => vpc.Calls.Count == 2, TestContext.Current.CancellationToken);
        Assert.Equal(outcomes, string.Join(' ', test.Vpc.Calls.Select(call => call.Outcome)));
        Assert.Equal(kind == FaultKind.LostAnswer ? "RouteAlreadyExists" : null, code);
        Assert.True(test.Table.Routes.ContainsKey("10.244.0.0/26"));
    }

    [Theory]
    [InlineData(FaultKind.Silence, "silent")]
    [InlineData(FaultKind.Garbled, "garbled")]
    public async Task A_call_that_is_done_without_a_good_answer_leaves_the_caller_in_doubt(FaultKind kind, string outcome)
    {
        await using var test = await TestVpc.StartAsync();
        test.Vpc.Faults.Add(new Fault { Kind = kind, Action = "CreateRoute" });
        using var patience = new CancellationTokenSource();
        var call = test.Client.CreateRouteAsync(test.NewRoute("10.244.0.0/26"), patience.Token);
        await test.Vpc.UntilAsync(vpc => vpc.Calls.Count == 1, TestContext.Current.CancellationToken);
        if (kind == FaultKind.Silence) await patience.CancelAsync();
        var error = await Assert.ThrowsAnyAsync<Exception>(() => call);
        Assert.False(error is AmazonEC2Exception { ErrorCode: "RouteAlreadyExists" });
        Assert.Equal(outcome, Assert.Single(test.Vpc.Calls).Outcome);
        Assert.True(test.Table.Routes.ContainsKey("10.244.0.0/26"));
    }

    [Fact]
    public async Task An_error_by_request_strikes_as_often_as_asked_and_only_what_matches()
    {
        await using var test = await TestVpc.StartAsync();
        test.Vpc.Faults.Add(new Fault
        {
            Kind = FaultKind.Error,
            Action = "*Route",
            Code = "Unavailable",
            Status = 503,
            After = 1,
            Times = 2,
            Where = new Dictionary<string, string> { ["RouteTableId"] = test.Table.Id, ["DestinationCidrBlock"] = "10.244.*" }
                .ToImmutableSorted(),
        });
        string?[] codes =
        [
            await CodeAsync(test, "10.244.0.0/26"), await CodeAsync(test, "10.245.0.0/26"),
            await CodeAsync(test, "10.244.0.64/26"), await CodeAsync(test, "10.244.0.128/26"), await CodeAsync(test, "10.244.0.192/26"),
        ];
        Assert.Equal([null, null, "Unavailable", "Unavailable", null], codes);
        Assert.Empty(test.Vpc.Faults.Waiting);
    }

    [Fact]
    public async Task A_call_takes_as_long_as_the_latency_on_the_accounts_clock()
    {
        await using var test = await TestVpc.StartAsync(new VpcScenario { Behaviour = new Behaviour { Latency = TimeSpan.FromSeconds(3) } });
        var call = test.CreateAsync("10.244.0.0/26");
        var limit = Stopwatch.StartNew();
        using var glance = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (!call.IsCompleted && limit.Elapsed < TimeSpan.FromSeconds(20))
        {
            // Once the time is up the endpoint's own thread has to come by first, so only "not too early" holds at every glance.
            if (test.Time.GetUtcNow() - test.Time.Start < TimeSpan.FromSeconds(3)) Assert.False(test.Table.Routes.ContainsKey("10.244.0.0/26"));
            await glance.WaitForNextTickAsync(TestContext.Current.CancellationToken);
            if (!call.IsCompleted) test.Time.Advance(TimeSpan.FromSeconds(1));
        }

        await call;
        Assert.True(test.Time.GetUtcNow() - test.Time.Start >= TimeSpan.FromSeconds(3));
    }

    private static async Task<string?> CodeAsync(TestVpc test, string destination)
    {
        try
        {
            await test.CreateAsync(destination);
            return null;
        }
        catch (AmazonServiceException error)
        {
            return error.ErrorCode;
        }
    }

    private static async Task<bool> ShowsAsync(TestVpc test) =>
        (await test.SeeAsync()).Routes.Exists(route => route.DestinationCidrBlock == "10.244.0.0/26");
}
