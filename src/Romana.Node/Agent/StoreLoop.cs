using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Romana.Ipam.Addressing;
using Romana.Ipam.Hosts;
using Romana.Ipam.Stores;
using Romana.Node.Agent.Memory;

namespace Romana.Node.Agent;

/// <summary>
/// Runs a pass over the store when the mirror shows something new of topology, hosts or blocks, and on a period; and gives signs of life.
/// </summary>
internal sealed partial class StoreLoop(IStore store, StoreMirror mirror, TimeProvider clock, ILogger log)
{
    public static readonly TimeSpan Resync = TimeSpan.FromSeconds(30), AfterTrouble = TimeSpan.FromSeconds(1), Rest = TimeSpan.FromMilliseconds(50), BeatPeriod = TimeSpan.FromSeconds(15);

    private readonly Channel<bool> _again = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    /// <param name="pass">Throws when the store, or the journal, is away.</param>
    public async Task RunAsync(HostUid self, Func<CancellationToken, Task> pass, CancellationToken cancel)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        Task[] parts =
            [PassesAsync(pass, ended.Token), BeatsAsync(self, ended.Token), .. StoreMirror.Kinds.Select(kind => WatchAsync(kind, ended.Token))];
        var first = await Task.WhenAny(parts).ConfigureAwait(false);
        await ended.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(parts).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await first.ConfigureAwait(false);
    }

    private async Task PassesAsync(Func<CancellationToken, Task> pass, CancellationToken cancel)
    {
        while (true)
        {
            var isDone = await TryAsync(pass, cancel).ConfigureAwait(false);
            await Task.Delay(Rest, clock, cancel).ConfigureAwait(false);
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            var waits = new[] { Task.Delay(isDone ? Resync : AfterTrouble, clock, limit.Token), _again.Reader.ReadAsync(limit.Token).AsTask() };
            await Task.WhenAny(waits).ConfigureAwait(false);
            await limit.CancelAsync().ConfigureAwait(false);
            await Task.WhenAll(waits).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            cancel.ThrowIfCancellationRequested();
        }
    }

    private async Task<bool> TryAsync(Func<CancellationToken, Task> work, CancellationToken cancel)
    {
        try
        {
            await work(cancel).ConfigureAwait(false);
            return true;
        }
        catch (Exception fault) when (fault is StoreUnavailableException or JournalUnavailableException or System.Text.Json.JsonException)
        {
            LogAway(fault.Message);
            return false;
        }
    }

    private async Task WatchAsync(RecordKind kind, CancellationToken cancel)
    {
        while (true)
        {
            await TryAsync(async stop =>
            {
                var listed = await store.ListAsync(kind, Selector.Everything, Consistency.Cached, stop).ConfigureAwait(false);
                if (mirror.Take(kind, listed)) _again.Writer.TryWrite(true);
                await foreach (var change in store.WatchAsync(kind, Selector.Everything, listed.Snapshot, stop).ConfigureAwait(false))
                {
                    if (mirror.Take(change)) _again.Writer.TryWrite(true);
                }
            }, cancel).ConfigureAwait(false);
            await Task.Delay(AfterTrouble, clock, cancel).ConfigureAwait(false);
        }
    }

    private async Task BeatsAsync(HostUid self, CancellationToken cancel)
    {
        while (true)
        {
            await TryAsync(async stop =>
            {
                var beat = new BeatSpec { Host = self, At = clock.GetUtcNow() };
                var standing = await store.GetAsync(RecordTypes.Beats, self.Text, Consistency.Linearizable, stop).ConfigureAwait(false);
                await store.WriteSurelyAsync(standing is null ? RecordTypes.Beats.Create(self.Text, Stamp.New(), beat)
                    : RecordTypes.Beats.UpdateSpec(standing, Stamp.New(), beat), stop).ConfigureAwait(false);
            }, cancel).ConfigureAwait(false);
            await Task.Delay(BeatPeriod, clock, cancel).ConfigureAwait(false);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "pods go on with what is known here: {Why}")]
    private partial void LogAway(string why);
}
