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
        var doubtful = Doubtful(picture);
        foreach (var change in SendOrder.Order(picture.Plan, failovers).Concat(Repeats.Of(picture)))
        {
            if (late.Contains(change.Table) || cut.Contains(change.Table) || book.Resting(change.Table) is not null) continue;
            if (picture.LeaveAlone.Any(change.Destination.Equals) || undone.TryHold(change)) continue;
            if (book.IsRefused(change)) undone.Add(change);
            else if (doubtful[change.Table].Any(entry => ReliesOn(entry, change)) || !failovers.Contains(change) && GoesLast(picture, change))
            {
                open = true;
                undone.Add(change);
            }
            else if (change.Op == RouteOp.Delete && !removals) cut.Add(change.Table);
            else if (change.Op != RouteOp.Delete && lost.Contains(change.Target))
            {
                refused = true;
                if (Reach.Stands(picture, change.Table, change.Destination)) undone.Add(change);
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

    /// <summary>Of each table what an unanswered call may have left otherwise than the tables show, and what this plan leaves so.</summary>
    private static ILookup<string, LedgerEntry> Doubtful(RoutePicture picture)
    {
        var changed = picture.Plan.Changes.Select(change => (change.Table, change.Destination)).ToHashSet();
        return picture.Readings.Values.SelectMany(reading => reading.Ledger.Entries
            .Where(entry => !entry.Settled && (entry.To is null || !changed.Contains((reading.Ledger.Table, entry.Destination))))
            .Select(entry => (reading.Ledger.Table, Entry: entry))).ToLookup(one => one.Table, one => one.Entry, StringComparer.Ordinal);
    }

    /// <summary>
    /// What the plan takes for useless, at that destination or inside it, may be what reaches a block: an unanswered call may
    /// have turned it there, or have removed what hid it. It goes when all else that the plan has for its addresses is made;
    /// and where a plan leaves blocks without a route, so that it may trade one for another, when the doubt is over.
    /// </summary>
    private static bool GoesLast(RoutePicture picture, RouteChange change)
    {
        if (change.Op == RouteOp.Create || !picture.Readings[change.Table].Ledger.Entries.Any(entry => IsInDoubt(entry, change))) return false;
        return picture.Plan.Tables.Any(table => table.Id == change.Table && table.Family == change.Destination.Family && !table.Complete)
            || picture.Plan.Changes.Any(other => other.Table == change.Table && other.Op != RouteOp.Delete
                && other.Destination != change.Destination && other.Destination.Overlaps(change.Destination));
    }

    /// <summary>The same change meant once more is no doubt.</summary>
    private static bool IsInDoubt(LedgerEntry entry, RouteChange change) => !entry.Settled && change.Destination.Contains(entry.Destination)
        && (entry.Destination != change.Destination || entry.To != (change.Op == RouteOp.Delete ? null : change.Target));

    private static bool ReliesOn(LedgerEntry open, RouteChange change) => open.Destination != change.Destination
        && change.ReliesOnEarlier(open.Destination, isGone: open.To is null);
}
