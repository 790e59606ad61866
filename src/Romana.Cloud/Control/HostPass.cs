using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Romana.Cloud.Aws;
using Romana.Cloud.Discovery;
using Romana.Cloud.Health;
using Romana.Ipam.Hosts;
using Romana.Ipam.Planning;
using Romana.Ipam.Stores;

namespace Romana.Cloud.Control;

/// <summary>Hosts and blocks: discovery in, records out. Resolves an open proposal first, as the planner decides.</summary>
internal sealed partial class HostPass(EngineParts parts, World world)
{
    /// <summary>A plan that keeps changing its mind is a defect; the resync goes on from there.</summary>
    private const int MostRounds = 20;

    private static readonly TimeSpan Soon = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan SecondLook = TimeSpan.FromSeconds(5);
    private readonly Period _audit = new(parts.Options.Audit, parts.Clock);
    private readonly ILogger _log = parts.Logs.CreateLogger<HostPass>();
    private readonly DeadChecks _deadChecks = new(parts);

    private ImmutableArray<Condition> _leftOut = [];
    private readonly Dictionary<HostUid, DateTimeOffset> _early = [];
    private long? _generation;

    public TimeSpan UntilAudit => _audit.LeftOf(world.Patience);

    public async Task<Verdict> RunAsync(CancellationToken cancel)
    {
        var before = world.Hosts;
        var verdict = await PassAsync(cancel).ConfigureAwait(false);
        if (verdict is Verdict.Done { Changes: > 0 } or Verdict.RetryAfter { Changes: > 0 } || !ReferenceEquals(before, world.Hosts)) world.Tell(Changed.Hosts);
        return verdict;
    }

    private async Task<Verdict> PassAsync(CancellationToken cancel)
    {
        var fresh = await DiscoverAsync(cancel).ConfigureAwait(false);
        var changes = 0;
        for (var round = 0; round < MostRounds; round++)
        {
            // Discovery counts once: two rounds on one look are not two observations.
            var view = await parts.Views.ReadAsync(cancel).ConfigureAwait(false);
            var plan = Plan(view, round == 0 ? fresh : null);
            Show(plan, view);
            if (plan.Changes.IsEmpty)
            {
                if (fresh is not null) changes += await _deadChecks.ForgetAsync(view, cancel).ConfigureAwait(false);
                return await EndAsync(plan, view, changes, cancel).ConfigureAwait(false);
            }

            LogPlan(plan.Summary);
            if (parts.TermIsLost) return new Verdict.GiveUp("another controller took over");
            var results = await parts.Store.WriteSurelyAsync(plan.Writes, cancel).ConfigureAwait(false);
            changes += results.Count(result => result is WriteResult.Committed);
            await VouchAsync(plan, results, cancel).ConfigureAwait(false);
            if (results.OfType<WriteResult.Unavailable>().FirstOrDefault() is { } down)
                return new Verdict.RetryAfter(Soon, $"store: {down.Reason}", changes);
        }

        return new Verdict.RetryAfter(Soon, "hosts and blocks are still changing", changes);
    }

    /// <summary>A host that was missed or seen dead once is looked at again soon: conclusions need two observations.</summary>
    private async Task<Verdict> EndAsync(LifecyclePlan plan, ControllerView view, int changes, CancellationToken cancel)
    {
        if (plan.GrantsHeld == GrantsHeld.No && Standing is { Standing: StoreStanding.New })
            await Standing.TrustAsync(cancel).ConfigureAwait(false);
        if (!view.Hosts.Any(host => host.Spec is { Condition: not HostCondition.Dead } and ({ Missed: 1 } or { Ended: 1 }))) return new Verdict.Done(changes);
        world.AskRediscovery();
        return new Verdict.RetryAfter(SecondLook, "a host was missing once", changes);
    }

    /// <summary>Only after the review's end is in the store: a crash before that reviews again, which harms nobody.</summary>
    private async Task VouchAsync(LifecyclePlan plan, IReadOnlyList<WriteResult> results, CancellationToken cancel)
    {
        if (!plan.VouchForStore || Standing is null) return;
        var ended = plan.Changes.Zip(results).Any(pair => pair is { First: Change.UpdateTopology, Second: WriteResult.Committed });
        if (ended) await Standing.TrustAsync(cancel).ConfigureAwait(false);
    }

    private IStoreStanding? Standing => parts.Store as IStoreStanding;

