using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Romana.Cloud.Aws;
using Romana.Cloud.Discovery;
using Romana.Cloud.Planning;
using Romana.Ipam.Routes;
using Romana.Ipam.Stores;

namespace Romana.Cloud.Control;

/// <summary>
/// Routes: read and plan, write all intents by one batch of compare-and-swaps, make the calls, settle by another. No
/// intent in the store, no call.
/// </summary>
internal sealed partial class RoutePass(EngineParts parts, World world, Func<SeenHosts?, IReadOnlySet<string>> checksOn)
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan AfterThrottle = TimeSpan.FromSeconds(5);
    private static readonly ImmutableSortedDictionary<string, StoredLedger> Nothing = ImmutableSortedDictionary<string, StoredLedger>.Empty;
    private readonly RouteReader _reader = new(parts, world);
    private readonly RouteExecutor _executor = new(
        parts.Writer, parts.Reader, parts.Clock, parts.Options.Settle, parts.Logs.CreateLogger<RouteExecutor>());

    private readonly ILogger _log = parts.Logs.CreateLogger<RoutePass>();
    private ImmutableArray<Condition> _assumed = [];
    private ImmutableDictionary<string, ImmutableArray<Condition>> _leftBehind = ImmutableDictionary<string, ImmutableArray<Condition>>.Empty;
    private ImmutableSortedDictionary<string, HostHealth>? _health;
    private int? _lastHosts;
    private int? _lastBlocks;

    /// <summary>Anomalies in a row, for the wait before the next look.</summary>
    private int _anomalies;

    /// <summary>Time to the next describe: a loop's resync may be longer than the audit period.</summary>
    public TimeSpan UntilAudit => _reader.UntilAudit;

    public async Task<Verdict> RunAsync(CancellationToken cancel)
    {
        if (world.Hosts is not { } hosts) return new Verdict.GiveUp("hosts have not been seen yet");
        var picture = await _reader.ReadAsync(hosts, Options(), cancel).ConfigureAwait(false);
        if (picture is not null && _reader.LookIsOld && picture.Plan.Changes.Any(change => change.Op == RouteOp.Delete))
        {
            // A removal is never urgent, and the route may have become somebody else's since the last look (R2).
            _reader.ForceAudit();
            picture = await _reader.ReadAsync(hosts, Options(), cancel).ConfigureAwait(false);
        }

        if (picture is null) return new Verdict.Done(0);
        Show(picture, hosts);
        if (parts.TermIsLost) return new Verdict.GiveUp("another controller took over");

        var (changes, waits) = Sendable(picture);
        var intents = await WriteIntentsAsync(picture, changes, cancel).ConfigureAwait(false);
        Stand(picture, intents);
        var outcomes = await CallAsync(changes, intents, cancel).ConfigureAwait(false);
        var written = await SettleAsync(picture, changes, intents, outcomes, cancel).ConfigureAwait(false);
        Tell(picture, intents.Keys, outcomes);
        if (picture.Plan.Refused.All(refusal => refusal.Code != "brake"))
            (_lastHosts, _lastBlocks) = (picture.Inventory.Hosts.Length, picture.Inventory.Blocks?.Length);
        return Judge(picture, intents, outcomes, waits, written);
    }

    private PlanOptions Options() => new()
    {
        Adopt = parts.Options.Adopt,
        AllowMassRemoval = parts.Options.AllowMassRemoval,
        LastHosts = _lastHosts,
        LastBlocks = _lastBlocks,
    };

    private void Show(RoutePicture picture, SeenHosts hosts)
    {
        if (picture.Plan.HasChanges)
            LogPlan(picture.Plan.Calls.CreateRoute, picture.Plan.Calls.ReplaceRoute, picture.Plan.Calls.DeleteRoute);
        var before = world.Routed;
        var unfit = picture.Inventory.Hosts.Where(host => host.Health != HostHealth.Up).Select(host => host.Eni);
        world.Routed = new RoutedSet(picture.Inventory.Tables, checksOn(hosts),
            picture.Inventory.Hosts.Select(host => host.Eni).ToHashSet(StringComparer.Ordinal), unfit);
        var standing = world.Standing?.Count;
        Stand(picture, Nothing);
        ShowAdvice(picture);
        if (!world.Routed.IsLike(before) || world.Standing?.Count != standing) world.Tell(Changed.Routes);
        parts.State.Update(state => state with
        {
            Topology = picture.Topology,
            Inventory = picture.Inventory,
            Plan = picture.Plan,
            LeftOut = picture.LeftOut,
            Calls = parts.Gate.Metrics.Calls,
        });
    }

    /// <param name="written">Tables whose ledgers hold what the pass intended.</param>
    private void Tell(RoutePicture picture, IEnumerable<string> written, ImmutableArray<TableOutcome> outcomes)
    {
        string? Why(string host) => RouteEvents.Why(host, world.Watched, world.Health, world.Hosts);
        var health = picture.Inventory.Hosts.GroupBy(host => host.Name, StringComparer.Ordinal)
            .ToImmutableSortedDictionary(same => same.Key, same => same.First().Health, StringComparer.Ordinal);
        var adopted = picture.Plan.Adopted.IsEmpty ? [] : picture.Plan.Adopted.IntersectBy(written, route => route.Table);
        foreach (var one in RouteEvents.OfHealth(_health, health, Why).Concat(RouteEvents.OfMoves(picture.Inventory, outcomes, Why)).Concat(RouteEvents.OfAdoptions(adopted)))
            parts.Events.Tell(one.Kind, one.About, one.Message);
        _health = health;
    }

    private void ShowAdvice(RoutePicture picture)
    {
        var now = parts.Clock.GetUtcNow();
        _assumed = ConditionBoard.Next(_assumed, picture.Assumed.Select(line => (RouteConditions.Assumed, line)), now);
        parts.Conditions.Set(parts.Options.Vpc, _assumed);
        var left = picture.LeftBehind.ToDictionary(ledger => ledger.Spec.Table, StringComparer.Ordinal);
        foreach (var table in _leftBehind.Keys.Except(left.Keys.Concat(picture.Ledgers.Keys), StringComparer.Ordinal)) parts.Conditions.Set(table, []);
        _leftBehind = left.ToImmutableDictionary(pair => pair.Key, pair => ConditionBoard.Next(_leftBehind.GetValueOrDefault(pair.Key, []),
            [(RouteConditions.LeftBehind, RouteConditions.LeftIn(pair.Value, parts.Options.Tables))], now));
        foreach (var (table, conditions) in _leftBehind) parts.Conditions.Set(table, conditions);
    }

    /// <param name="intents">What the store holds besides what the tables showed.</param>
    private void Stand(RoutePicture picture, ImmutableSortedDictionary<string, StoredLedger> intents) =>
        world.Standing = StandingRoutes.Of(picture.Topology, picture.Readings.Values.Select(reading => reading.Ledger)
            .Concat(intents.Values.Select(stored => stored.Spec)).Concat(picture.LeftBehind.Select(left => left.Spec)));

    /// <summary>
    /// Changes that may be sent now: not those of tables that rest, those just refused and what needs them, of blocks in an overlap, or of a destination that a
    /// dead leader's call may still change. A table's sequence ends where one of its changes has to wait.
    /// </summary>
    private (ImmutableArray<RouteChange> Changes, string? Waits) Sendable(RoutePicture picture)
    {
        var pen = Pen();
        var changes = ImmutableArray.CreateBuilder<RouteChange>();
        var held = new HashSet<string>(StringComparer.Ordinal);
        var (undone, lost) = (new HeldChanges(), _reader.Book.LostTargets());
        var refused = false;
        foreach (var change in CoversFirst.Order(picture.Plan))
        {
            if (held.Contains(change.Table) || _reader.Book.Resting(change.Table) is not null) continue;
            if (picture.LeaveAlone.Any(change.Destination.Equals) || undone.TryHold(change)) continue;
            if (_reader.Book.IsRefused(change))
            {
                undone.Add(change);
                continue;
            }

            if (change.Op != RouteOp.Delete && lost.Contains(change.Target))
            {
                refused = true;
                continue;
            }

            if (LedgerPlanner.MustWait(picture.Readings[change.Table].Ledger, change, pen, parts.Options.CallTimeout)) held.Add(change.Table);
            else changes.Add(change);
        }

        return (changes.ToImmutable(), held.Count > 0 ? "a call of the last controller may still land" : refused ? "EC2 refused an interface as a target" : null);
    }

    /// <summary>Ledgers as they stand in the store now, by table; a table whose write failed is left out: no calls there.</summary>
    private async Task<ImmutableSortedDictionary<string, StoredLedger>> WriteIntentsAsync(
        RoutePicture picture, ImmutableArray<RouteChange> changes, CancellationToken cancel)
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
        _reader.Book.Unconfirm(changes);
        return await WriteAsync(picture.Ledgers, next, cancel).ConfigureAwait(false);
    }

    private async Task<ImmutableArray<TableOutcome>> CallAsync(
        ImmutableArray<RouteChange> changes, ImmutableSortedDictionary<string, StoredLedger> intents, CancellationToken cancel)
    {
        var sent = changes.Where(change => intents.ContainsKey(change.Table)).ToList();
        return sent.Count == 0 ? [] : await _executor.ApplyAsync(sent, cancel).ConfigureAwait(false);
    }

    private async Task<int> SettleAsync(RoutePicture picture, ImmutableArray<RouteChange> changes,
        ImmutableSortedDictionary<string, StoredLedger> intents, ImmutableArray<TableOutcome> outcomes, CancellationToken cancel)
    {
        var pen = Pen();
        var wanted = changes.ToLookup(change => change.Table, StringComparer.Ordinal);
        var byTable = outcomes.ToDictionary(outcome => outcome.Table, StringComparer.Ordinal);
        foreach (var outcome in outcomes)
            _reader.Book.Learn(outcome, picture.Readings.GetValueOrDefault(outcome.Table)?.Table);
        var next = intents.ToImmutableSortedDictionary(pair => pair.Key, pair =>
        {
            var outcome = byTable.GetValueOrDefault(pair.Key);
            var ledger = outcome is null ? pair.Value.Spec : LedgerPlanner.WithResults(
                pair.Value.Spec, outcome.Results.Concat(LedgerPlanner.Unsent(wanted[pair.Key], outcome)), pen);
            return ledger with
            {
                Conditions = ConditionBoard.Next(ledger.Conditions,
                    RouteConditions.Of(picture.Plan, pair.Key, outcome, _reader.Book.Refusals(pair.Key)), pen.Now),
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

    private Verdict Judge(RoutePicture picture, ImmutableSortedDictionary<string, StoredLedger> intents,
        ImmutableArray<TableOutcome> outcomes, string? waits, int unwritten)
    {
        var calls = outcomes.Sum(outcome => outcome.Results.Length);
        var stopped = outcomes.Where(outcome => outcome.Stopped is not null).ToList();
        var open = picture.Readings.Values.Any(reading => reading.Ledger.Entries.Any(entry => !entry.Settled));
        if (stopped.SelectMany(one => one.Failures).Any(one => one.Outcome.Kind is OutcomeKind.TargetMissing or OutcomeKind.TargetUnhealthy)) world.AskRediscovery();
        if (stopped.Any(one => one.Stopped!.Kind != OutcomeKind.Throttled) || open || unwritten > 0) _reader.ForceAudit();
        var reason = stopped.Count > 0 ? $"{stopped[0].Table}: {stopped[0].Stopped!.Kind}: {stopped[0].Stopped!.Message}"
            : waits is not null ? waits
            : unwritten > 0 || intents.Count < picture.Ledgers.Count ? "the ledger could not be written"
            : open ? "an unanswered call is not visible yet" : null;
        if (reason is null)
        {
            _anomalies = 0;

            // One more look at what the calls made of it: the plan that follows must be empty.
            return calls > 0 ? new Verdict.RetryAfter(TimeSpan.Zero, "calls were made", calls) : new Verdict.Done(0);
        }

        var wait = stopped.SelectMany(one => one.Failures).Any(one => one.Outcome.Kind == OutcomeKind.Throttled) ? AfterThrottle
            : Soon * Math.Pow(2, Math.Min(_anomalies++, 5));
        return new Verdict.RetryAfter(wait, reason, calls);
    }

    private LedgerPen Pen() => new(parts.Term?.Number ?? 0, parts.Clock.GetUtcNow(), parts.TermSince);

    [LoggerMessage(Level = LogLevel.Information, Message = "routes: {Create} to create, {Replace} to replace, {Delete} to delete")]
    private partial void LogPlan(int create, int replace, int delete);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Table}: ledger not written ({Outcome}); no call there in this pass")]
    private partial void LogNotWritten(string table, string outcome);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Table} is gone from the VPC: its ledger is dropped")]
    private partial void LogGone(string table);
}
