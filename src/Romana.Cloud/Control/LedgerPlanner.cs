using System.Collections.Immutable;
using Romana.Cloud.Planning;
using Romana.Ipam.Addressing;
using Romana.Ipam.Routes;

namespace Romana.Cloud.Control;

/// <summary>What became of one planned change.</summary>
/// <param name="Settled">The answer, or a read after it, says what stands now; false leaves the intent open.</param>
/// <param name="Stands">Target that stands; null = no route. Only with <paramref name="Settled"/>.</param>
/// <param name="Foreign">The destination turned out to be somebody else's: the entry goes.</param>
public sealed record ChangeResult(RouteChange Change, bool Settled, string? Stands, bool Foreign = false)
{
    /// <summary>When the answer came; null = at the end of the pass.</summary>
    public DateTimeOffset? At { get; init; }

    /// <summary>EC2 refused a create since the very route stood already.</summary>
    public bool Stood { get; init; }
}

/// <summary>Who writes, and when.</summary>
/// <param name="TermSince">When the writer's term began: until a call's timeout later a dead leader's call may land.</param>
public readonly record struct LedgerPen(long Term, DateTimeOffset Now, DateTimeOffset TermSince = default);

/// <summary>The ledger's next state. Pure: the caller writes it by one compare-and-swap per table.</summary>
internal static class LedgerPlanner
{
    /// <summary>With the intents of a pass; From keeps a recent older target, which a lagging describe may still show.</summary>
    public static LedgerSpec WithIntents(
        LedgerSpec ledger, IEnumerable<RouteChange> changes, IEnumerable<AdoptedRoute> adopted, LedgerPen pen)
    {
        var entries = Living(ledger, pen.Now);
        var meant = new HashSet<Cidr>();
        foreach (var change in changes)
        {
            var before = entries.GetValueOrDefault(change.Destination);
            entries[change.Destination] = meant.Add(change.Destination) ? Meant(change, before, pen) : MeantAgain(before!, change);
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

    /// <summary>
    /// Without the intents that were never sent: their entries are again what they were, as if they had not been meant.
    /// Not for a pass whose term ended: the next leader looks for itself.
    /// </summary>
    /// <param name="before">The ledger to which the intents were added.</param>
    public static LedgerSpec TakenBack(LedgerSpec ledger, LedgerSpec before, IEnumerable<RouteChange> intended, TableOutcome outcome)
    {
        if (outcome.Failures.Any(failure => failure.Outcome.Kind == Aws.OutcomeKind.TermLost)) return ledger;
        var sent = outcome.Results.Select(result => result.Change.Destination).ToHashSet();
        var unsent = intended.Select(change => change.Destination).Where(destination => !sent.Contains(destination)).ToHashSet();
        if (unsent.Count == 0) return ledger;
        var entries = ledger.Entries.Where(entry => !unsent.Contains(entry.Destination))
            .Concat(before.Entries.Where(entry => unsent.Contains(entry.Destination)));
        return ledger with { Entries = [.. entries.OrderBy(entry => entry.Destination)] };
    }

    /// <summary>With the answers of a pass.</summary>
    public static LedgerSpec WithResults(LedgerSpec ledger, IEnumerable<ChangeResult> results, LedgerPen pen)
    {
        var entries = Living(ledger, pen.Now);
        foreach (var result in results)
        {
            var destination = result.Change.Destination;
            if (!entries.TryGetValue(destination, out var entry)) continue;

            // What an earlier call of ours left there is nobody else's; but it may be shown for old, and settles nothing.
            if (result.Foreign)
            {
                if (result.Stands is not { } stands || !entry.Knows(stands)) entries.Remove(destination);
            }
            else if (result.Settled) entries[destination] = Settle(entry, result.Stands, pen with { Now = result.At ?? pen.Now });
        }

        return ledger with { Entries = [.. entries.Values] };
    }

    /// <summary>
    /// An intent of a dead leader whose call may still be on the wire: it may have been sent long after the intent was
    /// written, up to the end of that leader's term. Until a call's timeout after that, nothing but what it wanted may
    /// be done to its destination: it could land last.
    /// </summary>
    public static bool MustWait(LedgerSpec ledger, RouteChange change, LedgerPen pen, TimeSpan timeout) =>
        ledger.Entries.Any(entry => entry.Destination == change.Destination && !entry.Settled && entry.Term != pen.Term
            && pen.Now - pen.TermSince < timeout
            && entry.To != (change.Op == RouteOp.Delete ? null : change.Target));

    /// <summary>Destinations that this table, or an unanswered call, may still hold.</summary>
    public static IEnumerable<Cidr> MayStand(LedgerSpec ledger) =>
        ledger.Entries.Where(entry => !entry.Settled || entry.To is not null).Select(entry => entry.Destination);

    /// <summary>What the ledger believes to stand, unsettled changes as they are meant to end.</summary>
    public static IEnumerable<LedgerEntry> Standing(LedgerSpec ledger) => ledger.Entries.Where(entry => entry.To is not null);

    private static LedgerEntry Meant(RouteChange change, LedgerEntry? before, LedgerPen pen)
    {
        var to = change.Op == RouteOp.Delete ? null : change.Target;
        var from = Other(change.From ?? (change.Op == RouteOp.Delete ? change.Target : before?.From ?? before?.To), to);
        return new LedgerEntry
        {
            Destination = change.Destination,
            From = from,
            To = to,
            Former = Former(before, from, to, pen.Now),
            BareUntil = to is not null && before is null or { To: null } ? pen.Now : Lately(before, pen.Now)?.BareUntil,
            LeftAt = LeftAt(before, to, pen.Now),
            Settled = false,
            Term = pen.Term,
            At = pen.Now,
        };
    }

    /// <summary>
    /// A pass may change one destination twice, by way of a helper's target. What stood before the first of the changes is
    /// ours until it has been made, and what stands between them is too.
    /// </summary>
    private static LedgerEntry MeantAgain(LedgerEntry meant, RouteChange change)
    {
        var to = change.Op == RouteOp.Delete ? null : change.Target;
        ImmutableArray<string> former = [.. (meant.Former ?? []).Append(meant.From).Append(meant.To).OfType<string>()
            .Where(target => target != to && target != meant.From).Distinct(StringComparer.Ordinal)];
        return meant with { From = Other(meant.From, to), To = to, Former = former.IsEmpty ? null : former, LeftAt = LeftAt(meant, to, meant.At) ?? meant.LeftAt };
    }

    /// <summary>See <see cref="LedgerEntry.LeftAt"/>; of an intent that is meant once more it is what it was.</summary>
    private static DateTimeOffset? LeftAt(LedgerEntry? before, string? to, DateTimeOffset now)
    {
        if (Lately(before, now) is not { } entry) return null;
        if (to == entry.To) return entry.Settled ? now : entry.LeftAt;
        if (to is null) return entry.BareUntil;
        return entry.WasOurs(to) ? entry.At : null;
    }

    private static LedgerEntry? Lately(LedgerEntry? entry, DateTimeOffset now) =>
        entry is null || now - entry.At > LedgerReader.TombstoneLife ? null : entry;

    /// <summary>
    /// Until when a describe that shows what a change wants may show an older state: it stood there lately. Null = it did not.
    /// </summary>
    /// <param name="intents">The ledger with the changes' own intents.</param>
    public static Func<RouteChange, DateTimeOffset?> OldUntil(LedgerSpec intents, TimeSpan lag)
    {
        var left = intents.Entries.Where(entry => entry.LeftAt is not null).ToDictionary(entry => entry.Destination, entry => entry.LeftAt + lag);
        return change => left.GetValueOrDefault(change.Destination);
    }

    /// <summary>From and To alike say that a route was adopted as it stood; any other entry is of a change, which has to settle.</summary>
    private static string? Other(string? from, string? to) => from == to ? null : from;

    private static LedgerEntry Settle(LedgerEntry entry, string? stands, LedgerPen pen) => entry with
    {
        From = stands == entry.To ? entry.From : Other(entry.To ?? entry.From, stands),
        To = stands,
        Former = stands == entry.To ? entry.Former : Former(entry, entry.To ?? entry.From, stands, pen.Now),
        LeftAt = null,
        Settled = true,
        Term = pen.Term,
        At = pen.Now,
    };

    /// <summary>What a describe may still show besides the new From and To; forgotten with the age of a tombstone.</summary>
    private static ImmutableArray<string>? Former(LedgerEntry? before, string? from, string? to, DateTimeOffset now)
    {
        if (Lately(before, now) is null) return null;
        ImmutableArray<string> former = [.. (before!.Former ?? []).Append(before.From).Append(before.To)
            .OfType<string>().Where(target => target != from && target != to).Distinct(StringComparer.Ordinal)];
        return former.IsEmpty ? null : former;
    }

    /// <summary>Old tombstones go whenever the ledger is written anyway, never by a write of their own.</summary>
    private static SortedDictionary<Cidr, LedgerEntry> Living(LedgerSpec ledger, DateTimeOffset now) => new(ledger.Entries
        .Where(entry => !LedgerReader.IsForgotten(entry, now)).ToDictionary(entry => entry.Destination));
}
