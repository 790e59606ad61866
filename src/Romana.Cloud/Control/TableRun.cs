using System.Collections.Immutable;
using Romana.Cloud.Aws;
using Romana.Cloud.Planning;
using Romana.Ipam.Addressing;

namespace Romana.Cloud.Control;

/// <summary>What one pass has to do in one table.</summary>
internal sealed record TableWork
{
    public required string Table { get; init; }

    /// <summary>In the order of the plan.</summary>
    public required ImmutableArray<RouteChange> Changes { get; init; }

    /// <summary>Those that take a route away from a host that is not Up.</summary>
    public IReadOnlySet<RouteChange> Failovers { get; init; } = ImmutableHashSet<RouteChange>.Empty;

    public required Settling Settling { get; init; }

    /// <summary>Not to be made any more, by what became known since the plan.</summary>
    public Func<RouteChange, bool> IsSpoiled { get; init; } = _ => false;

    /// <inheritdoc cref="LedgerPlanner.OldUntil"/>
    public Func<RouteChange, DateTimeOffset?> OldUntil { get; init; } = _ => null;

    /// <summary>Before this pass a route of ours led some of the destination's addresses to a living target.</summary>
    public Func<Cidr, bool> WasReached { get; init; } = _ => true;

    /// <summary>All creates fit before any of the removals: none has to wait for one.</summary>
    public bool HasRoom { get; init; }

    /// <summary>Routes of a family that the table takes beside those that are known to stand.</summary>
    public Func<IpFamily, int> Places { get; init; } = _ => int.MaxValue;

    /// <summary>Destinations of unanswered calls where no describe shows a route: each may have a place.</summary>
    public ImmutableArray<Cidr> MayStand { get; init; } = [];

    /// <summary>What a pass has to do in a table of its picture.</summary>
    public static TableWork Of(RoutePicture picture, SendSelection selection, string table, Settling settling)
    {
        var stands = picture.Readings[table].Table;
        ImmutableArray<RouteChange> changes = [.. selection.Changes.Where(change => change.Table == table)];
        return new TableWork
        {
            Table = table,
            Changes = changes,
            Failovers = selection.Failovers,
            Settling = settling,
            HasRoom = picture.Plan.Tables.Where(plan => plan.Id == table).All(plan => Fits(plan, stands, changes)),
            Places = family => picture.Plan.Tables.Where(plan => plan.Id == table && plan.Family == family)
                .Select(plan => plan.Quota - TableBook.Counting(stands, family)).DefaultIfEmpty(int.MaxValue).Min(),
            MayStand = [.. picture.Readings[table].Ledger.Entries.Where(entry => !entry.Settled && !stands.Routes.Any(route => route.Destination == entry.Destination.ToString())).Select(entry => entry.Destination)],
            WasReached = destination => Reach.Stands(picture, table, destination),
        };
    }

    /// <summary>All creates fit beside what stands.</summary>
    private static bool Fits(TablePlan plan, InventoryTable table, IEnumerable<RouteChange> changes) => plan.Quota - TableBook.Counting(table, plan.Family)
        >= changes.Count(change => change.Op == RouteOp.Create && change.Destination.Family == plan.Family);
}

/// <summary>Which changes of a table are left, which of them may go next, and what came of the others. No I/O.</summary>
internal sealed class TableRun(TableWork work)
{
    private readonly List<RouteChange> _left = [.. work.Changes];
    private readonly HeldChanges _held = new();
    private readonly ImmutableArray<ChangeResult>.Builder _results = ImmutableArray.CreateBuilder<ChangeResult>();
    private readonly ImmutableArray<(RouteChange At, MutationOutcome Outcome)>.Builder _failures =
        ImmutableArray.CreateBuilder<(RouteChange At, MutationOutcome Outcome)>();

    private readonly HashSet<Cidr> _taken = [.. work.MayStand];
    private readonly HashSet<Cidr> _given = [];

    public string Table => work.Table;

    /// <summary>A newer picture came: nothing of this table waits any more.</summary>
    public bool Overtaken { get; private set; }

    public bool IsFailover(RouteChange change) => work.Failovers.Contains(change);

    public DateTimeOffset? OldUntil(RouteChange change) => work.OldUntil(change);

    public bool IsSpoiled(RouteChange change) => work.IsSpoiled(change);

