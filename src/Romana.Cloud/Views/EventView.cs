using System.Collections.Immutable;
using Romana.Ipam.Events;
using Romana.Ipam.Stores;

namespace Romana.Cloud.Views;

/// <summary>What happened lately, as `romana events` and GET /v1/events show it; oldest first.</summary>
public sealed record EventListView(ImmutableArray<EventView> Events)
{
    /// <param name="since">Entries that last happened before it are left out.</param>
    public static async Task<EventListView> OfAsync(IStore store, DateTimeOffset since, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(store);
        var pages = await store.ListAsync(RecordTypes.Events, Selector.Everything, Consistency.Linearizable, cancel);
        return new([.. pages.Items.SelectMany(page => page.Spec.Entries).Where(entry => entry.Last >= since)
            .OrderBy(entry => entry.Last).ThenBy(entry => entry.First).Select(EventView.Of)]);
    }
}

/// <param name="Kind">CamelCase word; docs/operations.md says what each means.</param>
/// <param name="About">Host, table, destination or network.</param>
/// <param name="Count">How often in the hour of <paramref name="Last"/>.</param>
public sealed record EventView(DateTimeOffset First, DateTimeOffset Last, int Count, string Kind, string About, string Message)
{
    public static EventView Of(EventEntry entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        return new(entry.First, entry.Last, entry.Count, entry.Kind, entry.About, entry.Message);
    }
}
