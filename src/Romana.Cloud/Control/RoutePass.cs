using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Romana.Cloud.Aws;
using Romana.Cloud.Discovery;
using Romana.Cloud.Health.Judging;
using Romana.Cloud.Planning;
using Romana.Ipam.Hosts;
using Romana.Ipam.Stores;

namespace Romana.Cloud.Control;

/// <summary>
/// Routes: read and plan, write the intents by one batch of compare-and-swaps, make the calls, settle by another. A pass
/// takes on a part of a long plan, and what it has not sent when newer hosts, blocks or health come it takes back.
/// </summary>
internal sealed partial class RoutePass(EngineParts parts, World world, RouteReader reader, Func<SeenHosts?, IReadOnlySet<string>> checksOn)
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan AfterThrottle = TimeSpan.FromSeconds(5);

    /// <summary>Least time from the start of a pass that was overtaken to the next: each writes the ledgers twice.</summary>
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(100);

    private static readonly ImmutableSortedDictionary<string, StoredLedger> Nothing = ImmutableSortedDictionary<string, StoredLedger>.Empty;
    private readonly RouteExecutor _executor = new(new Ec2RouteCalls(parts.Writer, parts.Reader), parts.Clock, parts.Logs.CreateLogger<RouteExecutor>());
    private readonly Fitness _fitness = new();
    private readonly LedgerWrites _ledgers = new(parts, reader.Book);
    private readonly Sendable _sendable = new(reader.Book, parts.Options.CallTimeout);
    private readonly RouteTelling _telling = new(parts, world);
    private readonly ILogger _log = parts.Logs.CreateLogger<RoutePass>();
    private ImmutableArray<Condition> _assumed = [];
    private ImmutableDictionary<string, ImmutableArray<Condition>> _leftBehind = ImmutableDictionary<string, ImmutableArray<Condition>>.Empty;
    private int? _lastHosts;
    private int? _lastBlocks;

    /// <summary>Start of the last pass, if that was overtaken.</summary>
    private long? _overtaken;

    /// <summary>Anomalies in a row, for the wait before the next look.</summary>
    private int _anomalies;

    /// <summary>Time to the next describe: a loop's resync may be longer than the audit period.</summary>
    public TimeSpan UntilAudit => reader.UntilAudit;

    public async Task<Verdict> RunAsync(CancellationToken cancel)
    {
        if (world.Hosts is not { } hosts) return new Verdict.GiveUp("hosts have not been seen yet");
        await PaceAsync(cancel).ConfigureAwait(false);
        var began = parts.Clock.GetTimestamp();
        var overtaking = new Overtaking(world, parts.Clock, cancel);
        await using (overtaking.ConfigureAwait(false))
        {
            var health = world.Health;
            var hot = _fitness.IsNews(hosts, health);
            var picture = await reader.ReadAsync(hosts, Options(), cancel, hot || world.MoreFollows).ConfigureAwait(false);

            // A removal is never urgent, and the route may have become somebody else's since the last look (R2). While
            // packets are lost the removals wait for the next pass instead.
            var old = picture is not null && reader.LookIsOld && picture.Plan.Changes.Any(change => change.Op == RouteOp.Delete);
            if (old && SendOrder.Failovers(picture!.Plan, picture.Inventory).IsEmpty)
            {
                reader.ForceAudit();
                picture = await reader.ReadAsync(hosts, Options(), cancel).ConfigureAwait(false);
                old = false;
            }

            if (picture is null) return new Verdict.Done(0);
            Show(picture, hosts);
            if (parts.TermIsLost) return new Verdict.GiveUp("another controller took over");
            var verdict = await ApplyAsync(picture, !old, overtaking, cancel).ConfigureAwait(false);
            _overtaken = overtaking.Token.IsCancellationRequested ? began : null;
            if (_overtaken is null) _fitness.Keep(hosts, health);
            return verdict;
        }
    }

    private async Task PaceAsync(CancellationToken cancel)
    {
        if (_overtaken is not { } began || Pace - parts.Clock.GetElapsedTime(began) is not { Ticks: > 0 } left) return;
        await Task.Delay(left, parts.Clock, cancel).ConfigureAwait(false);
    }

    private async Task<Verdict> ApplyAsync(RoutePicture picture, bool removals, Overtaking overtaking, CancellationToken cancel)
    {
        var selection = _sendable.Of(picture, _ledgers.Pen(), removals);
        var intents = await _ledgers.IntendAsync(picture, selection.Changes, cancel).ConfigureAwait(false);
        Stand(picture, intents);
        overtaking.Watch(stop => reader.NewsAsync(picture, stop));
        var called = await CallAsync(picture, selection, intents, overtaking.Token, cancel).ConfigureAwait(false);
        ImmutableArray<TableOutcome> outcomes = [.. called.Select(reader.Book.Fights.Resolve)];
        foreach (var outcome in outcomes) _telling.TellDrift(outcome.Table, reader.Book.Fights.Learn(outcome));
        var written = await _ledgers.SettleAsync(picture, selection.Changes, intents, outcomes, cancel).ConfigureAwait(false);
        _telling.Tell(picture, intents.Keys, outcomes);
        if (picture.Plan.Refused.All(refusal => refusal.Code != "brake"))
            (_lastHosts, _lastBlocks) = (picture.Inventory.Hosts.Length, picture.Inventory.Blocks?.Length);
        return Judge(picture, intents, outcomes, selection, written);
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
        _telling.AskAboutBlackholes(picture.Inventory);
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
            .Concat(intents.Values.Select(stored => stored.Spec)).Concat(picture.LeftBehind.Select(left => left.Spec)).Concat(picture.Unseen));

    private async Task<ImmutableArray<TableOutcome>> CallAsync(RoutePicture picture, SendSelection selection,
        ImmutableSortedDictionary<string, StoredLedger> intents, CancellationToken overtaken, CancellationToken cancel)
    {
        var now = parts.Clock.GetUtcNow();
        var tables = selection.Changes.Where(change => intents.ContainsKey(change.Table)).GroupBy(change => change.Table, StringComparer.Ordinal)
            .Select(table => TableWork.Of(picture, selection, table.Key, new Settling(picture.Readings[table.Key].Ledger, parts.Options.Settle, now)) with
            {
                IsSpoiled = change => IsSpoiled(picture, change),
                OldUntil = LedgerPlanner.OldUntil(intents[table.Key].Spec, parts.Options.VisibilityLag),
            }).ToList();
        return tables.Count == 0 ? [] : await _executor.ApplyAsync(tables, overtaken, cancel).ConfigureAwait(false);
    }

    /// <summary>Its target is taken for worse than when the plan was made: a candidate that is known to be dead is never chosen.</summary>
    private bool IsSpoiled(RoutePicture picture, RouteChange change) => change.Op != RouteOp.Delete
        && picture.Behind.TryGetValue(change.Target, out var host) && Rank(world.Health, host) > Rank(picture.Inputs.Health, host);

    private static int Rank(HealthPicture health, HostUid host) => HealthJoin.Rank(health.Of(host)?.Health ?? HostHealth.Up);

    private Verdict Judge(RoutePicture picture, ImmutableSortedDictionary<string, StoredLedger> intents,
        ImmutableArray<TableOutcome> outcomes, SendSelection selection, int unwritten)
    {
        var calls = outcomes.Sum(outcome => outcome.Results.Length);
        var stopped = outcomes.Where(outcome => outcome.Stopped is not null).ToList();
        var open = picture.Readings.Values.Any(reading => reading.Ledger.Entries.Any(entry => !entry.Settled));
        if (stopped.SelectMany(one => one.Failures).Any(one => one.Outcome.Kind is OutcomeKind.TargetMissing or OutcomeKind.TargetUnhealthy)) world.AskRediscovery();
        if (stopped.Any(one => one.Stopped!.Kind != OutcomeKind.Throttled) || open || unwritten > 0 || selection.WaitsForLook) reader.ForceAudit();
        var reason = stopped.Count > 0 ? $"{stopped[0].Table}: {stopped[0].Stopped!.Kind}: {stopped[0].Stopped!.Message}"
            : selection.Waits is { } waits ? waits
            : unwritten > 0 || intents.Count < picture.Ledgers.Count ? "the ledger could not be written"
            : open ? "an unanswered call is not visible yet" : null;
        if (reason is null) _anomalies = 0;

        world.MoreFollows = selection.More && calls > 0;

        // One more look at what the calls made of it: the plan that follows must be empty.
        var next = outcomes.Any(outcome => outcome.Overtaken) ? "overtaken by newer hosts, blocks or health"
            : selection.More && calls > 0 ? "more changes wait for their turn"
            : selection.WaitsForLook || picture.AuditWasPutOff ? "the tables have to be read"
            : reason is null && calls > 0 ? "calls were made" : null;
        if (next is not null) return new Verdict.RetryAfter(TimeSpan.Zero, reason ?? next, calls);
        if (reason is null) return new Verdict.Done(0);
        var wait = stopped.SelectMany(one => one.Failures).Any(one => one.Outcome.Kind == OutcomeKind.Throttled) ? AfterThrottle
            : Soon * Math.Pow(2, Math.Min(_anomalies++, 5));
        return new Verdict.RetryAfter(wait, reason, calls);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "routes: {Create} to create, {Replace} to replace, {Delete} to delete")]
    private partial void LogPlan(int create, int replace, int delete);
}
