using Microsoft.Extensions.Logging;
using Romana.Ipam.Events;
using Romana.Ipam.Stores;

namespace Romana.Cloud.Control;

/// <summary>
/// Collects what the passes tell and puts it into the store after a pass. Only the holder of the term writes. Nothing
/// is decided by events: a store that does not answer loses none of them for a while, and never fails a pass.
/// </summary>
internal sealed partial class EventBook(IStore store, ITerm? term, TimeProvider clock, ILogger<EventBook> log)
{
    /// <summary>Told while the store does not answer; the oldest go.</summary>
    private const int MostWaiting = 500;

    /// <summary>The loops of one process may write at the same time.</summary>
    private const int Attempts = 5;

    /// <summary>A pass does not wait longer for its events.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private List<Happening> _waiting = [];

    public void Tell(string kind, string about, string message)
    {
        lock (_gate)
        {
            if (_waiting.Count == MostWaiting) _waiting.RemoveAt(0);
            _waiting.Add(new Happening(kind, about, message));
        }
    }

    /// <summary>
    /// One compare-and-swap of the page of this hour, and none when nothing was told. Never throws. What a pass did is told
    /// even when the pass is being stopped.
    /// </summary>
    public async Task WriteAsync()
    {
        if (term is null || term.Lost.IsCancellationRequested) return;
        var told = Take();
        if (told.Count == 0) return;
        using var limit = new CancellationTokenSource(Longest, clock);
        if (!await PutAsync(told, limit.Token).ConfigureAwait(false)) GiveBack(told);
    }

    private async Task<bool> PutAsync(List<Happening> told, CancellationToken cancel)
    {
        try
        {
            for (var attempt = 1; attempt <= Attempts; attempt++)
            {
                var now = clock.GetUtcNow();
                var hour = EventPages.HourOf(now);
                var current = await store.GetAsync(RecordTypes.Events, hour, Consistency.Linearizable, cancel).ConfigureAwait(false);
                var page = EventPages.With(current?.Spec ?? new EventPage { Hour = hour }, told, now);
                Write write = current is null ? RecordTypes.Events.Create(hour, Stamp.New(), page) : RecordTypes.Events.UpdateSpec(current, Stamp.New(), page);
                if (await store.WriteSurelyAsync(write, cancel).ConfigureAwait(false) is not WriteResult.Committed) continue;

                // Only with a new page: the old ones go about once an hour, and never by a write of their own.
                if (current is null) await ForgetAsync(now, cancel).ConfigureAwait(false);
                return true;
            }

            return false;
        }
        catch (Exception fault) when (fault is StoreUnavailableException or OperationCanceledException)
        {
            LogWaiting(told.Count, fault.Message);
            return false;
        }
    }

    private async Task ForgetAsync(DateTimeOffset now, CancellationToken cancel)
    {
        var pages = await store.ListAsync(RecordTypes.Events, Selector.Everything, Consistency.Linearizable, cancel).ConfigureAwait(false);
        var over = pages.Items.Where(page => EventPages.IsOver(page.Key.Name, now)).Select(page => RecordTypes.Events.Delete(page, Stamp.New())).ToList<Write>();
        if (over.Count > 0) await store.WriteSurelyAsync(over, cancel).ConfigureAwait(false);
    }

    private List<Happening> Take()
    {
        lock (_gate)
        {
            var told = _waiting;
            _waiting = [];
            return told;
        }
    }

    private void GiveBack(List<Happening> told)
    {
        lock (_gate) _waiting = [.. told.Concat(_waiting).TakeLast(MostWaiting)];
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "{Count} events wait for the store: {Reason}")]
    private partial void LogWaiting(int count, string reason);
}
