using System.Collections.Immutable;
using Romana.Cloud.Planning;
using Romana.Ipam.Hosts;

namespace Romana.Cloud.Health.Judging;

/// <summary>
/// From the agents' beats to words on hosts. Counts time from when a new beat was seen, never by the clock of the host
/// that wrote it. A host that never beat has no agent and is not judged by it. Silence is a doubt, never a death: an agent
/// that is being replaced leaves its host's forwarding alone.
/// </summary>
public sealed class BeatJudge
{
    public static readonly TimeSpan Silence = TimeSpan.FromSeconds(90);

    private const int Crowd = 3;
    private readonly Dictionary<HostUid, (DateTimeOffset Beat, TimeSpan Seen)> _seen = [];
    private SourceWords _words = SourceWords.Nothing;

    /// <param name="beats">Newest beat of each host that is watched.</param>
    /// <param name="now">Since any fixed beginning.</param>
    public SourceWords Judge(IReadOnlyDictionary<HostUid, DateTimeOffset> beats, TimeSpan now)
    {
        ArgumentNullException.ThrowIfNull(beats);
        foreach (var gone in _seen.Keys.Where(host => !beats.ContainsKey(host)).ToList()) _seen.Remove(gone);
        foreach (var (host, beat) in beats)
        {
            if (!_seen.TryGetValue(host, out var known) || known.Beat != beat) _seen[host] = (beat, now);
        }

        var silent = _seen.Where(host => now - host.Value.Seen > Silence).Select(host => host.Key).ToList();
        if (beats.Count >= Crowd && silent.Count * 2 > beats.Count)
            return _words = _words with { Blind = $"{silent.Count} of {beats.Count} agents gave no sign of life for {Silence.TotalSeconds:0} s" };
        return _words = new SourceWords
        {
            Hosts = silent.ToImmutableSortedDictionary(host => host, _ => new HostWord(HostHealth.Suspect, $"its agent gave no sign of life for {Silence.TotalSeconds:0} s")),
        };
    }
}
