using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Romana.Cloud.Aws;
using Romana.Cloud.Planning;
using Romana.Ipam.Hosts;
using Romana.Ipam.Stores;

namespace Romana.Cloud.Control;

/// <summary>
/// `romana uninstall`: removes exactly the routes that the ledger calls ours and that still go where it says, switches
/// on again the checks that we switched off, then empties the ledger. Hosts, blocks and topology stay in the store.
/// </summary>
public static class Uninstall
{
    private const int Rounds = 5;

    /// <exception cref="ControlRefusedException">A controller runs: stop it first, it would write them again.</exception>
    /// <exception cref="Ec2UnavailableException"/>
    /// <exception cref="StoreUnavailableException"/>
    public static async Task<ApplyResult> RunAsync(ControllerOptions options, ControllerParts parts, CancellationToken cancel)
    {
        using var session = await TermSession.OpenAsync(options, parts, "uninstall", cancel).ConfigureAwait(false);
        using var engine = new Engine(options, parts, session.Store, session.Term);
        await engine.Parts.Vpc.CheckAsync(cancel).ConfigureAwait(false);
        var problems = new List<string>();
        for (var round = 0; round < Rounds; round++)
        {
            problems.Clear();
            await RemoveRoutesAsync(engine.Parts, problems, cancel).ConfigureAwait(false);
            if (problems.Count == 0) break;
            await Task.Delay(TimeSpan.FromSeconds(1), engine.Parts.Clock, cancel).ConfigureAwait(false);
        }

        await RestoreChecksAsync(engine.Parts, problems, cancel).ConfigureAwait(false);
        return new ApplyResult(engine.Parts.Gate.Metrics.Mutations, problems);
    }

    private static async Task RemoveRoutesAsync(EngineParts parts, List<string> problems, CancellationToken cancel)
    {
        var at = parts.Clock.GetUtcNow();
        var tables = (await parts.Reader.TablesAsync(parts.Options.Vpc, cancel).ConfigureAwait(false)).ToDictionary(table => table.Id, StringComparer.Ordinal);
        var executor = new RouteExecutor(parts.Writer, parts.Reader, parts.Clock, parts.Logs.CreateLogger<RouteExecutor>());
        foreach (var record in (await parts.Views.LedgersAsync(cancel).ConfigureAwait(false)).Where(one => one.Spec.Vpc == parts.Options.Vpc))
        {
            // A table that is gone took its routes with it.
            var changes = tables.TryGetValue(record.Spec.Table, out var table) ? Removals(record, table, at, parts.Options.VisibilityLag) : [];
            var stored = new StoredLedger(record.Spec, record);
            var outcomes = ImmutableArray<TableOutcome>.Empty;
            if (!changes.IsEmpty)
            {
                var intents = LedgerPlanner.WithIntents(record.Spec, changes, [], new LedgerPen(parts.Term!.Number, at));
                if (await parts.Store.WriteSurelyAsync(stored.ToWrite(intents), cancel).ConfigureAwait(false) is not WriteResult.Committed { Record: { } written })
                {
                    problems.Add($"{record.Spec.Table}: the ledger could not be written: try again");
                    continue;
                }

                // Everything goes: no removal leans on anything.
                var work = new TableWork { Table = record.Spec.Table, Changes = changes, Settling = new Settling(intents, TimeSpan.Zero, at) };
                outcomes = await executor.ApplyAsync([work], default, cancel).ConfigureAwait(false);
                cancel.ThrowIfCancellationRequested();
                stored = new StoredLedger(intents, RecordTypes.Ledgers.Decode(written));
            }

            await SettleAsync(parts, stored, outcomes, problems, cancel).ConfigureAwait(false);
        }
    }

