using System.Collections.Immutable;
using Romana.Cloud.Planning;
using Romana.Ipam.Addressing;
using Romana.Ipam.Routes;

namespace Romana.Cloud.Control;

/// <summary>What a table is believed to hold, after the ledger was laid beside what a describe showed.</summary>
public sealed record LedgerReading
{
    /// <summary>Routes with Owned set; what a mutation's reply said stands above a describe that lags.</summary>
    public required InventoryTable Table { get; init; }

    /// <summary>The ledger with what the describe settled; the same instance when it settled nothing.</summary>
    public required LedgerSpec Ledger { get; init; }

    /// <summary>Destinations whose last settled change a describe has shown at least once.</summary>
    public required ImmutableHashSet<Cidr> Confirmed { get; init; }
}

/// <summary>
/// Lays the ledger beside a describe. Pure. A route is ours iff the ledger has its destination and its target is the
/// entry's From or To. EC2 may show an older state for minutes, so within that window the reply of a mutation (a
/// settled entry) overrides a describe, until a describe has shown it once; from then on a difference is drift. All
/// ages are taken at the instant of the describe, which may be older than the newest entries.
/// </summary>
internal static class LedgerReader
{
    /// <summary>A removed route is remembered this long: a late describe or a late call may bring it back.</summary>
    public static readonly TimeSpan TombstoneLife = TimeSpan.FromMinutes(10);

    public static LedgerReading Read(
        LedgerSpec ledger, InventoryTable described, ImmutableHashSet<Cidr> confirmed, DateTimeOffset describedAt, TimeSpan lag)
    {
        // A gateway may propagate a route to the very destination of a static one; only static ones are written.
        var propagated = described.Routes.Where(route => route.Propagated);
        var routes = described.Routes.Where(route => !route.Propagated)
            .DistinctBy(route => route.Destination, StringComparer.Ordinal).ToDictionary(route => route.Destination, StringComparer.Ordinal);
        var shown = confirmed.ToBuilder();
        var entries = ledger.Entries.ToBuilder();
        for (var i = 0; i < entries.Count; i++)
        {
            var entry = entries[i];
            if (IsForgotten(entry, describedAt)) continue;
            var text = entry.Destination.ToString();
            var route = routes.GetValueOrDefault(text);

            // A describe from before the reply knows nothing of it. Otherwise what the entry does not explain is
            // somebody else's: theirs to keep, the planner will call it a conflict.
            var isOlder = entry.Settled && describedAt < entry.At;
            if (route is not null && !isOlder && !entry.Knows(route.Target))
            {
                entries[i] = Lost(entry, confirmed, describedAt, lag);
                continue;
            }

            entries[i] = Seen(entry, route?.Target, confirmed, describedAt, lag);
            var believed = Believed(entries[i], route, shown, describedAt, lag);
            if (believed is null) routes.Remove(text);
            else routes[text] = believed with { Owned = true };
        }

        return new LedgerReading
        {
            Table = described with { Routes = [.. routes.Values.Concat(propagated).OrderBy(Order).ThenBy(route => route.Destination, StringComparer.Ordinal)] },
            Ledger = entries.SequenceEqual(ledger.Entries) ? ledger : ledger with { Entries = entries.ToImmutable() },
            Confirmed = shown.ToImmutable(),
        };
    }

    public static bool IsForgotten(LedgerEntry entry, DateTimeOffset now) =>
        entry.Settled && entry.To is null && now - entry.At > TombstoneLife;

    private static LedgerEntry Seen(
        LedgerEntry entry, string? shown, ImmutableHashSet<Cidr> confirmed, DateTimeOffset describedAt, TimeSpan lag)
    {
        var settled = Settled(entry, shown, describedAt, lag);
        if (shown is null) return Lost(settled, confirmed, describedAt, lag);

        // A route that was taken for removed is back for good: no tombstone may forget it.
        var isBack = settled is { Settled: true, To: null } && describedAt - settled.At > lag;
        return isBack ? settled with { To = shown, At = describedAt } : settled;
    }

    /// <summary>
    /// Our route is not there any more, and lag does not explain it: somebody removed or replaced it. The entry becomes
    /// a tombstone, so that the block may be freed; if the route is wanted the same pass writes a new intent.
    /// </summary>
    private static LedgerEntry Lost(LedgerEntry entry, ImmutableHashSet<Cidr> confirmed, DateTimeOffset describedAt, TimeSpan lag)
    {
        if (entry is not { Settled: true, To: not null } || describedAt < entry.At) return entry;
        var mayLag = describedAt - entry.At <= lag && !confirmed.Contains(entry.Destination);
        return mayLag ? entry : entry with { From = entry.To, To = null, At = describedAt };
    }

    private static Cidr Order(InventoryRoute route) => Cidr.TryParse(route.Destination, out var cidr, out _) ? cidr : default;

    /// <summary>
    /// An intent without an answer. Shown as wanted: it happened, unless just that stood there lately and may be shown for
    /// old. Not shown so: it may still become visible. Open as long as either is so, and then settled as what stands.
    /// </summary>
    private static LedgerEntry Settled(LedgerEntry entry, string? shown, DateTimeOffset describedAt, TimeSpan lag)
    {
        if (entry.Settled || describedAt < entry.At) return entry;
        if (entry.LeftAt is { } left && describedAt - left <= lag) return entry;
        if (shown == entry.To) return entry with { Settled = true, LeftAt = null, At = describedAt };
        if (describedAt - entry.At <= lag) return entry;
        return entry with { From = entry.To ?? entry.From, To = shown, LeftAt = null, Settled = true, At = describedAt };
    }

    private static InventoryRoute? Believed(
        LedgerEntry entry, InventoryRoute? route, ImmutableHashSet<Cidr>.Builder confirmed, DateTimeOffset describedAt, TimeSpan lag)
    {
        if (route?.Target == entry.To)
        {
            if (entry.Settled && describedAt >= entry.At) confirmed.Add(entry.Destination);
            return route;
        }

        var isLag = entry.Settled && describedAt - entry.At <= lag && !confirmed.Contains(entry.Destination);
        if (!isLag) return route;
        return entry.To is null ? null : new InventoryRoute { Destination = entry.Destination.ToString(), Target = entry.To };
    }
}
