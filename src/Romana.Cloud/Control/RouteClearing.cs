using Romana.Cloud.Aws;
using Romana.Ipam.Addressing;
using Romana.Ipam.Planning;
using Romana.Ipam.Routes;
using Romana.Ipam.Stores;
using Romana.Ipam.Topologies;

namespace Romana.Cloud.Control;

/// <summary>
/// Takes away the routes that keep given-back blocks from being freed, for a topology change in a store that no
/// controller leads. Nothing else is planned or touched: which tables are chosen and where hosts come from is the
/// controller's to know.
/// </summary>
internal static class RouteClearing
{
    /// <summary>What is in the way still, one line each with the reason.</summary>
    /// <exception cref="Ec2UnavailableException"/>
    public static async Task<IReadOnlyList<string>> RunAsync(EngineParts parts, ControllerView view, CancellationToken cancel)
    {
        var problems = new List<string>();
        var ledgers = await parts.Views.LedgersAsync(cancel).ConfigureAwait(false);
        var inTheWay = StandingRoutes.Of(view.Layout, ledgers.Select(ledger => ledger.Spec)).InTheWay(view);
        if (inTheWay.Count == 0) return problems;
        var removal = new LedgerRemoval(parts);
        await removal.LookAsync(ledgers.Where(ledger => inTheWay[ledger.Spec.Table].Any()).Select(ledger => ledger.Spec.Table), cancel).ConfigureAwait(false);
        foreach (var record in ledgers.Where(ledger => inTheWay[ledger.Spec.Table].Any()))
        {
            if (await ClearAsync(parts, removal, record, [.. inTheWay[record.Spec.Table]], cancel).ConfigureAwait(false) is { } problem) problems.Add(problem);
        }

        return problems;
    }

    private static async Task<string?> ClearAsync(EngineParts parts, LedgerRemoval removal,
        TypedRecord<LedgerSpec, NoStatus> record, HashSet<Cidr> destinations, CancellationToken cancel)
    {
        var changes = removal.Standing(record.Spec).RemoveAll(change => !destinations.Contains(change.Destination));
        destinations.ExceptWith(changes.Select(change => change.Destination));
        var stored = new StoredLedger(WithoutLost(record.Spec, destinations, parts.Clock.GetUtcNow()), record);
        if (await removal.RemoveAsync(stored, changes, cancel).ConfigureAwait(false) is not { } removed) return $"{record.Spec.Table}: the ledger could not be written";
        await parts.Store.WriteSurelyAsync(removed.Ledger.ToWrite(removed.Settled), cancel).ConfigureAwait(false);
        return removed.Problem;
    }

    /// <summary>Routes of ours that the look did not show, or showed as another's: somebody else has taken them away.</summary>
    private static LedgerSpec WithoutLost(LedgerSpec ledger, HashSet<Cidr> lost, DateTimeOffset now) => ledger with
    {
        Entries = [.. ledger.Entries.Select(entry => lost.Contains(entry.Destination)
            ? entry with { From = entry.To ?? entry.From, To = null, Settled = true, At = now } : entry)],
    };
}
