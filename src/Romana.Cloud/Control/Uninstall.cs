using Romana.Cloud.Aws;
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
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

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
            var wait = await RemoveRoutesAsync(engine.Parts, problems, cancel).ConfigureAwait(false);
            if (problems.Count == 0) break;
            await Task.Delay(wait is { } left && left > Pause ? left : Pause, engine.Parts.Clock, cancel).ConfigureAwait(false);
        }

        await RestoreChecksAsync(engine.Parts, problems, cancel).ConfigureAwait(false);
        return new ApplyResult(engine.Parts.Gate.Metrics.Mutations, problems);
    }

    /// <summary>Time until more can be removed; null: nothing waits for its time.</summary>
    private static async Task<TimeSpan?> RemoveRoutesAsync(EngineParts parts, List<string> problems, CancellationToken cancel)
    {
        var removal = new LedgerRemoval(parts);
        var ledgers = (await parts.Views.LedgersAsync(cancel).ConfigureAwait(false)).Where(one => one.Spec.Vpc == parts.Options.Vpc).ToList();
        await removal.LookAsync(ledgers.Select(one => one.Spec.Table), cancel).ConfigureAwait(false);
        TimeSpan? wait = null;
        foreach (var record in ledgers)
        {
            // A table that is gone took its routes with it.
            var stored = new StoredLedger(record.Spec, record);
            var removed = await removal.RemoveAsync(stored, removal.Standing(record.Spec), cancel).ConfigureAwait(false);
            if (removed is null)
                problems.Add($"{record.Spec.Table}: the ledger could not be written: try again");
            else await EndAsync(parts, removed, problems, cancel).ConfigureAwait(false);
            wait = removed?.Wait ?? wait;
        }

        return wait;
    }

    /// <summary>The record goes when nothing of ours can stand in the table any more.</summary>
    private static async Task EndAsync(EngineParts parts, RemovedRoutes removed, List<string> problems, CancellationToken cancel)
    {
        if (removed.Problem is { } problem) problems.Add(problem);
        var write = removed.Problem is null ? RecordTypes.Ledgers.Delete(removed.Ledger.Record!, Stamp.New()) : removed.Ledger.ToWrite(removed.Settled);
        await parts.Store.WriteSurelyAsync(write, cancel).ConfigureAwait(false);
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
