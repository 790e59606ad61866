using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Romana.Ipam.Addressing;

namespace Romana.Ipam.Topologies;

/// <summary>What `romana topology show -o json` prints. Keys that a document left out are left out here too.</summary>
public sealed record TopologyView(ImmutableArray<NetworkView> Networks, ImmutableArray<GroupView> Groups)
{
    /// <summary>Groups depth-first, padding included; the root over a map of several entries is left out, since nobody wrote it.</summary>
    public static TopologyView Of(Topology topology) => new(
        [.. topology.Networks.Select(NetworkView.Of)],
        [.. topology.Networks
            .SelectMany(network => network.Root is null ? [] : network.Root.SelfAndBelow)
            .Where(group => !group.Implied)
            .Select(GroupView.Of)]);
}

public sealed record NetworkView
{
    public required string Name { get; init; }
    public required Cidr Cidr { get; init; }

    [JsonPropertyName("block_mask")]
    public required int BlockMask { get; init; }

    public required ImmutableArray<string> Tenants { get; init; }

    /// <summary>False: no topology maps it, so it serves no host.</summary>
    public required bool Mapped { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Owner { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Placement { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? Vlan { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Interface { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IpAddress? Gateway { get; init; }

    [JsonPropertyName("reuse_delay"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? ReuseDelay { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? Mtu { get; init; }

    public static NetworkView Of(Network network) => new()
    {
        Name = network.Name,
        Cidr = network.Cidr,
        BlockMask = network.BlockMask,
        Tenants = network.Tenants,
        Mapped = network.Root is not null,
        Owner = network.Owner switch { OwnerMode.Host => "host", OwnerMode.Tenant => "tenant", _ => null },
        Placement = network.Placement == Topologies.Placement.Spread ? "spread" : null,
        Vlan = network.Vlan,
        Interface = network.Interface,
        Gateway = network.Gateway,
        ReuseDelay = network.ReuseDelay == TimeSpan.FromSeconds(60) ? null : $"{network.ReuseDelay.TotalSeconds}s",
        Mtu = network.Mtu,
    };
}

public sealed record GroupView
{
    public required string Network { get; init; }
    public required ImmutableArray<int> Path { get; init; }
    public required string Name { get; init; }
    public required Cidr Cidr { get; init; }

    /// <summary>"hosts", "groups" or "padding".</summary>
    public required string Kind { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ImmutableSortedDictionary<string, string>? Assignment { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Routing { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Cover { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Via { get; init; }

    /// <summary>Those that the document lists; null where no host can be.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<ListedHost>? Hosts { get; init; }

    public static GroupView Of(Group group) => new()
    {
        Network = group.Network,
        Path = group.Path,
        Name = group.Name,
        Cidr = group.Cidr,
        Kind = group.Kind switch { GroupKind.Hosts => "hosts", GroupKind.Groups => "groups", _ => "padding" },
        Assignment = group.Assignment.IsEmpty ? null : group.Assignment,
        Routing = group.Routing.Length == 0 ? null : group.Routing,
        Cover = group.Cover ? "always" : null,
        Via = group.Via,
        Hosts = group.Kind == GroupKind.Hosts ? group.Hosts : null,
    };
}
