using System.Collections.Immutable;
using Romana.Ipam.Addressing;
using Romana.Ipam.Topologies;

namespace Romana.Ipam.Replay;

/// <summary>A host as the old system knew it: by its name and address.</summary>
public sealed record ReplayHost
{
    public const int DefaultAgentPort = 9604;

    public required string Name { get; init; }
    public required IpAddress Ip { get; init; }

    /// <summary>`tags` of the vectors.</summary>
    public ImmutableSortedDictionary<string, string> Labels { get; init; } = ImmutableSortedDictionary<string, string>.Empty;

    public int AgentPort { get; init; } = DefaultAgentPort;

    /// <summary>Named by the document: leaves with it.</summary>
    public bool Listed { get; init; }
}

/// <summary>Where a host belongs in one network.</summary>
/// <param name="Leaf">CIDR of its group.</param>
public sealed record Seat(string Network, Cidr Leaf, ReplayHost Host);

/// <summary>Names a host by name, address or both.</summary>
public sealed record HostSelector(string? Name, IpAddress? Ip)
{
    /// <summary>The old system's way: the address decides when it is given, and a name beside it must then agree.</summary>
    public bool Selects(ReplayHost host) => Ip is { } ip ? host.Ip == ip : host.Name == Name;

    public bool Contradicts(ReplayHost host) => Ip is not null && !string.IsNullOrEmpty(Name) && host.Name != Name;

    public bool IsEmpty => string.IsNullOrEmpty(Name) && Ip is null;

    public override string ToString() => string.Join(' ', new[] { Name, Ip?.ToString() }.Where(part => !string.IsNullOrEmpty(part)));
}

/// <summary>One address in use.</summary>
public sealed record ReplayAddress(string Name, IpAddress Ip, string Host, string Tenant, string Segment);

/// <summary>Who shares a block; both empty when owners are hosts.</summary>
public readonly record struct BlockOwner(string Tenant, string Segment)
{
    public static BlockOwner Of(Network network, string tenant, string segment) => network.Owner switch
    {
        OwnerMode.Host => new BlockOwner("", ""),
        OwnerMode.Tenant => new BlockOwner(tenant, ""),
        _ => new BlockOwner(tenant, segment),
    };
}