    private static ImmutableArray<RouteChange> Removals(
        TypedRecord<Ipam.Routes.LedgerSpec, Ipam.Topologies.NoStatus> record, SeenTable table, DateTimeOffset at, TimeSpan lag)
    {
        var described = new InventoryTable { Id = table.Id, Routes = table.Routes };
        var believed = LedgerReader.Read(record.Spec, described, [], at, lag).Table;
        var shown = table.Routes.Select(route => route.Destination).ToHashSet(StringComparer.Ordinal);

        // An unanswered create that no describe shows yet may stand all the same; if it does not, EC2 says so.
        var hidden = record.Spec.Entries.Where(entry => entry is { Settled: false, To: not null } && !shown.Contains(entry.Destination.ToString()));
        return [.. believed.Routes.Where(route => route.Owned).Select(route => Removal(table.Id, Ipam.Addressing.Cidr.Parse(route.Destination), route.Target))
            .Concat(hidden.Select(entry => Removal(table.Id, entry.Destination, entry.To!))).DistinctBy(change => change.Destination)];
    }

    private static RouteChange Removal(string table, Ipam.Addressing.Cidr destination, string target) => new()
    {
        Table = table,
        Op = RouteOp.Delete,
        Destination = destination,
        Target = target,
        From = target,
    };

    /// <summary>The record goes when nothing of ours can stand in the table any more.</summary>
    private static async Task SettleAsync(
        EngineParts parts, StoredLedger stored, ImmutableArray<TableOutcome> outcomes, List<string> problems, CancellationToken cancel)
    {
        var stopped = outcomes.FirstOrDefault(outcome => outcome.Stopped is not null);
        if (stopped is null)
        {
            await parts.Store.WriteSurelyAsync(RecordTypes.Ledgers.Delete(stored.Record!, Stamp.New()), cancel).ConfigureAwait(false);
            return;
        }

        problems.Add($"{stored.Spec.Table}: {stopped.Stopped!.Kind}: {stopped.Stopped.Message}");
        var settled = LedgerPlanner.WithResults(stored.Spec, stopped.Results, new LedgerPen(parts.Term!.Number, parts.Clock.GetUtcNow()));
        await parts.Store.WriteSurelyAsync(stored.ToWrite(settled), cancel).ConfigureAwait(false);
    }

    private static async Task RestoreChecksAsync(EngineParts parts, List<string> problems, CancellationToken cancel)
    {
        var hosts = await parts.Store.ListAsync(RecordTypes.Hosts, Selector.Everything, Consistency.Linearizable, cancel).ConfigureAwait(false);
        var done = await Task.WhenAll(hosts.Items.Where(host => !host.Spec.ChecksSwitchedOff.IsDefaultOrEmpty)
            .Select(host => RestoreAsync(parts, host, cancel))).ConfigureAwait(false);
        problems.AddRange(done.SelectMany(one => one));
    }

    private static async Task<IEnumerable<string>> RestoreAsync(
        EngineParts parts, TypedRecord<HostSpec, HostStatus> host, CancellationToken cancel)
    {
        var left = new List<string>();
        var problems = new List<string>();

        // What EC2 refused to switch off needs no switching on.
        foreach (var eni in CheckConditions.StaysOn(host.Spec) ? [] : host.Spec.ChecksSwitchedOff)
        {
            var outcome = await parts.Writer.SetSourceDestCheckAsync(eni, on: true, cancel).ConfigureAwait(false);
            if (outcome.IsDone || outcome.Kind == OutcomeKind.TargetMissing) continue;
            left.Add(eni);
            problems.Add($"{host.Spec.Name}: the source/destination check of {eni} stays off: {outcome.Message}");
        }

        var write = RecordTypes.Hosts.UpdateSpec(host, Stamp.New(), host.Spec with { ChecksSwitchedOff = [.. left] });
        if (await parts.Store.WriteSurelyAsync(write, cancel).ConfigureAwait(false) is not WriteResult.Committed)
            problems.Add($"{host.Spec.Name}: its record changed meanwhile: run uninstall again");
        return problems;
    }
}
