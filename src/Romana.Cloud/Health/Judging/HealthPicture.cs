using System.Collections.Immutable;
using Romana.Cloud.Planning;
using Romana.Ipam.Hosts;

namespace Romana.Cloud.Health.Judging;

/// <summary>What a host is taken for.</summary>
/// <param name="Source">Whose word that is: "probes", "ec2", "beats".</param>
/// <param name="Why">For people: "3 probes in a row went unanswered".</param>
/// <param name="Since">When <paramref name="Health"/> last changed.</param>
public sealed record JudgedHost(HostHealth Health, string Source, string Why, DateTimeOffset Since);

/// <summary>What all sources together say of the hosts: one immutable value that every loop may read at any time.</summary>
public sealed record HealthPicture
{
    public static readonly HealthPicture Nothing = new();

    /// <summary>Hosts of which a source has something to say. A host that is missing here is not judged: nothing moves for it.</summary>
    public ImmutableSortedDictionary<HostUid, JudgedHost> Hosts { get; init; } = ImmutableSortedDictionary<HostUid, JudgedHost>.Empty;

    /// <summary>Why our own eyes are thought to be at fault: what they saw last before that stands. Null: they see.</summary>
    public string? Blind { get; init; }

    public JudgedHost? Of(HostUid host) => Hosts.GetValueOrDefault(host);

    /// <summary>True when nobody who plans would decide otherwise by the other picture.</summary>
    public bool DecidesLike(HealthPicture other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return Blind is null == other.Blind is null
            && Hosts.All(pair => other.HealthOf(pair.Key) == pair.Value.Health)
            && other.Hosts.All(pair => HealthOf(pair.Key) == pair.Value.Health);
    }

    /// <summary>For who decides, not being judged is as good as Up.</summary>
    private HostHealth HealthOf(HostUid host) => Of(host)?.Health ?? HostHealth.Up;
}
