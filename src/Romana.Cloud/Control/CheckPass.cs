using Microsoft.Extensions.Logging;
using Romana.Cloud.Aws;
using Romana.Cloud.Discovery;
using Romana.Ipam.Hosts;
using Romana.Ipam.Stores;

namespace Romana.Cloud.Control;

/// <summary>
/// Switches the source/destination check off on pod interfaces where it is still on. First the record that we did,
/// then the call: what uninstall must restore is known whatever becomes of the call. Each interface that fails rests by
/// itself; one that is refused is a condition of its host and no reason to call the pass undone.
/// </summary>
internal sealed partial class CheckPass(EngineParts parts, World world)
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(2);
    private readonly ILogger _log = parts.Logs.CreateLogger<CheckPass>();
    private readonly CheckRests _rests = new(parts.Clock);

    private readonly ChecksOff _off = new(parts.Options.VisibilityLag);

    /// <summary>Hosts whose records say that their check stays on; null before the records were read.</summary>
    private HashSet<HostUid>? _marked;

    /// <summary>Interfaces that would drop pods' packets, as far as is known.</summary>
    public IReadOnlySet<string> StillOn(SeenHosts? hosts) => Wanted(hosts).Select(host => host.Sighting.PodInterface!.Id!).ToHashSet();

    /// <summary>Until an interface that failed is tried again.</summary>
    public TimeSpan UntilDue => _rests.Shortest;

    public async Task<Verdict> RunAsync(CancellationToken cancel)
    {
        var wanted = Wanted(world.Hosts);
        _rests.Keep(wanted.Select(host => host.Sighting.PodInterface!.Id!).ToHashSet(StringComparer.Ordinal));
        if (wanted.Count == 0 && _marked is { Count: 0 }) return new Verdict.Done(0);
        if (parts.TermIsLost) return new Verdict.GiveUp("another controller took over");
        var due = wanted.Where(host => _rests.IsDue(host.Sighting.PodInterface!.Id!)).ToList();
        var recorded = due.Count == 0 ? [] : await RecordAsync(due, cancel).ConfigureAwait(false);
        var outcomes = await Task.WhenAll(recorded.Select(eni => SwitchAsync(eni, cancel))).ConfigureAwait(false);
        foreach (var (eni, outcome) in recorded.Zip(outcomes))
        {
            if (outcome.IsDone) _rests.Passed(eni);
            else _rests.Failed(eni, outcome);
        }

        var done = outcomes.Count(outcome => outcome.IsDone);
        var marked = due.Count > 0 || _marked is not { Count: 0 } ? await MarkAsync(cancel).ConfigureAwait(false) : 0;
        if (done + marked > 0) world.Tell(Changed.Checks);
        if (outcomes.Any(outcome => outcome.Kind is OutcomeKind.TargetMissing)) world.AskRediscovery();
        if (recorded.Count < due.Count) return new Verdict.RetryAfter(Soon, "a host is not recorded yet", done + marked);
        return _rests.FirstPassing() is var (failed, after)
            ? new Verdict.RetryAfter(after, $"source/destination check: {failed.Message}", done + marked) : new Verdict.Done(done + marked);
    }

    /// <summary>Brings the hosts' records to what is known of their checks; the number of records written.</summary>
    private async Task<int> MarkAsync(CancellationToken cancel)
    {
        var hosts = await parts.Store.ListAsync(RecordTypes.Hosts, Selector.Everything, Consistency.Linearizable, cancel).ConfigureAwait(false);
        var seen = (world.Hosts?.Hosts ?? []).Where(host => host.Sighting.PodInterface?.Id is not null)
            .ToLookup(host => host.Sighting.PodInterface!.Id!, StringComparer.Ordinal);
        var now = parts.Clock.GetUtcNow();
        var writes = new List<Write>();
        _marked = [];
        foreach (var host in hosts.Items)
        {
            if (!CheckConditions.StaysOn(host.Spec) && Refusal(host.Spec) is null) continue;
            var next = IsSettled(host.Spec, seen) ? CheckConditions.Next(host.Spec, null, now)
                : Refusal(host.Spec) is { } refusal ? CheckConditions.Next(host.Spec, refusal, now) : host.Spec.Conditions;
            parts.Conditions.Set($"host {host.Spec.Name}", next);
            if (!next.IsEmpty) _marked.Add(host.Spec.Uid);
            if (next != host.Spec.Conditions)
                writes.Add(RecordTypes.Hosts.UpdateSpec(host, Stamp.New(), host.Spec with { Conditions = next }));
        }

        if (writes.Count == 0) return 0;
        var results = await parts.Store.WriteSurelyAsync(writes, cancel).ConfigureAwait(false);

        // Somebody else wrote the record meanwhile: the next pass tries again.
        if (results.Any(result => result is not WriteResult.Committed)) _marked = null;
        return results.Count(result => result is WriteResult.Committed);
    }

    private MutationOutcome? Refusal(HostSpec host) => host is { Condition: not HostCondition.Dead, PodInterface.Id: { } eni } ? _rests.Refusal(eni) : null;

    /// <summary>The check is off, or nobody cares any more. Of a host that is not seen the last word stands.</summary>
    private bool IsSettled(HostSpec host, ILookup<string, SeenHost> seen)
    {
        if (host.Condition == HostCondition.Dead || host.PodInterface?.Id is not { } eni) return true;
        if (_off.Contains(eni) && Refusal(host) is null) return true;
        return seen[eni].Any() && seen[eni].All(one => !one.CheckOn);
    }

    private List<SeenHost> Wanted(SeenHosts? hosts) => [.. (hosts?.Hosts ?? []).Where(host => host.CheckOn
        && host.Health != Planning.HostHealth.Down && host.Sighting.PodInterface?.Id is { } eni && !_off.Outweighs(hosts!, eni))];

    /// <summary>Interfaces whose host's record says that we switched them off.</summary>
    private async Task<List<string>> RecordAsync(List<SeenHost> wanted, CancellationToken cancel)
    {
        var hosts = await parts.Store.ListAsync(RecordTypes.Hosts, Selector.Everything, Consistency.Linearizable, cancel).ConfigureAwait(false);
        var byInterface = hosts.Items.Where(host => host.Spec.PodInterface?.Id is not null && host.Spec.Condition != HostCondition.Dead)
            .GroupBy(host => host.Spec.PodInterface!.Id!, StringComparer.Ordinal).ToDictionary(group => group.Key, group => group.First(), StringComparer.Ordinal);
        var recorded = new List<string>();
        var writes = new List<(string Eni, Write Write)>();
        foreach (var eni in wanted.Select(host => host.Sighting.PodInterface!.Id!))
        {
            if (!byInterface.TryGetValue(eni, out var record)) continue;
            if (record.Spec.ChecksSwitchedOff.Contains(eni)) recorded.Add(eni);
            else writes.Add((eni, RecordTypes.Hosts.UpdateSpec(record, Stamp.New(),
                record.Spec with { ChecksSwitchedOff = record.Spec.ChecksSwitchedOff.Add(eni) })));
        }

        if (writes.Count == 0) return recorded;
        var results = await parts.Store.WriteSurelyAsync([.. writes.Select(one => one.Write)], cancel).ConfigureAwait(false);
        recorded.AddRange(writes.Zip(results).Where(pair => pair.Second is WriteResult.Committed).Select(pair => pair.First.Eni));
        return recorded;
    }

    private async Task<MutationOutcome> SwitchAsync(string eni, CancellationToken cancel)
    {
        var outcome = await parts.Writer.SetSourceDestCheckAsync(eni, on: false, cancel).ConfigureAwait(false);
        if (!outcome.IsDone)
        {
            LogFailed(eni, outcome.Kind, outcome.Message);
            return outcome;
        }

        _off.Add(eni, parts.Clock.GetUtcNow());
        LogDone(eni);
        return outcome;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{Eni}: source/destination check off")]
    private partial void LogDone(string eni);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Eni}: source/destination check stays on: {Kind} {Message}")]
    private partial void LogFailed(string eni, OutcomeKind kind, string message);
}
