using Microsoft.Extensions.Logging;
using Romana.Cloud.Aws;
using Romana.Cloud.Discovery;
using Romana.Ipam.Hosts;
using Romana.Ipam.Stores;

namespace Romana.Cloud.Control;

/// <summary>
/// Switches the source/destination check off on pod interfaces where it is still on. First the record that we did,
/// then the call: what uninstall must restore is known whatever becomes of the call.
/// </summary>
internal sealed partial class CheckPass(EngineParts parts, World world)
{
    private readonly ILogger _log = parts.Logs.CreateLogger<CheckPass>();

    /// <summary>Switched off by a reply of EC2; a describe may show the older state for minutes.</summary>
    private readonly Dictionary<string, DateTimeOffset> _off = [];

    /// <summary>Interfaces that would drop pods' packets, as far as is known.</summary>
    public IReadOnlySet<string> StillOn(SeenHosts? hosts) => Wanted(hosts).Select(host => host.Sighting.PodInterface!.Id!).ToHashSet();

    public async Task<Verdict> RunAsync(CancellationToken cancel)
    {
        var wanted = Wanted(world.Hosts);
        if (wanted.Count == 0) return new Verdict.Done(0);
        if (parts.TermIsLost) return new Verdict.GiveUp("another controller took over");
        var recorded = await RecordAsync(wanted, cancel).ConfigureAwait(false);
        var outcomes = await Task.WhenAll(recorded.Select(eni => SwitchAsync(eni, cancel))).ConfigureAwait(false);
        var failed = outcomes.FirstOrDefault(outcome => !outcome.IsDone);
        var done = outcomes.Count(outcome => outcome.IsDone);
        if (done > 0) world.Tell(Changed.Checks);
        if (outcomes.Any(outcome => outcome.Kind is OutcomeKind.TargetMissing)) world.AskRediscovery();
        if (failed is null && recorded.Count == wanted.Count) return new Verdict.Done(done);
        return failed is { Kind: OutcomeKind.Unauthorized }
            ? new Verdict.RetryAfter(TimeSpan.FromMinutes(5), $"source/destination check: {failed.Message}: allow ec2:ModifyNetworkInterfaceAttribute to this role", done)
            : new Verdict.RetryAfter(TimeSpan.FromSeconds(2), failed is null ? "a host is not recorded yet" : $"source/destination check: {failed.Message}", done);
    }

    private List<SeenHost> Wanted(SeenHosts? hosts)
    {
        var now = parts.Clock.GetUtcNow();
        lock (_off)
            return [.. (hosts?.Hosts ?? []).Where(host => host.CheckOn && host.Health != Planning.HostHealth.Down && host.Sighting.PodInterface?.Id is { } eni
                && !(_off.TryGetValue(eni, out var at) && now - at <= parts.Options.VisibilityLag))];
    }

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

        lock (_off) _off[eni] = parts.Clock.GetUtcNow();
        LogDone(eni);
        return outcome;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{Eni}: source/destination check off")]
    private partial void LogDone(string eni);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Eni}: source/destination check stays on: {Kind} {Message}")]
    private partial void LogFailed(string eni, OutcomeKind kind, string message);
}
