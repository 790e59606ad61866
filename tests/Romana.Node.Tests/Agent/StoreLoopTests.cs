using Microsoft.Extensions.Logging.Abstractions;
using Romana.Ipam.Addressing;
using Romana.Ipam.Attachments;
using Romana.Ipam.Hosts;
using Romana.Ipam.Stores;
using Romana.Node.Agent;
using Romana.Node.Agent.Memory;

namespace Romana.Node.Tests.Agent;

/// <summary>What an agent asks of the store: one list of each kind at its start, then what the watch tells, and no pass for what is news to nobody.</summary>
public sealed class StoreLoopTests
{
    private static readonly TimeProvider Clock = TimeProvider.System;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task It_lists_once_and_passes_when_something_matters()
    {
        using var host = await OneHost.RunningAsync();
        await host.LendAsync("10.0.0.8/29");
        await AddHostAsync(host.Store, "h-2");
        var (store, mirror, passes) = (new CountingStore(host.Store), new StoreMirror(), 0);
        var pass = new HoldingPass(store, host.Addresses, OneHost.Self, new LifecycleDemand(), NullLogger.Instance);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        var loop = Task.Run(() => new StoreLoop(store, mirror, TimeProvider.System, NullLogger.Instance).RunAsync(OneHost.Self, LookAsync, ended.Token), Stop);
        await UntilAsync(() => mirror.IsWhole && Volatile.Read(ref passes) > 0 && mirror.View().Blocks.Length == 1);
        await QuietAsync(() => Volatile.Read(ref passes));
        Assert.Equal(3, store.Lists);

        // Another host's counter grows with every pod of it: nobody else's news.
        var (before, revision) = (Volatile.Read(ref passes), mirror.Revision);
        for (var i = 1; i <= 50; i++) await SayAsync(host.Store, "h-2", new HostStatus { JournalCounter = i });
        await AddHostAsync(host.Store, "h-3");
        await UntilAsync(() => mirror.View().Hosts.Length == 3 && Volatile.Read(ref passes) > before);
        await QuietAsync(() => Volatile.Read(ref passes));
        Assert.Equal(revision + 1, mirror.Revision);
        Assert.Equal(before + 1, Volatile.Read(ref passes));
        Assert.Equal(3, store.Lists);

        await ended.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => loop);

        async Task LookAsync(CancellationToken stop)
        {
            if (!mirror.IsWhole) return;
            await pass.RunAsync(stop);
            Interlocked.Increment(ref passes);
        }
    }

    private static async Task AddHostAsync(InMemoryStore store, string uid) => Assert.IsType<WriteResult.Committed>(await store.WriteSurelyAsync(
        RecordTypes.Hosts.Create(uid, Stamp.New(), new HostSpec { Uid = new(uid), Name = uid, Addresses = [IpAddress.Parse("192.0.2.1")] }), Stop));

    private static async Task SayAsync(InMemoryStore store, string uid, HostStatus status) => Assert.IsType<WriteResult.Committed>(await store.WriteSurelyAsync(
        RecordTypes.Hosts.UpdateStatus((await store.GetAsync(RecordTypes.Hosts, uid, Consistency.Linearizable, Stop))!, Stamp.New(), status), Stop));

    private static async Task UntilAsync(Func<bool> condition)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        limit.CancelAfter(TimeSpan.FromSeconds(30));
        while (!condition()) await Task.Delay(TimeSpan.FromMilliseconds(5), Clock, limit.Token);
    }

    /// <summary>Until it has not grown for ten rests of the loop: whatever was to come has come.</summary>
    private static async Task QuietAsync(Func<int> count)
    {
        for (var (seen, same) = (count(), 0); same < 10;)
        {
            await Task.Delay(StoreLoop.Rest, Clock, Stop);
            (seen, same) = count() == seen ? (seen, same + 1) : (count(), 0);
        }
    }
}