    /// <summary>
    /// The next change in the order of the plan whose time has come; null when there is none now, and
    /// <paramref name="wait"/> says how long until there may be one, null when nothing is left. What does not need a
    /// removal that waits goes before it.
    /// </summary>
    public RouteChange? Next(TimeSpan at, out TimeSpan? wait)
    {
        (wait, var waiting) = (null, new HeldChanges());
        for (var i = 0; i < _left.Count; i++)
        {
            var change = _left[i];
            if (IsHopeless(change))
            {
                // It is not sent, so what stood stands.
                _left.RemoveAt(i--);
                continue;
            }

            if (waiting.TryHold(change)) continue;
            if (wait is not null && !work.HasRoom && change.Op == RouteOp.Create)
            {
                waiting.Add(change);
                continue;
            }

            var left = work.Settling.Left(change, at);
            if (left <= TimeSpan.Zero)
            {
                wait = null;
                return change;
            }

            wait = wait is { } shortest && shortest < left ? shortest : left;
            waiting.Add(change);
        }

        return null;
    }

    /// <summary>
    /// Once overtaken nothing waits, and only what needs no new plan goes on: failovers, and the first change of a table,
    /// so that a stream of news cannot keep a table from moving.
    /// </summary>
    public bool MayPass(RouteChange change) => _results.Count == 0 || IsFailover(change);

    public void LeaveRest() => Overtaken = true;

    public void Done(RouteChange change, ChangeResult result, TimeSpan at)
    {
        _left.Remove(change);
        _results.Add(result);
        if (change.Op == RouteOp.Create) _taken.Add(change.Destination);
        else if (change.Op == RouteOp.Delete && !_taken.Remove(change.Destination)) _given.Add(change.Destination);
        work.Settling.Made(change.Destination, at);
    }

    /// <param name="result">Null: it surely did not happen, as if it had not been sent.</param>
    public void Failed(RouteChange change, MutationOutcome outcome, ChangeResult? result)
    {
        _left.Remove(change);
        if (result is not null) _results.Add(result);
        if (change.Op == RouteOp.Create && result is { Settled: false } or { Foreign: true }) _taken.Add(change.Destination);
        _failures.Add((change, outcome));
        if (EndsTable(outcome.Kind)) _left.Clear();
        else if (outcome.Kind != OutcomeKind.TargetMissing || work.WasReached(change.Destination)) _held.Add(change);
    }

    public TableOutcome Outcome() => new()
    {
        Table = work.Table,
        Results = _results.ToImmutable(),
        Failures = _failures.ToImmutable(),
        Overtaken = Overtaken,
    };

    /// <summary>Nothing else in this table would fare better now.</summary>
    private static bool EndsTable(OutcomeKind kind) =>
        kind is OutcomeKind.TermLost or OutcomeKind.Throttled or OutcomeKind.TableMissing or OutcomeKind.Unauthorized;

    /// <summary>
    /// Needs a change that was not made, or is sure to be refused as the last one was: a create in a full table, a route
    /// to an interface that is gone. What needs the latter waits if its addresses are reached without it, by the router
    /// that stands; where nothing reached them nothing is lost by going on.
    /// </summary>
    private bool IsHopeless(RouteChange change)
    {
        if (_held.TryHold(change)) return true;
        if (change.Op != RouteOp.Delete && Failed(OutcomeKind.TargetMissing, failure => failure.Target == change.Target))
        {
            if (work.WasReached(change.Destination)) _held.Add(change);
            return true;
        }

        if (change.Op != RouteOp.Create) return false;
        var isFull = Failed(OutcomeKind.LimitExceeded, failure => failure.Destination.Family == change.Destination.Family);

        // A quota that the operator set is ours to keep: the place that a removal was to give may not be there, and a
        // create whose answer is lost may have one.
        if (!isFull && HasPlace(change.Destination) && (work.HasRoom || !_failures.Any(failure => failure.At.Op == RouteOp.Delete))) return false;
        _held.Add(change);
        return true;
    }

    /// <summary>Even if every create that was not answered stands.</summary>
    private bool HasPlace(Cidr destination)
    {
        int Count(HashSet<Cidr> some) => some.Count(one => one.Family == destination.Family && one != destination);
        return (long)work.Places(destination.Family) + Count(_given) - Count(_taken) > 0;
    }

    private bool Failed(OutcomeKind kind, Func<RouteChange, bool> same) => _failures.Any(failure => failure.Outcome.Kind == kind && same(failure.At));
}
