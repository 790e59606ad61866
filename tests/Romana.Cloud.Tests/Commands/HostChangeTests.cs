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
        Assert.Equal(0, (await ProgramRun.Of(store, ["hosts", "drain", "node-1"], Clock)).ExitCode);
        var drained = await HostAsync(store, "h-1");
        Assert.Equal((HostCondition.Draining, "drained by the operator", Clock.GetUtcNow()), (drained.Condition, drained.Reason, drained.Since));

        Assert.Equal(0, (await ProgramRun.Of(store, ["hosts", "drain", "node-1", "--undo"], Clock)).ExitCode);
        Assert.Equal(HostCondition.Live, (await HostAsync(store, "h-1")).Condition);
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

    private static async Task<HostSpec> HostAsync(IStore store, string uid) =>
        (await store.GetAsync(RecordTypes.Hosts, uid, Consistency.Linearizable, TestContext.Current.CancellationToken))!.Spec;
}
