using System.Collections.Immutable;
using Romana.Cloud.Planning;
using Romana.Ipam.Hosts;

namespace Romana.Cloud.Health.Judging;

/// <summary>One source's word on one host.</summary>
/// <param name="Why">With the source's figures, for people.</param>
public sealed record HostWord(HostHealth Health, string Why);

/// <summary>Everything that one source believes at one moment.</summary>
public sealed record SourceWords
{
    public static readonly SourceWords Nothing = new();

    public ImmutableSortedDictionary<HostUid, HostWord> Hosts { get; init; } = ImmutableSortedDictionary<HostUid, HostWord>.Empty;

    /// <summary>Why the source does not trust its own eyes; <see cref="Hosts"/> is then what it saw before. Null: it does.</summary>
    public string? Blind { get; init; }
}
