using System.Collections.Immutable;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Romana.Cloud.Control;
using Romana.Cloud.Health.Judging;
using Romana.Cloud.Planning;
using Romana.Ipam.Hosts;
using Romana.Ipam.Stores;

namespace Romana.Cloud.Health;

/// <summary>
/// Writes into the host records what hosts are taken for: for people, and so that the next controller never chooses a
/// host that is known to be dead. A moment after the routes, which wait for nobody's notes.
/// </summary>
internal sealed partial class HealthRecorder(EngineParts parts, World world)
{
    private static readonly TimeSpan AfterRoutes = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan AfterFailure = TimeSpan.FromSeconds(5);
    private readonly ILogger _log = parts.Logs.CreateLogger("romana.health");
    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    public void Wake() => _wake.Writer.TryWrite(true);

    public async Task RunAsync(CancellationToken cancel)
    {
        try
        {
            while (await _wake.Reader.ReadAsync(cancel).ConfigureAwait(false))
            {
                await Task.Delay(AfterRoutes, parts.Clock, cancel).ConfigureAwait(false);
                if (await TryRecordAsync(cancel).ConfigureAwait(false)) continue;
                await Task.Delay(AfterFailure, parts.Clock, cancel).ConfigureAwait(false);
                Wake();
            }
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            // The controller ends.
        }
    }

    /// <summary>What the records say of the hosts, by source: the words from which a new controller goes on.</summary>
    public static IEnumerable<(string Source, HostUid Host, JudgedHost Judged)> Read(IEnumerable<HostSpec> hosts)
    {
        foreach (var host in hosts)
        {
            if (host is { Condition: not HostCondition.Dead, Judged: { } note } && Enum.TryParse<HostHealth>(note.Health, out var health))
                yield return (note.Source, host.Uid, new JudgedHost(health, note.Source, note.Why, note.Since));
        }
    }

    /// <summary>What a command that asks no host itself goes by: the controller's last notes.</summary>
    public static HealthPicture Picture(IEnumerable<HostSpec> hosts) =>
        new() { Hosts = Read(hosts).ToImmutableSortedDictionary(note => note.Host, note => note.Judged) };

    /// <summary>Null when the record says it already. The reason alone, which may hold figures that change, is no reason to write.</summary>
    public static HostSpec? Next(HostSpec host, JudgedHost? judged)
    {
        ArgumentNullException.ThrowIfNull(host);
        if (host.Condition == HostCondition.Dead) return null;
        var answered = host.AnsweredProbes || judged is { Source: WatchedHost.ProbeWords };
        var (before, now) = (host.Judged, judged?.Health.ToString());
        if (before?.Health == now && before?.Source == judged?.Source && answered == host.AnsweredProbes) return null;
        return host with
        {
            AnsweredProbes = answered,
            Judged = judged is null ? null : new HostJudgement { Health = now!, Source = judged.Source, Why = judged.Why, Since = judged.Since },
        };
    }

    private async Task<bool> TryRecordAsync(CancellationToken cancel)
    {
        if (parts.TermIsLost) return true;
        try
        {
            var (stored, picture) = (await parts.Store.ListAsync(RecordTypes.Hosts, Selector.Everything, Consistency.Linearizable, cancel).ConfigureAwait(false), world.Health);
            var writes = stored.Items.Select(host => (Host: host, Next: Next(host.Spec, picture.Of(host.Spec.Uid)))).Where(pair => pair.Next is not null)
                .Select(pair => (Write)RecordTypes.Hosts.UpdateSpec(pair.Host, Stamp.New(), pair.Next!)).ToList();
            if (writes.Count == 0) return true;
            var results = await parts.Store.WriteSurelyAsync(writes, cancel).ConfigureAwait(false);
            return results.All(result => result is WriteResult.Committed);
        }
        catch (StoreUnavailableException error)
        {
            LogUnwritten(error.Message);
            return false;
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "what hosts are taken for could not be noted: {Reason}")]
    private partial void LogUnwritten(string reason);
}
