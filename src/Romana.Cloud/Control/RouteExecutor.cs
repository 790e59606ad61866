using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Romana.Cloud.Aws;
using Romana.Cloud.Planning;
using Romana.Ipam.Addressing;

namespace Romana.Cloud.Control;

/// <summary>What came of one table's changes.</summary>
public sealed record TableOutcome
{
    public required string Table { get; init; }

    /// <summary>One for each change that was sent and may have happened.</summary>
    public required ImmutableArray<ChangeResult> Results { get; init; }

    /// <summary>The rest was left for a new plan.</summary>
    public bool Overtaken { get; init; }

    /// <summary>What was not done, and why, in order; those that were only held back for it are not named.</summary>
    public ImmutableArray<(RouteChange At, MutationOutcome Outcome)> Failures { get; init; } = [];

    /// <summary>Why something was not done; null when all was.</summary>
    public MutationOutcome? Stopped => Failures.IsEmpty ? null : Failures[0].Outcome;
}

/// <summary>
/// Makes the calls of a plan: in order within a table, tables in parallel, so that no table hides or stops another.
/// After a call that failed, or whose answer is lost and cannot be read, only what does not depend on it goes on.
/// </summary>
internal sealed partial class RouteExecutor(IRouteCalls calls, TimeProvider clock, ILogger<RouteExecutor> log)
{
    /// <summary>Never throws for what EC2 answers, nor when cancelled: then nothing more is sent.</summary>
    /// <param name="overtaken">
    /// Fired by a newer picture of hosts, blocks or topology: what is not on the wire is not sent, but for what
    /// <see cref="TableRun.MayPass"/> and needs no wait.
    /// </param>
    public async Task<ImmutableArray<TableOutcome>> ApplyAsync(IEnumerable<TableWork> tables, CancellationToken overtaken, CancellationToken cancel) =>
        [.. await Task.WhenAll(tables.Select(work => ApplyTableAsync(new TableRun(work), overtaken, cancel))).ConfigureAwait(false)];

    private async Task<TableOutcome> ApplyTableAsync(TableRun run, CancellationToken overtaken, CancellationToken cancel)
    {
        var began = clock.GetTimestamp();
        while (!run.Overtaken)
        {
            var change = run.Next(clock.GetElapsedTime(began), out var wait);
            if (change is null && wait is null) break;
            if (change is not null && run.IsSpoiled(change)) run.LeaveRest();
            else if (overtaken.IsCancellationRequested && (change is null || !run.MayPass(change))) run.LeaveRest();
            else if (change is not null) await ApplyAsync(run, change, began, overtaken, cancel).ConfigureAwait(false);
            else if (!await WaitAsync(wait!.Value, overtaken, cancel).ConfigureAwait(false)) run.LeaveRest();
        }

        return run.Outcome();
    }

    private async Task ApplyAsync(TableRun run, RouteChange change, long began, CancellationToken overtaken, CancellationToken cancel)
    {
        var outcome = await SendAsync(run, change, overtaken, cancel).ConfigureAwait(false);
        if (outcome.Kind == OutcomeKind.Overtaken)
        {
            run.LeaveRest();
            return;
        }

        (outcome, var result) = await ResolveAsync(run, change, outcome, cancel).ConfigureAwait(false);
        result = result is null ? null : result with { At = clock.GetUtcNow() };
        if (outcome.IsDone)
        {
            run.Done(change, result!, clock.GetElapsedTime(began));
            Log(change);
            return;
        }

        LogStopped(run.Table, change.Op, change.Destination, outcome.Kind, outcome.Message);
        run.Failed(change, outcome, result);
    }

    private async Task<MutationOutcome> SendAsync(TableRun run, RouteChange change, CancellationToken overtaken, CancellationToken cancel)
    {
        try
        {
            return await calls.ApplyAsync(change, Priority(run, change), overtaken, cancel).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            // The pass is being stopped, and this was not sent.
            return MutationOutcome.Overtaken;
        }
    }

    private static CallPriority Priority(TableRun run, RouteChange change) => run.IsFailover(change) ? CallPriority.Failover
        : change.Op == RouteOp.Delete ? CallPriority.Delete : CallPriority.Create;

