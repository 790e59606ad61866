using System.Diagnostics;
using Microsoft.Extensions.Time.Testing;
using Romana.Demo.Clocks;
using Romana.Demo.Ec2;
using Romana.Demo.Show;
using Route = Romana.Demo.Ec2.Route;

namespace Romana.Demo.Tests;

/// <summary>The fast clock, the size that answers must bear, and the demo's own options.</summary>
public sealed class ClockAndSizeTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1)]
    [InlineData(20)]
    [InlineData(0.5)]
    public void A_scaled_clock_runs_by_its_factor(double speed)
    {
        var inner = new FakeTimeProvider();
        var clock = new ScaledTimeProvider(speed, inner);
        var (start, stamp, fired) = (clock.GetUtcNow(), clock.GetTimestamp(), 0);
        using var timer = clock.CreateTimer(_ => fired++, null, TimeSpan.FromSeconds(30), Timeout.InfiniteTimeSpan);
        inner.Advance(TimeSpan.FromSeconds(30 / speed) - TimeSpan.FromMilliseconds(1));
        Assert.Equal(0, fired);
        inner.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(1, fired);
        Assert.Equal(30, (clock.GetUtcNow() - start).TotalSeconds, 3);
        Assert.Equal(30, clock.GetElapsedTime(stamp).TotalSeconds, 3);
    }

    /// <summary>Without the SDK's own work; the best time of five is printed (some tens of milliseconds on a quiet machine) and not judged.</summary>
    [Theory]
    [InlineData("Action=DescribeInstances&MaxResults=1000", "<instanceId>", 1000)]
    [InlineData("Action=DescribeInstances&Filter.1.Name=tag:Name&Filter.1.Value.1=host-4999", "<instanceId>", 1)]
    [InlineData("Action=DescribeRouteTables", "<state>active</state>", 1000)]
    public async Task Five_thousand_hosts_and_a_thousand_routes_are_answered_whole(string form, string element, int least)
    {
        await using var test = await TestVpc.StartAsync(new VpcScenario(Hosts: 5000) { Behaviour = new Behaviour { Throttling = false } });
        test.Vpc.Update(state => state.With(Enumerable.Range(0, 1000)
            .Aggregate(test.Table, (table, n) => table.With(new Route($"10.244.{n / 256}.{n % 256}/32", test.Eni)))));
        using var http = new HttpClient();
        http.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", "AWS4-HMAC-SHA256 Credential=AKIADEMO/x");
        var best = TimeSpan.MaxValue;
        for (var round = 0; round < 5; round++)
        {
            using var content = new StringContent($"{form}&Version=2016-11-15", null, "application/x-www-form-urlencoded");
            var watch = Stopwatch.StartNew();
            using var response = await http.PostAsync(test.Endpoint.Url, content, Cancel);
            var body = await response.Content.ReadAsStringAsync(Cancel);
            best = TimeSpan.FromTicks(Math.Min(best.Ticks, watch.Elapsed.Ticks));
            Assert.True(body.Split(element).Length - 1 >= least);
        }

        TestContext.Current.TestOutputHelper!.WriteLine($"{form}: {best.TotalMilliseconds:F0} ms");
    }

    [Theory]
    [InlineData("--once --hosts 30 --zones 2 --limit 50 --speed 20 --seed 7", null)]
    [InlineData("--hosts", "--hosts wants a value")]
    [InlineData("--hosts -1", "--hosts -1: wanted is a whole number from 0 to 2000")]
    [InlineData("--hosts many", "--hosts many: wanted is a whole number from 0 to 2000")]
    [InlineData("--colour red", "'--colour' is no option")]
    [InlineData("--romana /no/such/file", "--romana /no/such/file: wanted is the path of the program `romana`, which is not there")]
    public void Options_are_read_or_refused_with_the_reason(string line, string? reason)
    {
        Assert.Equal(reason is null, DemoOptions.TryParse(line.Split(' '), out var options, out var got));
        Assert.Equal(reason, got);
        if (reason is null)
            Assert.Equal(new DemoOptions { Once = true, Hosts = 30, Zones = 2, Limit = 50, Speed = 20, Seed = 7 }, options);
    }
}
