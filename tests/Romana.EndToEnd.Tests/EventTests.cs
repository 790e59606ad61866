using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Romana.Cloud.Control;
using Romana.Cloud.Views;
using Romana.Demo.Ec2;
using Romana.Ipam.Addressing;
using Romana.Ipam.Hosts;
using Romana.Ipam.Stores;

namespace Romana.EndToEnd.Tests;

/// <summary>What people hear of what happened, and that they hear nothing of what only EC2 and we have to settle.</summary>
public sealed class EventTests
{
    private static readonly VpcScenario Small = new(Zones: 1, SubnetsPerZone: 1, Hosts: 3);

    [Fact]
    public async Task A_router_that_stops_is_told_as_a_failover_with_the_reason()
    {
        await using var rig = await Rig.StartAsync(Small);
        var (table, subnet) = (rig.Vpc.State.Tables.Keys.First(), rig.Vpc.State.Subnets.Keys.First());
        await using var controller = rig.Controller();
        await rig.SettledAsync();
        Assert.DoesNotContain(await EventsAsync(rig), one => one.Kind is "Failover" or "Conflict");
        var router = rig.Vpc.State.Instances.Values.First(instance => rig.EniOf(instance.Name!) == rig.CoverOf(table, subnet)).Name!;

        rig.Vpc.Stop(router);

        await rig.UntilAsync(() => Any(rig, "Failover", router, "does not run"), "the event of the failover");
        Assert.Contains(await EventsAsync(rig), one => one.Kind == "Health" && one.About == router && one.Message.StartsWith("Up -> Down", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_early_reuse_that_an_agent_reports_is_told_once()
    {
        await using var rig = await Rig.StartAsync(Small);
        await using var controller = rig.Controller();
        await rig.SettledAsync();
        var hosts = await rig.Store.ListAsync(RecordTypes.Hosts, Selector.Everything, Consistency.Linearizable, TestContext.Current.CancellationToken);
        var host = hosts.Items[0];
        var early = new EarlyReuse(IpAddress.Parse("10.244.0.9"), rig.Clock.GetUtcNow(), 3);
        Assert.IsType<WriteResult.Committed>(await rig.Store.WriteAsync(RecordTypes.Hosts.UpdateStatus(host, Stamp.New(), new HostStatus { EarlyReuse = early }), TestContext.Current.CancellationToken));

        await rig.UntilAsync(() => Any(rig, "EarlyReuse", host.Spec.Name, "10.244.0.9"), "the event");
        var looks = rig.Count("DescribeInstances");
        await rig.UntilAsync(() => rig.Count("DescribeInstances") >= looks + 3, "three passes more");
        Assert.Equal(1, (await EventsAsync(rig)).Single(one => one.Kind == "EarlyReuse").Count);
    }

    [Fact]
    public async Task With_half_of_every_bucket_eaten_by_another_customer_nobody_sees_the_throttling_and_work_goes_on()
    {
        await using var rig = await Rig.StartAsync(new VpcScenario(Hosts: 30)
        {
            Layout = TableLayout.PerSubnet,
            Behaviour = new Behaviour { TakenByOthers = 0.5 },
        });
        using var lines = new WarningLines();
        using var logs = LoggerFactory.Create(made => made.AddProvider(lines));

        var result = await Apply.RunAsync(rig.Options, rig.Parts() with { Logs = logs }, Rig.Bounded(TestContext.Current.CancellationToken));

        Assert.Empty(result.Problems);
        Assert.Empty(lines.Seen);
        Assert.Contains(rig.Vpc.Calls, call => call.Outcome == "RequestLimitExceeded");
        Assert.DoesNotContain(await EventsAsync(rig), one => one.Message.Contains("Limit", StringComparison.Ordinal));

        // Half of EC2's 5 a second is left; half as long again, and some seconds for the machine, is progress.
        var creates = rig.Vpc.Calls.Where(call => call.Action == "CreateRoute").ToList();
        var done = creates.Count(call => call.Outcome == "ok");
        Assert.InRange((creates[^1].At - creates[0].At).TotalSeconds, 0, (done / 2.5 * 1.5) + 30);
    }

    private static bool Any(Rig rig, string kind, string about, string words) => EventsAsync(rig).GetAwaiter().GetResult()
        .Any(one => one.Kind == kind && one.About == about && one.Message.Contains(words, StringComparison.Ordinal));

    private static async Task<ImmutableArray<EventView>> EventsAsync(Rig rig) =>
        (await EventListView.OfAsync(rig.Store, DateTimeOffset.MinValue, TestContext.Current.CancellationToken)).Events;

    private sealed class WarningLines : ILoggerProvider, ILogger
    {
        private ImmutableList<string> _seen = [];

        public ImmutableList<string> Seen => Volatile.Read(ref _seen);

        public ILogger CreateLogger(string categoryName) => this;

        public void Dispose()
        {
            // Nothing is held.
        }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel)) ImmutableInterlocked.Update(ref _seen, seen => seen.Add(formatter(state, exception)));
        }
    }
}