    /// <summary>False when the pass is being stopped.</summary>
    private async Task<bool> WaitAsync(TimeSpan wait, CancellationToken overtaken, CancellationToken cancel)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(overtaken, cancel);
        try
        {
            await Task.Delay(wait, clock, either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The caller looks which of the two it was.
        }

        return !cancel.IsCancellationRequested;
    }

    private void Log(RouteChange change)
    {
        if (change.Op == RouteOp.Delete) LogDeleted(change.Table, change.Destination, change.Target);
        else if (change.From is { } from) LogReplaced(change.Table, change.Destination, change.Target, from);
        else LogCreated(change.Table, change.Destination, change.Target);
    }

    private async Task<(MutationOutcome, ChangeResult?)> ResolveAsync(
        TableRun run, RouteChange change, MutationOutcome outcome, CancellationToken cancel) => outcome.Kind switch
        {
            OutcomeKind.Done => (outcome, new ChangeResult(change, true, Wanted(change))),
            OutcomeKind.RouteExists or OutcomeKind.Unknown => await CompareAsync(run, change, outcome, cancel).ConfigureAwait(false),

            // A delete of what is not there is done; a replace of it must become a create by the next plan.
            OutcomeKind.RouteMissing when change.Op == RouteOp.Delete => (MutationOutcome.Done, new ChangeResult(change, true, null)),
            OutcomeKind.RouteMissing => (outcome, new ChangeResult(change, true, null)),
            OutcomeKind.TermLost => (outcome, new ChangeResult(change, false, null)),

            // It surely did not happen. What stands is not said by that: an earlier call, of which no describe tells yet, may
            // have done it.
            _ => (outcome, null),
        };

    /// <summary>RouteAlreadyExists or a lost answer: the table says what happened, if it is visible yet.</summary>
    private async Task<(MutationOutcome, ChangeResult)> CompareAsync(
        TableRun run, RouteChange change, MutationOutcome outcome, CancellationToken cancel)
    {
        SeenTable? seen;
        try
        {
            seen = await calls.TableAsync(change.Table, cancel).ConfigureAwait(false);
        }
        catch (Exception error) when (error is Ec2UnavailableException || error is OperationCanceledException && cancel.IsCancellationRequested)
        {
            return (new MutationOutcome(OutcomeKind.Unknown, error.Message), new ChangeResult(change, false, null));
        }

        if (seen is null) return (new MutationOutcome(OutcomeKind.TableMissing, "the table is gone"), new ChangeResult(change, false, null));
        var destination = change.Destination.ToString();
        var target = seen.Routes.FirstOrDefault(route => route.Destination == destination && !route.Propagated)?.Target;

        // What stood there lately too may be shown for old, and then says nothing of this call.
        var isProof = outcome.Kind == OutcomeKind.RouteExists || run.OldUntil(change) is not { } old || clock.GetUtcNow() > old;
        if (target == Wanted(change) && !isProof) return (outcome, new ChangeResult(change, false, null));
        if (target == Wanted(change)) return (MutationOutcome.Done, new ChangeResult(change, true, target) { Stood = outcome.Kind == OutcomeKind.RouteExists });

        // Not visible, or the older state: it may be on its way. Open until it shows or the window is over.
        if (target is null || target == change.From) return (outcome, new ChangeResult(change, false, null));
        return (outcome, new ChangeResult(change, true, target, Foreign: true));
    }

    private static string? Wanted(RouteChange change) => change.Op == RouteOp.Delete ? null : change.Target;

    [LoggerMessage(Level = LogLevel.Information, Message = "{Table}: created {Destination} -> {Target}")]
    private partial void LogCreated(string table, Cidr destination, string target);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Table}: replaced {Destination} -> {Target}, was {From}")]
    private partial void LogReplaced(string table, Cidr destination, string target, string from);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Table}: deleted {Destination}, went to {Target}")]
    private partial void LogDeleted(string table, Cidr destination, string target);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Table}: stopped at {Op} {Destination}: {Kind} {Message}")]
    private partial void LogStopped(string table, RouteOp op, Cidr destination, OutcomeKind kind, string message);
}
