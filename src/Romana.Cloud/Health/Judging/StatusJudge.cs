using System.Collections.Immutable;
using Romana.Cloud.Aws;
using Romana.Cloud.Planning;
using Romana.Ipam.Hosts;

namespace Romana.Cloud.Health.Judging;

/// <summary>From EC2's status of instances to words on hosts. Pure.</summary>
public static class StatusJudge
{
    /// <summary>Events are announced weeks ahead; only then is a host set aside.</summary>
    public static readonly TimeSpan BeforeEvent = TimeSpan.FromHours(1);

    /// <summary>Fewer hosts than these cannot tell a fault of many from a fault of EC2's checks.</summary>
    private const int Crowd = 3;

    /// <param name="hosts">Instance id -> host.</param>
    public static SourceWords Judge(
        IEnumerable<SeenStatus> statuses, IReadOnlyDictionary<string, HostUid> hosts, SourceWords before, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(statuses);
        ArgumentNullException.ThrowIfNull(hosts);
        ArgumentNullException.ThrowIfNull(before);
        var words = ImmutableSortedDictionary.CreateBuilder<HostUid, HostWord>();
        foreach (var one in statuses)
        {
            if (!hosts.TryGetValue(one.Instance, out var host) || Word(one, now) is not { } word) continue;
            if (!words.TryGetValue(host, out var other) || HealthJoin.Rank(word.Health) > HealthJoin.Rank(other.Health)) words[host] = word;
        }

        var impaired = words.Values.Count(word => word.Health == HostHealth.Suspect);
        return hosts.Count >= Crowd && impaired * 2 > hosts.Count
            ? before with { Blind = $"EC2 shows {impaired} of {hosts.Count} instances as impaired at once" }
            : new SourceWords { Hosts = words.ToImmutable() };
    }

    private static HostWord? Word(SeenStatus one, DateTimeOffset now)
    {
        if (one.TakenBack is { } code) return new HostWord(HostHealth.Draining, $"EC2 takes spot instance {one.Instance} back ({code})");
        if (one.Events.Where(each => (each.NotBefore ?? now) - now <= BeforeEvent).OrderBy(each => each.NotBefore).FirstOrDefault() is { } near)
            return new HostWord(HostHealth.Draining, $"EC2 has scheduled {near.Code} of {one.Instance}{(near.NotBefore is { } at ? $" for {at:yyyy-MM-dd HH:mm} UTC" : "")}");
        return one.SystemImpaired ? new HostWord(HostHealth.Suspect, $"EC2's check of the system below {one.Instance} fails")
            : one.InstanceImpaired ? new HostWord(HostHealth.Suspect, $"EC2's check of {one.Instance} fails") : null;
    }
}
