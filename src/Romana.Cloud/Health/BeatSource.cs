using Microsoft.Extensions.Logging;
using Romana.Cloud.Control;
using Romana.Cloud.Health.Judging;
using Romana.Ipam.Stores;

namespace Romana.Cloud.Health;

/// <summary>The beats that agents leave in the store.</summary>
internal sealed partial class BeatSource(EngineParts parts) : IHealthSource
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(10);
    private readonly ILogger _log = parts.Logs.CreateLogger("romana.health");

    public string Name => "beats";

    public async Task RunAsync(Func<IReadOnlyList<WatchedHost>> hosts, Action<SourceWords> say, CancellationToken cancel)
    {
        var (judge, before, began) = (new BeatJudge(), (SourceWords?)null, parts.Clock.GetTimestamp());
        using var timer = new PeriodicTimer(Period, parts.Clock);
        while (await timer.WaitForNextTickAsync(cancel).ConfigureAwait(false))
        {
            var watched = hosts().Select(host => host.Uid).ToHashSet();
            if (watched.Count == 0 || await ReadAsync(cancel).ConfigureAwait(false) is not { } beats) continue;
            var now = judge.Judge(beats.Where(beat => watched.Contains(beat.Host)).GroupBy(beat => beat.Host)
                .ToDictionary(host => host.Key, host => host.Max(beat => beat.At)), parts.Clock.GetElapsedTime(began));
            if (before is not null && now.Blind == before.Blind && now.Hosts.SequenceEqual(before.Hosts)) continue;
            say(before = now);
        }
    }

    /// <summary>Null while the store does not answer: then nobody's silence is known.</summary>
    private async Task<List<Ipam.Hosts.BeatSpec>?> ReadAsync(CancellationToken cancel)
    {
        try
        {
            var beats = await parts.Store.ListAsync(RecordTypes.Beats, Selector.Everything, Consistency.Linearizable, cancel).ConfigureAwait(false);
            return [.. beats.Items.Select(beat => beat.Spec)];
        }
        catch (StoreUnavailableException error)
        {
            LogUnread(error.Message);
            return null;
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "beats could not be read: {Reason}")]
    private partial void LogUnread(string reason);
}
