using System.Text.Json;
using Romana.Cloud.Commands.Frame;
using Romana.Cloud.Commands.Output;
using Romana.Cloud.Views;
using Romana.Ipam.Stores;

namespace Romana.Cloud.Commands.State;

/// <summary>`romana events --follow`: a line for every event, and again when its count grows, until interrupted.</summary>
internal sealed class EventsFollow(Surroundings around, IStore store, OutputFormat format, Func<EventView, bool> isWanted)
{
    private static readonly JsonSerializerOptions OneLine = new(Printing.ViewJson) { WriteIndented = false };
    private readonly Dictionary<(string Kind, string About, DateTimeOffset First), EventView> _told = [];

    /// <param name="since">Older events are left out.</param>
    public async Task RunAsync(DateTimeOffset since, CancellationToken cancel)
    {
        try
        {
            while (true)
            {
                var pages = await store.ListAsync(RecordTypes.Events, Selector.Everything, Consistency.Linearizable, cancel);
                Tell(pages.Items.SelectMany(page => page.Spec.Entries).Select(EventView.Of), since);

                // Ends when the store has forgotten the way from the listing to now: list again.
                await foreach (var happened in store.WatchAsync(RecordKind.Event, Selector.Everything, pages.Snapshot, cancel))
                    if (happened is WatchEvent.Put put) Tell(RecordTypes.Events.Decode(put.Record).Spec.Entries.Select(EventView.Of), since);
            }
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            // Interrupted: that is how it ends.
        }
    }

    private void Tell(IEnumerable<EventView> events, DateTimeOffset since)
    {
        foreach (var one in events.Where(one => one.Last >= since && isWanted(one)).OrderBy(one => one.Last))
        {
            var key = (one.Kind, one.About, one.First);
            if (_told.TryGetValue(key, out var told) && told == one) continue;
            _told[key] = one;
            around.Out.WriteLine(format == OutputFormat.Json ? JsonSerializer.Serialize(one, OneLine)
                : $"{one.Last.UtcDateTime:yyyy-MM-dd HH:mm:ss}Z  {one.Count}  {one.Kind}  {one.About}  {one.Message}");
        }

        around.Out.Flush();
    }
}
