using Romana.Cloud.Planning;

namespace Romana.Cloud.Control;

/// <summary>
/// How much of a plan one pass takes on. What EC2 lets through in half a minute or so: what is done becomes known to the
/// other loops, and no more intents are open than that. A table whose turn it is gets enough for its two writes of the
/// ledger to be worth it, so with many tables they take turns, and one that is refused everything delays no other for
/// ever. Not thread-safe.
/// </summary>
internal sealed class Batch
{
    private const int Most = 200;
    private const int LeastForTable = 16;
    private string _lastTable = "";

    /// <param name="ordered">Of every table a sequence; the result holds a beginning of each.</param>
    /// <param name="isUrgent">Taken on without limit while it stands at the beginning of its table.</param>
    public (List<RouteChange> Changes, bool More) Take(IReadOnlyCollection<RouteChange> ordered, Func<RouteChange, bool> isUrgent)
    {
        var tables = ordered.GroupBy(change => change.Table, StringComparer.Ordinal).OrderBy(table => table.Key, StringComparer.Ordinal).ToList();
        var ends = tables.ToDictionary(table => table.Key, table => table.TakeWhile(isUrgent).Count(), StringComparer.Ordinal);
        var share = Math.Max(LeastForTable, Most / Math.Max(1, tables.Count));
        var left = Most;
        foreach (var table in tables.SkipWhile(IsServed).Concat(tables.TakeWhile(IsServed)).ToList())
        {
            var takes = Math.Min(share, Math.Min(left, table.Count() - ends[table.Key]));
            if (takes <= 0) continue;
            ends[table.Key] += takes;
            left -= takes;
            if (left == 0) _lastTable = table.Key;
        }

        var taken = ordered.Where(change => ends[change.Table]-- > 0).ToList();
        return (taken, taken.Count < ordered.Count);

        bool IsServed(IGrouping<string, RouteChange> table) => string.CompareOrdinal(table.Key, _lastTable) <= 0;
    }
}
