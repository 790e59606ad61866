using Romana.Cloud.Planning;
using Romana.Ipam.Routes;

namespace Romana.Cloud.Control;

/// <summary>
/// Calls that are made once more: their answers were lost, and what a describe shows of them may be older than they are
/// (<see cref="LedgerEntry.LeftAt"/>). Each may be made twice: EC2 says that the route is there, turned, or not found, and
/// that is the answer. Only what the plan leaves as it was meant. Pure.
/// </summary>
internal static class Repeats
{
    public static IEnumerable<RouteChange> Of(RoutePicture picture)
    {
        var changed = picture.Plan.Changes.Select(change => (change.Table, change.Destination)).ToHashSet();
        foreach (var (table, reading) in picture.Readings)
        {
            foreach (var entry in reading.Ledger.Entries)
            {
                if (entry.Settled || entry.LeftAt is null || changed.Contains((table, entry.Destination)) || !IsShown(reading, entry)) continue;
                if (Again(table, entry) is { } change) yield return change;
            }
        }
    }

    private static bool IsShown(LedgerReading reading, LedgerEntry entry)
    {
        var destination = entry.Destination.ToString();
        return reading.Table.Routes.FirstOrDefault(route => route.Destination == destination && !route.Propagated)?.Target == entry.To;
    }

    private static RouteChange? Again(string table, LedgerEntry entry) => (entry.To ?? entry.From) is not { } target ? null : new RouteChange
    {
        Table = table,
        Op = entry.To is null ? RouteOp.Delete : entry.From is null ? RouteOp.Create : RouteOp.Replace,
        Destination = entry.Destination,
        Target = target,
        From = entry.From,
    };
}
