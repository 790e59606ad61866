using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Romana.Cloud.Aws;
using Romana.Cloud.Planning;
using Romana.Ipam.Addressing;
using Romana.Ipam.Routes;
using Romana.Ipam.Stores;

namespace Romana.Cloud.Control;

/// <param name="Ledger">As the store has it now, with the intents.</param>
/// <param name="Settled">With the answers; to be written.</param>
/// <param name="Problem">Why a route stays; null when all went.</param>
internal sealed record RemovedRoutes(StoredLedger Ledger, LedgerSpec Settled, string? Problem)
{
    /// <summary>Time until what a dead leader's call may still write can be removed; null: nothing waits for that.</summary>
    public TimeSpan? Wait { get; init; }
}

/// <summary>
/// Takes routes of ours out of a table by its ledger alone: intents first, then the calls. For commands that plan
/// nothing. Of each table as one look shows it.
/// </summary>
internal sealed class LedgerRemoval(EngineParts parts)
{
    private readonly RouteExecutor _executor = new(new Ec2RouteCalls(parts.Writer, parts.Reader), parts.Clock, parts.Logs.CreateLogger<RouteExecutor>());
    private Dictionary<string, SeenTable> _tables = [];
    private DateTimeOffset _at;

    /// <param name="ledgers">Tables that routes of ours may be in: one that the list lacks is gone only if EC2 says so of its id.</param>
    /// <exception cref="Ec2UnavailableException"/>
    public async Task LookAsync(IEnumerable<string> ledgers, CancellationToken cancel)
    {
        _at = parts.Clock.GetUtcNow();
        _tables = (await parts.Reader.TablesAsync(parts.Options.Vpc, cancel).ConfigureAwait(false)).ToDictionary(table => table.Id, StringComparer.Ordinal);
        foreach (var id in ledgers.Where(id => !_tables.ContainsKey(id)).ToList())
        {
            if (await parts.Reader.TableAsync(id, cancel).ConfigureAwait(false) is { } missed) _tables[id] = missed;
        }
    }

    /// <summary>Removals of all that stands of ours, or may stand; empty for a table that is gone.</summary>
    public ImmutableArray<RouteChange> Standing(LedgerSpec ledger)
    {
        if (!_tables.TryGetValue(ledger.Table, out var table)) return [];
        var described = new InventoryTable { Id = table.Id, Routes = table.Routes };
        var believed = LedgerReader.Read(ledger, described, [], _at, parts.Options.VisibilityLag).Table;
        var shown = table.Routes.Select(route => route.Destination).ToHashSet(StringComparer.Ordinal);

        // What an unanswered call left and no describe shows may stand all the same; if it does not, EC2 says so.
        var hidden = ledger.Entries.Where(entry => !entry.Settled && (entry.To ?? entry.From) is not null && !shown.Contains(entry.Destination.ToString()));
        return [.. believed.Routes.Where(route => route.Owned).Select(route => Removal(table.Id, Cidr.Parse(route.Destination), route.Target))
            .Concat(hidden.Select(entry => Removal(table.Id, entry.Destination, (entry.To ?? entry.From)!))).DistinctBy(change => change.Destination)];
    }

    /// <summary>
    /// Null when the intents could not be written: then no call was made. A destination that a dead leader's call may
    /// still write is left for later: the removal would find nothing, and the route would come after it.
    /// </summary>
    public async Task<RemovedRoutes?> RemoveAsync(StoredLedger stored, ImmutableArray<RouteChange> wanted, CancellationToken cancel)
    {
        var pen = Pen();
        var changes = wanted.RemoveAll(change => LedgerPlanner.MustWait(stored.Spec, change, pen, parts.Options.CallTimeout));
        var held = wanted.Length - changes.Length;
        var removed = changes.IsEmpty ? new RemovedRoutes(stored, stored.Spec, null) : await CallAsync(stored, changes, cancel).ConfigureAwait(false);
        return held == 0 || removed is null ? removed : removed with
        {
            Problem = removed.Problem ?? $"{stored.Spec.Table}: a call of the last controller may still land on {held} of its routes: try again in {parts.Options.CallTimeout.TotalSeconds:0} s",
            Wait = parts.TermSince + parts.Options.CallTimeout - pen.Now,
        };
    }

    private async Task<RemovedRoutes?> CallAsync(StoredLedger stored, ImmutableArray<RouteChange> changes, CancellationToken cancel)
    {
        var intents = LedgerPlanner.WithIntents(stored.Spec, changes, [], Pen());
        if (await parts.Store.WriteSurelyAsync(stored.ToWrite(intents), cancel).ConfigureAwait(false) is not WriteResult.Committed { Record: { } written }) return null;

        // Everything goes: no removal leans on anything.
        var work = new TableWork { Table = stored.Spec.Table, Changes = changes, Settling = new Settling(intents, TimeSpan.Zero, _at), OldUntil = LedgerPlanner.OldUntil(intents, parts.Options.VisibilityLag) };
        var outcomes = await _executor.ApplyAsync([work], default, cancel).ConfigureAwait(false);
        cancel.ThrowIfCancellationRequested();
        var settled = outcomes.Aggregate(intents, (ledger, outcome) =>
            LedgerPlanner.WithResults(LedgerPlanner.TakenBack(ledger, stored.Spec, changes, outcome), outcome.Results, Pen()));
        var stopped = outcomes.Select(outcome => outcome.Stopped).FirstOrDefault(one => one is not null);
        return new RemovedRoutes(new StoredLedger(intents, RecordTypes.Ledgers.Decode(written)), settled,
            stopped is null ? null : $"{stored.Spec.Table}: {stopped.Kind}: {stopped.Message}");
    }

    private LedgerPen Pen() => new(parts.Term!.Number, parts.Clock.GetUtcNow(), parts.TermSince);

    private static RouteChange Removal(string table, Cidr destination, string target) => new()
    {
        Table = table,
        Op = RouteOp.Delete,
        Destination = destination,
        Target = target,
        From = target,
    };
}
