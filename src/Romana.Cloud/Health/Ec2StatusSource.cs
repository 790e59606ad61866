using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Romana.Cloud.Aws;
using Romana.Cloud.Control;
using Romana.Cloud.Health.Judging;
using Romana.Ipam.Stores;

namespace Romana.Cloud.Health;

/// <summary>
/// EC2's status checks, scheduled events and spot notices. One question a poll, in turn, filtered so that it costs one
/// call whatever the number of hosts; spot notices, which leave two minutes, three times as often where there are spot
/// instances.
/// </summary>
internal sealed partial class Ec2StatusSource(EngineParts parts, World world) : IHealthSource
{
    private const int SpotPolls = 3;
    private static readonly TimeSpan AfterRefusal = TimeSpan.FromMinutes(10);
    private static readonly StatusQuestion[] InTurn = [StatusQuestion.SystemImpaired, StatusQuestion.InstanceImpaired, StatusQuestion.Events];
    private readonly ILogger _log = parts.Logs.CreateLogger("romana.health");
    private readonly Dictionary<StatusQuestion, ImmutableArray<SeenStatus>> _answers = [];
    private readonly Dictionary<StatusQuestion, (string Reason, long At)> _refused = [];
    private ImmutableArray<Condition> _standing = [];
    private SourceWords _words = SourceWords.Nothing;

    public string Name => "ec2";

    public async Task RunAsync(Func<IReadOnlyList<WatchedHost>> hosts, Action<SourceWords> say, CancellationToken cancel)
    {
        using var timer = new PeriodicTimer(parts.Options.StatusPoll / SpotPolls, parts.Clock);
        for (var turn = 0; await timer.WaitForNextTickAsync(cancel).ConfigureAwait(false);)
        {
            var instances = hosts().Where(host => host.InstanceId is not null).DistinctBy(host => host.InstanceId)
                .ToDictionary(host => host.InstanceId!, host => host.Uid, StringComparer.Ordinal);
            if (instances.Count == 0) continue;
            foreach (var question in Due(turn++)) await AskAsync(question, cancel).ConfigureAwait(false);
            var now = StatusJudge.Judge(_answers.Values.SelectMany(answer => answer), instances, _words, parts.Clock.GetUtcNow());
            if (turn > 1 && now.Blind == _words.Blind && now.Hosts.SequenceEqual(_words.Hosts)) continue;
            say(_words = now);
        }
    }

    /// <summary>At the start everything, so that the first word is a whole one.</summary>
    private StatusQuestion[] Due(int turn)
    {
        if (turn == 0) return AnySpot ? [.. InTurn, StatusQuestion.TakenBack] : InTurn;
        if (AnySpot && turn % SpotPolls != 0) return [StatusQuestion.TakenBack];
        if (turn % SpotPolls != 0) return [];
        var question = InTurn[turn / SpotPolls % InTurn.Length];
        return AnySpot ? [question, StatusQuestion.TakenBack] : [question];
    }

    private bool AnySpot => world.Hosts?.Hosts.Any(host => host.Spot) ?? false;

    private async Task AskAsync(StatusQuestion question, CancellationToken cancel)
    {
        if (_refused.TryGetValue(question, out var refused) && parts.Clock.GetElapsedTime(refused.At) < AfterRefusal) return;
        try
        {
            _answers[question] = await parts.Statuses.AskAsync(question, cancel).ConfigureAwait(false);
            _refused.Remove(question);
        }
        catch (Ec2UnavailableException error) when (error.Unauthorized)
        {
            _refused[question] = (error.Message, parts.Clock.GetTimestamp());
        }
        catch (Ec2UnavailableException error)
        {
            // What it answered last still stands; it is asked again in its turn.
            LogUnread(error.Message);
        }

        var reasons = _refused.Values.Select(one => one.Reason).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToList();
        (string, string)[] standing = reasons.Count == 0 ? [] : [("StatusUnreadable", string.Join("; ", reasons))];
        _standing = ConditionBoard.Next(_standing, standing, parts.Clock.GetUtcNow());
        parts.Conditions.Set("status of instances", _standing);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "EC2's status of the instances could not be read: {Reason}")]
    private partial void LogUnread(string reason);
}
