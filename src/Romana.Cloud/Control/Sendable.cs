using System.Collections.Immutable;
using Romana.Cloud.Planning;
using Romana.Ipam.Routes;

namespace Romana.Cloud.Control;

/// <summary>What one pass sends of a plan.</summary>
internal sealed record SendSelection
{
    /// <summary>In order; of every table a beginning of what may be sent.</summary>
    public required IReadOnlyList<RouteChange> Changes { get; init; }

    public required IReadOnlySet<RouteChange> Failovers { get; init; }

    /// <summary>Why something has to wait; null when nothing has.</summary>
    public string? Waits { get; init; }

    /// <summary>The next pass goes on at once.</summary>
    public bool More { get; init; }

    /// <summary>Removals were put off: the picture of the tables is too old for them.</summary>
    public bool WaitsForLook { get; init; }
}

/// <summary>Chooses what one pass sends of a plan. Not thread-safe: it remembers whose turn it was.</summary>
internal sealed class Sendable(TableBook book, TimeSpan callTimeout)
{
    private readonly Batch _batch = new();

    /// <summary>
    /// Changes that may be sent now: not those of tables that rest, those just refused and what needs them, of blocks in an
    /// overlap, or of a destination that a dead leader's call may still change. A table's sequence ends where one of its
    /// changes has to wait. A route to an interface that was just refused holds what needs it as long as the addresses are
    /// reached without it: the standing way must not be taken from them.
    /// </summary>
    /// <param name="removals">False: a table's sequence ends before its first removal.</param>
    public SendSelection Of(RoutePicture picture, LedgerPen pen, bool removals)
    {
        var failovers = SendOrder.Failovers(picture.Plan, picture.Inventory);
        var changes = new List<RouteChange>();
        var (late, cut) = (new HashSet<string>(StringComparer.Ordinal), new HashSet<string>(StringComparer.Ordinal));
        var (undone, lost) = (new HeldChanges(), book.LostTargets());
        var (refused, open) = (false, false);
        foreach (var change in SendOrder.Order(picture.Plan, failovers))
        {
            if (late.Contains(change.Table) || cut.Contains(change.Table) || book.Resting(change.Table) is not null) continue;
            if (picture.LeaveAlone.Any(change.Destination.Equals) || undone.TryHold(change)) continue;
            if (book.IsRefused(change)) undone.Add(change);
            else if (ReliesOnOpen(picture.Readings[change.Table].Ledger, change))
            {
                open = true;
                undone.Add(change);
            }
            else if (change.Op == RouteOp.Delete && !removals) cut.Add(change.Table);
            else if (change.Op != RouteOp.Delete && lost.Contains(change.Target))
            {
                refused = true;
                if (Reach.Stands(picture.Readings[change.Table].Table, change.Destination)) undone.Add(change);
            }
            else if (LedgerPlanner.MustWait(picture.Readings[change.Table].Ledger, change, pen, callTimeout)) late.Add(change.Table);
            else changes.Add(change);
        }

        var covers = CoversFirst.Covers(picture.Plan);
        var (taken, more) = _batch.Take(changes, change => failovers.Contains(change)
            || change.Op == RouteOp.Create && covers.Contains((change.Table, change.Destination)));
        return new SendSelection
        {
            Changes = taken,
            Failovers = failovers,
            Waits = late.Count > 0 ? "a call of the last controller may still land" : refused ? "EC2 refused an interface as a target"
                : open ? "an unanswered call is not visible yet" : null,
            More = more,
            WaitsForLook = cut.Count > 0,
        };
    }

    /// <summary>It leans on a route that the tables show and that an unanswered removal may have taken away.</summary>
    private static bool ReliesOnOpen(LedgerSpec ledger, RouteChange change) => ledger.Entries.Any(entry => entry is { Settled: false, To: null }
        && entry.Destination != change.Destination && change.ReliesOnEarlier(entry.Destination, isGone: true));
}
