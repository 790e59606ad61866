using System.Collections.Immutable;
using Romana.Cloud.Planning;
using Romana.Ipam.Hosts;

namespace Romana.Cloud.Health.Judging;

/// <summary>The worst word on each host, over all sources. Pure.</summary>
public static class HealthJoin
{
    /// <param name="sources">By name; of two equal words the first source's is told.</param>
    public static HealthPicture Join(
        HealthPicture before, ImmutableSortedDictionary<string, SourceWords> sources, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(before);
        ArgumentNullException.ThrowIfNull(sources);
        var worst = new Dictionary<HostUid, (string Source, HostWord Word)>();
        foreach (var (source, words) in sources)
        {
            foreach (var (host, word) in words.Hosts)
            {
                if (!worst.TryGetValue(host, out var other) || Rank(word.Health) > Rank(other.Word.Health)) worst[host] = (source, word);
            }
        }

        var blind = sources.Where(source => source.Value.Blind is not null).Select(source => $"{source.Key}: {source.Value.Blind}").ToList();
        return new HealthPicture
        {
            Hosts = worst.ToImmutableSortedDictionary(pair => pair.Key, pair => new JudgedHost(
                pair.Value.Word.Health, pair.Value.Source, pair.Value.Word.Why,
                before.Of(pair.Key) is { } known && known.Health == pair.Value.Word.Health ? known.Since : now)),
            Blind = blind.Count == 0 ? null : string.Join("; ", blind),
        };
    }

    /// <summary>A host that is about to go outranks one that is merely in doubt: the first is certain, and lasts.</summary>
    public static int Rank(HostHealth health) => health switch
    {
        HostHealth.Up => 0,
        HostHealth.Suspect => 1,
        HostHealth.Draining => 2,
        HostHealth.Down => 3,
        _ => throw new ArgumentOutOfRangeException(nameof(health), health, "no such health"),
    };
}
