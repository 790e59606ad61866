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

    /// <summary>One for each change that was sent.</summary>
    public required ImmutableArray<ChangeResult> Results { get; init; }

    /// <summary>What was not done, and why, in order; those that were only held back for it are not named.</summary>
    public ImmutableArray<(RouteChange At, MutationOutcome Outcome)> Failures { get; init; } = [];

    /// <summary>Why something was not done; null when all was.</summary>
    public MutationOutcome? Stopped => Failures.IsEmpty ? null : Failures[0].Outcome;
}

/// <summary>
/// Makes the calls of a plan: in order within a table, tables in parallel, so that no table hides or stops another.
/// After a call that failed, or whose answer is lost and cannot be read, only what does not depend on it goes on.
/// </summary>
public sealed partial class RouteExecutor(
    Ec2Writer writer, Ec2Reader reader, TimeProvider clock, TimeSpan settle, ILogger<RouteExecutor> log)
{
    /// <summary>Never throws for what EC2 answers; a cancelled pass leaves its unsent intents open.</summary>
    public async Task<ImmutableArray<TableOutcome>> ApplyAsync(IEnumerable<RouteChange> changes, CancellationToken cancel)
    {
        var tables = changes.GroupBy(change => change.Table, StringComparer.Ordinal)
            .Select(group => ApplyTableAsync(group.Key, [.. group], cancel));
        return [.. await Task.WhenAll(tables).ConfigureAwait(false)];
    }

    private async Task<TableOutcome> ApplyTableAsync(string table, ImmutableArray<RouteChange> changes, CancellationToken cancel)
    {
        var results = ImmutableArray.CreateBuilder<ChangeResult>();
        var failures = ImmutableArray.CreateBuilder<(RouteChange At, MutationOutcome Outcome)>();
        var held = new HeldChanges();
        long? lastMade = null;
        foreach (var change in changes)
        {
            if (IsHeld(change, held, failures))
            {
                // It was not sent: what stood stands. Where a destination changes twice the first change says what stands.
                if (!results.Any(result => result.Change.Destination == change.Destination)) results.Add(new ChangeResult(change, true, Before(change)));
                continue;
            }

            MutationOutcome outcome;
            ChangeResult result;
            try
            {
                if (change.AfterSettle && lastMade is { } since) await SettleAsync(since, cancel).ConfigureAwait(false);
                outcome = await writer.ApplyAsync(change, cancel).ConfigureAwait(false);
                (outcome, result) = await ResolveAsync(change, outcome, cancel).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                outcome = MutationOutcome.TermLost;
                result = new ChangeResult(change, false, null);
            }

            results.Add(result);
            if (!outcome.IsDone)
            {
                LogStopped(table, change.Op, change.Destination, outcome.Kind, outcome.Message);
                failures.Add((change, outcome));
                if (EndsTable(outcome.Kind)) break;
                if (outcome.Kind != OutcomeKind.TargetMissing) held.Add(change);
                continue;
            }

            if (change.Op != RouteOp.Delete) lastMade = clock.GetTimestamp();
            Log(change);
        }

        return new TableOutcome { Table = table, Results = results.ToImmutable(), Failures = failures.ToImmutable() };
    }

    /// <summary>Nothing else in this table would fare better now.</summary>
    private static bool EndsTable(OutcomeKind kind) =>
        kind is OutcomeKind.TermLost or OutcomeKind.Throttled or OutcomeKind.TableMissing or OutcomeKind.Unauthorized;

    /// <summary>
    /// Needs a change that was not made, or is sure to be refused as the last one was: a create in a full table, a route
    /// to an interface that is gone. Nobody is reached by the latter either way, so nothing waits for it.
    /// </summary>
    private static bool IsHeld(RouteChange change, HeldChanges held, ImmutableArray<(RouteChange At, MutationOutcome Outcome)>.Builder failures)
    {
        if (held.TryHold(change)) return true;
        if (change.Op != RouteOp.Delete && failures.Any(failure => failure.Outcome.Kind == OutcomeKind.TargetMissing && failure.At.Target == change.Target)) return true;
        if (change.Op != RouteOp.Create || !failures.Any(failure => failure.Outcome.Kind == OutcomeKind.LimitExceeded
            && failure.At.Destination.Family == change.Destination.Family)) return false;
        held.Add(change);
        return true;
    }

    private void Log(RouteChange change)
    {
        if (change.Op == RouteOp.Delete) LogDeleted(change.Table, change.Destination, change.Target);
        else if (change.From is { } from) LogReplaced(change.Table, change.Destination, change.Target, from);
        else LogCreated(change.Table, change.Destination, change.Target);
    }

    private async Task SettleAsync(long since, CancellationToken cancel)
    {
        var left = settle - clock.GetElapsedTime(since);
        if (left > TimeSpan.Zero) await Task.Delay(left, clock, cancel).ConfigureAwait(false);
    }

    private async Task<(MutationOutcome, ChangeResult)> ResolveAsync(
        RouteChange change, MutationOutcome outcome, CancellationToken cancel) => outcome.Kind switch
        {
            OutcomeKind.Done => (outcome, new ChangeResult(change, true, Wanted(change))),
            OutcomeKind.RouteExists or OutcomeKind.Unknown => await CompareAsync(change, outcome, cancel).ConfigureAwait(false),

            // A delete of what is not there is done; a replace of it must become a create by the next plan.
            OutcomeKind.RouteMissing when change.Op == RouteOp.Delete => (MutationOutcome.Done, new ChangeResult(change, true, null)),
            OutcomeKind.RouteMissing => (outcome, new ChangeResult(change, true, null)),
            OutcomeKind.Throttled or OutcomeKind.TermLost => (outcome, new ChangeResult(change, false, null)),

            // Refused for good: what stood before stands.
            _ => (outcome, new ChangeResult(change, true, Before(change))),
        };

    /// <summary>RouteAlreadyExists or a lost answer: the table says what happened, if it is visible yet.</summary>
    private async Task<(MutationOutcome, ChangeResult)> CompareAsync(
        RouteChange change, MutationOutcome outcome, CancellationToken cancel)
    {
        SeenTable? seen;
        try
        {
            seen = await reader.TableAsync(change.Table, cancel).ConfigureAwait(false);
        }
        catch (Ec2UnavailableException error)
        {
            return (new MutationOutcome(OutcomeKind.Unknown, error.Message), new ChangeResult(change, false, null));
        }

        if (seen is null) return (new MutationOutcome(OutcomeKind.TableMissing, "the table is gone"), new ChangeResult(change, false, null));
        var destination = change.Destination.ToString();
        var target = seen.Routes.FirstOrDefault(route => route.Destination == destination && !route.Propagated)?.Target;
        if (target == Wanted(change)) return (MutationOutcome.Done, new ChangeResult(change, true, target));

        // Not visible, or the older state: it may be on its way. Open until it shows or the window is over.
        if (target is null || target == change.From) return (outcome, new ChangeResult(change, false, null));
        return (outcome, new ChangeResult(change, true, target, Foreign: true));
    }

    private static string? Before(RouteChange change) => change.From ?? (change.Op == RouteOp.Delete ? change.Target : null);

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
