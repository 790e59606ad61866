using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Romana.Cloud.Planning;
using Romana.Ipam.Routes;
using Romana.Ipam.Stores;

namespace Romana.Cloud.Control;

/// <summary>
/// What a pass writes into the ledgers: one batch of compare-and-swaps with all intents before the calls, one with what
/// came of them after. No intent in the store, no call.
/// </summary>
internal sealed partial class LedgerWrites(EngineParts parts, TableBook book)
{
    private readonly ILogger _log = parts.Logs.CreateLogger<LedgerWrites>();

    public LedgerPen Pen() => new(parts.Term?.Number ?? 0, parts.Clock.GetUtcNow(), parts.TermSince);

    /// <summary>Ledgers as they stand in the store now, by table; a table whose write failed is left out: no calls there.</summary>
    public async Task<ImmutableSortedDictionary<string, StoredLedger>> IntendAsync(
        RoutePicture picture, IReadOnlyCollection<RouteChange> changes, CancellationToken cancel)
    {
        var pen = Pen();
        var byTable = changes.ToLookup(change => change.Table, StringComparer.Ordinal);
        var next = picture.Ledgers.ToImmutableSortedDictionary(pair => pair.Key, pair =>
        {
            var adopted = picture.Plan.Adopted.Where(route => route.Table == pair.Key).ToList();
            var ledger = picture.Readings[pair.Key].Ledger;
            return byTable.Contains(pair.Key) || adopted.Count > 0
                ? LedgerPlanner.WithIntents(ledger, byTable[pair.Key], adopted, pen) : ledger;
        }, StringComparer.Ordinal);
        return await WriteAsync(picture.Ledgers, next, cancel).ConfigureAwait(false);
    }

    /// <summary>What happened is settled, what was not sent is taken back. Tables whose ledger could not be written.</summary>
    public async Task<int> SettleAsync(RoutePicture picture, IReadOnlyCollection<RouteChange> changes,
        ImmutableSortedDictionary<string, StoredLedger> intents, ImmutableArray<TableOutcome> outcomes, CancellationToken cancel)
    {
        var pen = Pen();
        var wanted = changes.ToLookup(change => change.Table, StringComparer.Ordinal);
        var byTable = outcomes.ToDictionary(outcome => outcome.Table, StringComparer.Ordinal);
        foreach (var outcome in outcomes)
        {
            book.Unconfirm(outcome.Results.Select(result => result.Change));
            book.Learn(outcome, picture.Readings.GetValueOrDefault(outcome.Table)?.Table);
        }

        var next = intents.ToImmutableSortedDictionary(pair => pair.Key, pair =>
        {
            var outcome = byTable.GetValueOrDefault(pair.Key);
            var ledger = outcome is null ? pair.Value.Spec : LedgerPlanner.WithResults(LedgerPlanner.TakenBack(
                pair.Value.Spec, picture.Readings[pair.Key].Ledger, wanted[pair.Key], outcome), outcome.Results, pen);
            return ledger with
            {
                Conditions = ConditionBoard.Next(ledger.Conditions,
                    RouteConditions.Of(picture.Plan, pair.Key, outcome, book.Refusals(pair.Key), book.Fights.Says(pair.Key)), pen.Now),
            };
        }, StringComparer.Ordinal);
        foreach (var (table, ledger) in next) parts.Conditions.Set(table, ledger.Conditions);

        // What was done must be written even when the pass is being stopped; the intents say the rest.
        using var limit = new CancellationTokenSource(parts.Options.CallTimeout, parts.Clock);
        var settled = await WriteAsync(intents, next, cancel.IsCancellationRequested ? limit.Token : cancel).ConfigureAwait(false);
        await ForgetAsync(picture.Gone, cancel).ConfigureAwait(false);
        return intents.Count - settled.Count;
    }

    private async Task ForgetAsync(ImmutableArray<StoredLedger> gone, CancellationToken cancel)
    {
        foreach (var ledger in gone)
        {
            // A ledger is all that says which routes are ours: only EC2's own "no such table" drops it.
            if (await parts.Reader.TableAsync(ledger.Spec.Table, cancel).ConfigureAwait(false) is not null) continue;
            LogGone(ledger.Spec.Table);
            parts.Events.Tell("TableGone", ledger.Spec.Table, "the table is gone from the VPC; its ledger is dropped");
            parts.Conditions.Set(ledger.Spec.Table, []);
            await parts.Store.WriteSurelyAsync(RecordTypes.Ledgers.Delete(ledger.Record!, Stamp.New()), cancel).ConfigureAwait(false);
        }
    }

    /// <summary>Writes those that differ; the result holds every table whose ledger stands as wanted.</summary>
    private async Task<ImmutableSortedDictionary<string, StoredLedger>> WriteAsync(
        ImmutableSortedDictionary<string, StoredLedger> stored, ImmutableSortedDictionary<string, LedgerSpec> next, CancellationToken cancel)
    {
        var changed = next.Where(pair => Differs(stored[pair.Key].Spec, pair.Value)).ToList();
        var result = next.Keys.Except(changed.Select(pair => pair.Key), StringComparer.Ordinal)
            .ToImmutableSortedDictionary(table => table, table => stored[table], StringComparer.Ordinal);
        if (changed.Count == 0) return result;
        var writes = changed.Select(pair => stored[pair.Key].ToWrite(pair.Value)).ToList();
        var outcomes = await parts.Store.WriteSurelyAsync(writes, cancel).ConfigureAwait(false);
        foreach (var (pair, outcome) in changed.Zip(outcomes))
        {
            if (outcome is WriteResult.Committed { Record: { } record })
                result = result.Add(pair.Key, new StoredLedger(pair.Value, RecordTypes.Ledgers.Decode(record)));
            else LogNotWritten(pair.Key, outcome.GetType().Name);
        }

        return result;
    }

    private static bool Differs(LedgerSpec before, LedgerSpec after) =>
        !ReferenceEquals(before, after)
        && !(before.Entries.SequenceEqual(after.Entries) && before.Conditions.SequenceEqual(after.Conditions));

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Table}: ledger not written ({Outcome}); no call there in this pass")]
    private partial void LogNotWritten(string table, string outcome);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Table} is gone from the VPC: its ledger is dropped")]
    private partial void LogGone(string table);
}
