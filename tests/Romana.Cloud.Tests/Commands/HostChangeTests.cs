using Microsoft.Extensions.Time.Testing;
using Romana.Ipam.Hosts;
using Romana.Ipam.Stores;

namespace Romana.Cloud.Tests.Commands;

public sealed class HostChangeTests
{
    private static readonly FakeTimeProvider Clock = new(SampleState.Since.AddHours(1));

    [Fact]
    public async Task Drain_marks_the_host_and_its_undo_ends_it()
    {
        var store = await SampleState.StoreAsync();
        Assert.Equal(0, (await ProgramRun.Of(store, ["hosts", "drain", "node-1", "--no-wait"], Clock)).ExitCode);
        var drained = await HostAsync(store, "h-1");
        Assert.Equal((HostCondition.Draining, "drained by the operator", Clock.GetUtcNow()), (drained.Condition, drained.Reason, drained.Since));

        Assert.Equal(0, (await ProgramRun.Of(store, ["hosts", "drain", "node-1", "--undo"], Clock)).ExitCode);
        Assert.Equal(HostCondition.Live, (await HostAsync(store, "h-1")).Condition);
    }

    [Fact]
    public async Task Drain_waits_until_nothing_leads_through_the_host_and_says_what_moved()
    {
        var store = await SampleState.StoreAsync();
        var clock = new FakeTimeProvider(Clock.GetUtcNow());
        var run = ProgramRun.Of(store, ["hosts", "drain", "node-1", "-o", "json"], clock);
        await LookAsync(clock, run);
        Assert.False(run.IsCompleted);
        await LeadAsync(store, "eni-2");
        while (!run.IsCompleted) await LookAsync(clock, run);
        var done = await run;

        // 10.244.0.0/26 is its own block and stays.
        Assert.Equal((0, """["10.244.0.0/17","10.244.128.0/26"]"""),
            (done.ExitCode, $"[{string.Join(',', done.Json.GetProperty("moved").EnumerateArray().Select(one => one.GetProperty("destination").GetRawText()))}]"));
        Assert.Contains("node-1 leads 2 routes for other hosts", done.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Drain_gives_up_with_1_when_its_time_is_over_and_the_mark_stays()
    {
        var store = await SampleState.StoreAsync();
        var clock = new FakeTimeProvider(Clock.GetUtcNow());
        var run = ProgramRun.Of(store, ["hosts", "drain", "node-1", "--timeout", "3"], clock);
        while (!run.IsCompleted) await LookAsync(clock, run);
        Assert.Equal(1, (await run).ExitCode);
        Assert.Contains("2 routes still lead through node-1 after 3 s: 10.244.0.0/17 in rtb-a, 10.244.128.0/26 in rtb-a", (await run).Error, StringComparison.Ordinal);
        Assert.True((await HostAsync(store, "h-1")).DrainedByOperator);
    }

    [Fact]
    public async Task Undo_does_not_end_a_drain_that_another_cause_has()
    {
        var run = await ProgramRun.Of(await SampleState.StoreAsync(), ["hosts", "drain", "node-2", "--undo"], Clock);
        Assert.Equal(2, run.ExitCode);
        Assert.Contains("spot notice", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Remove_is_the_word_that_the_host_is_dead()
    {
        var store = await SampleState.StoreAsync();
        var run = await ProgramRun.Of(store, ["hosts", "remove", "h-2"], Clock);
        Assert.Equal((0, ""), (run.ExitCode, run.Out));
        Assert.Equal(HostCondition.Dead, (await HostAsync(store, "h-2")).Condition);
    }

    [Fact]
    public async Task A_host_that_gave_a_sign_of_life_is_not_removed_by_mistake()
    {
        var store = await SampleState.StoreAsync();
        await SampleState.BeatAsync(store, "h-2", Clock.GetUtcNow().AddSeconds(-20));
        var run = await ProgramRun.Of(store, ["hosts", "remove", "node-2"], Clock);
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("20 s ago", run.Error, StringComparison.Ordinal);
        Assert.Equal(HostCondition.Draining, (await HostAsync(store, "h-2")).Condition);
        Assert.Equal(0, (await ProgramRun.Of(store, ["hosts", "remove", "node-2", "--force"], Clock)).ExitCode);
    }

    [Theory]
    [InlineData("drain")]
    [InlineData("remove")]
    public async Task An_unknown_host_is_refused_with_the_nearest_names(string verb)
    {
        var run = await ProgramRun.Of(await SampleState.StoreAsync(), ["hosts", verb, "nod-2"], Clock);
        Assert.Equal(2, run.ExitCode);
        Assert.StartsWith("romana: there is no host 'nod-2'.\n  Remedy: `romana hosts` lists 3; the nearest names are node-2, node-1", run.Error, StringComparison.Ordinal);
    }

    /// <summary>Lets a waiting command look once more: it may still be on its way to its timer.</summary>
    private static async Task LookAsync(FakeTimeProvider clock, Task run)
    {
        clock.Advance(TimeSpan.FromMilliseconds(500));
        var time = TimeProvider.System;
        await Task.WhenAny(run, Task.Delay(TimeSpan.FromMilliseconds(5), time, TestContext.Current.CancellationToken));
    }

    private static async Task LeadAsync(IStore store, string eni)
    {
        var ledger = await store.GetAsync(RecordTypes.Ledgers, "rtb-a", Consistency.Linearizable, TestContext.Current.CancellationToken);
        var moved = ledger!.Spec with { Entries = [.. ledger.Spec.Entries.Select(entry => entry.Destination.Length == 26 && entry.From is null ? entry : entry with { From = entry.To, To = eni, Settled = true })] };
        Assert.IsType<WriteResult.Committed>(await store.WriteAsync(RecordTypes.Ledgers.UpdateSpec(ledger, Stamp.New(), moved), TestContext.Current.CancellationToken));
    }

    private static async Task<HostSpec> HostAsync(IStore store, string uid) =>
        (await store.GetAsync(RecordTypes.Hosts, uid, Consistency.Linearizable, TestContext.Current.CancellationToken))!.Spec;
}
