using Microsoft.Extensions.Logging;
using Romana.Ipam.Stores;

namespace Romana.Cloud.Control;

/// <summary>Turns a store's events into "look again". What they say is not looked at: the pass reads.</summary>
internal static partial class StoreWatch
{
    private static readonly TimeSpan AfterFailure = TimeSpan.FromSeconds(5);

    public static async Task RunAsync(EngineParts parts, RecordKind kind, Action wake, CancellationToken cancel)
    {
        var log = parts.Logs.CreateLogger("romana.watch");
        while (!cancel.IsCancellationRequested)
        {
            try
            {
                var from = (await parts.Store.ListAsync(kind, Selector.Everything, Consistency.Cached, cancel).ConfigureAwait(false)).Snapshot;

                // What changed before this listing is told by nobody: at the start, after a lost history, after a pause.
                wake();
                await foreach (var happened in parts.Store.WatchAsync(kind, Selector.Everything, from, cancel).ConfigureAwait(false))
                {
                    if (happened is WatchEvent.Put or WatchEvent.Deleted) wake();
                }
            }
            catch (OperationCanceledException) when (cancel.IsCancellationRequested)
            {
                return;
            }
            catch (StoreUnavailableException error)
            {
                LogBroken(log, kind, error.Message);
                await PauseAsync(parts, cancel).ConfigureAwait(false);
            }
        }
    }

    private static async Task PauseAsync(EngineParts parts, CancellationToken cancel)
    {
        try
        {
            await Task.Delay(AfterFailure, parts.Clock, cancel).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The caller's loop condition ends it.
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "watch of {Kind}: {Reason}")]
    private static partial void LogBroken(ILogger log, RecordKind kind, string reason);
}
