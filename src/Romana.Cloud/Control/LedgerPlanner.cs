using System.Collections.Immutable;
using Romana.Cloud.Planning;
using Romana.Ipam.Addressing;
using Romana.Ipam.Routes;

namespace Romana.Cloud.Control;

/// <summary>What became of one planned change.</summary>
/// <param name="Settled">The answer, or a read after it, says what stands now; false leaves the intent open.</param>
/// <param name="Stands">Target that stands; null = no route. Only with <paramref name="Settled"/>.</param>
/// <param name="Foreign">The destination turned out to be somebody else's: the entry goes.</param>
public sealed record ChangeResult(RouteChange Change, bool Settled, string? Stands, bool Foreign = false);

/// <summary>Who writes, and when.</summary>
public readonly record struct LedgerPen(long Term, DateTimeOffset Now);

/// <summary>The ledger's next state. Pure: the caller writes it by one compare-and-swap per table.</summary>
internal static class LedgerPlanner
{
    /// <summary>With the intents of a pass; From keeps a recent older target, which a lagging describe may still show.</summary>
    public static LedgerSpec WithIntents(
        LedgerSpec ledger, IEnumerable<RouteChange> changes, IEnumerable<AdoptedRoute> adopted, LedgerPen pen)
    {
        var entries = Living(ledger, pen.Now);
        foreach (var change in changes)
        {
            var before = entries.GetValueOrDefault(change.Destination);
            entries[change.Destination] = new LedgerEntry
            {
                Destination = change.Destination,
                From = change.From ?? (change.Op == RouteOp.Delete ? change.Target : before?.From ?? before?.To),
                To = change.Op == RouteOp.Delete ? null : change.Target,
                Settled = false,
                Term = pen.Term,
                At = pen.Now,
            };
        }

        foreach (var route in adopted)
        {
            entries[route.Destination] = new LedgerEntry
            {
                Destination = route.Destination,
                From = route.Target,
                To = route.Target,
                Settled = true,
                Term = pen.Term,
                At = pen.Now,
            };
        }

        return ledger with { Entries = [.. entries.Values] };
    }

    /// <summary>With the answers of a pass.</summary>
    public static LedgerSpec WithResults(LedgerSpec ledger, IEnumerable<ChangeResult> results, LedgerPen pen)
    {
        var entries = Living(ledger, pen.Now);
        foreach (var result in results)
        {
            var destination = result.Change.Destination;
            if (!entries.TryGetValue(destination, out var entry)) continue;
            if (result.Foreign) entries.Remove(destination);
            else if (result.Settled) entries[destination] = Settle(entry, result.Stands, pen);
        }

        return ledger with { Entries = [.. entries.Values] };
    }

    /// <summary>
    /// An intent of a dead leader whose call may still be on the wire. Until that call's timeout is over, nothing but
    /// what it wanted may be done to its destination: it could land last.
    /// </summary>
    public static bool MustWait(LedgerSpec ledger, RouteChange change, LedgerPen pen, TimeSpan timeout) =>
        ledger.Entries.Any(entry => entry.Destination == change.Destination && !entry.Settled && entry.Term != pen.Term
            && pen.Now - entry.At < timeout
            && entry.To != (change.Op == RouteOp.Delete ? null : change.Target));

    /// <summary>Destinations that this table, or an unanswered call, may still hold.</summary>
    public static IEnumerable<Cidr> MayStand(LedgerSpec ledger) =>
        ledger.Entries.Where(entry => !entry.Settled || entry.To is not null).Select(entry => entry.Destination);

    private static LedgerEntry Settle(LedgerEntry entry, string? stands, LedgerPen pen) => entry with
    {
        From = stands == entry.To ? entry.From : entry.To ?? entry.From,
        To = stands,
        Settled = true,
        Term = pen.Term,
        At = pen.Now,
    };

    /// <summary>Old tombstones go whenever the ledger is written anyway, never by a write of their own.</summary>
    private static SortedDictionary<Cidr, LedgerEntry> Living(LedgerSpec ledger, DateTimeOffset now) => new(ledger.Entries
        .Where(entry => !LedgerReader.IsForgotten(entry, now)).ToDictionary(entry => entry.Destination));
}