    private async Task<SeenHosts?> DiscoverAsync(CancellationToken cancel)
    {
        var asked = world.TakeRediscovery();
        if (!asked && !_audit.IsDueAfter(world.Patience)) return null;
        if (asked) parts.Hosts.Forget();
        var at = parts.Clock.GetUtcNow();
        try
        {
            var seen = await parts.Hosts.ReadAsync(cancel).ConfigureAwait(false) with { At = at };
            _audit.Done();
            if (!Same(world.Hosts, seen)) foreach (var problem in seen.Problems) LogProblem(problem);
            ShowProblems(seen);
            return world.Hosts = seen;
        }
        catch (Exception error) when (error is Ec2UnavailableException or HostsUnreadableException)
        {
            world.AskRediscovery();
            throw;
        }
    }

    private void ShowProblems(SeenHosts seen)
    {
        (string, string)[] standing = seen.Problems.IsEmpty ? [] : [("HostsLeftOut", string.Join("; ", seen.Problems.Take(10)))];
        _leftOut = ConditionBoard.Next(_leftOut, standing, parts.Clock.GetUtcNow());
        parts.Conditions.Set("hosts", _leftOut);
    }

    private static bool Same(SeenHosts? before, SeenHosts now) => before is not null && before.Problems.SequenceEqual(now.Problems);

    private LifecyclePlan Plan(ControllerView view, SeenHosts? fresh) => LifecyclePlanner.Plan(view with
    {
        Discovery = fresh?.ToDiscovery(),
        FreshUids = fresh is null ? [] : StoreViews.FreshUids(fresh.Hosts.Length),
        IsRouted = world.Routed.By(view),
        DropsPods = world.Routed.DropsPods(view),
        Standing = Standing is { Standing: StoreStanding.Rewound } ? StoreStanding.Rewound : StoreStanding.Trusted,
        Rewind = Standing?.Rewind,

        // Before the tables were read every block may still be routed.
        StillRouted = world.Standing?.StillLeading(view) ?? view.Blocks.Select(block => block.Spec.Cidr).ToHashSet(),
        Settings = parts.Lifecycle,
    });

    private void Show(LifecyclePlan plan, ControllerView view)
    {
        foreach (var happened in plan.Events)
        {
            LogEvent(happened.Reason, happened.About, happened.Message);
            parts.Events.Tell(happened.Reason, happened.About, happened.Message);
        }

        TellGeneration(view);
        TellEarlyReuse(view);
        parts.Conditions.Set("topology", plan.Conditions);
        world.Watched = Watched(view);
        parts.State.Update(state => state with { Topology = view.Layout });
    }

    /// <summary>Agents say it in their records; what they said before this term is told already.</summary>
    private void TellEarlyReuse(ControllerView view)
    {
        foreach (var host in view.Hosts)
        {
            if (host.Status?.EarlyReuse is not { } early || early.At <= _early.GetValueOrDefault(host.Spec.Uid, parts.TermSince)) continue;
            _early[host.Spec.Uid] = early.At;
            parts.Events.Tell("EarlyReuse", host.Spec.Name, $"{early.Address} went to another pod before its reuse delay was over, since its host had no other address; {early.Count} since its agent began");
        }
    }

    private void TellGeneration(ControllerView view)
    {
        if (view.Topology?.Spec.Generation is not { } generation) return;
        if (_generation is { } before && before != generation)
            parts.Events.Tell("TopologyCommitted", "topology", $"generation {generation} is in force, after {before}");
        _generation = generation;
    }

    /// <summary>A host that EC2 shows as stopped is Down by that: probes of it would only blur the picture.</summary>
    private WatchedHost[] Watched(ControllerView view)
    {
        var off = (world.Hosts?.Hosts ?? []).Where(host => host.Health == Planning.HostHealth.Down)
            .Select(host => host.Sighting.Evidence.InstanceId).OfType<string>().ToHashSet(StringComparer.Ordinal);
        return [.. view.Hosts.Select(host => host.Spec)
            .Where(host => host.Condition != HostCondition.Dead && !off.Contains(host.Evidence.InstanceId ?? "")).Select(WatchedHost.Of)];
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "hosts and blocks: {Plan}")]
    private partial void LogPlan(string plan);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Problem}")]
    private partial void LogProblem(string problem);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Reason}: {About}: {Message}")]
    private partial void LogEvent(string reason, string about, string message);
}
