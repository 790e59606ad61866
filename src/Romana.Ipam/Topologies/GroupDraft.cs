using System.Collections.Immutable;
using Romana.Ipam.Addressing;

namespace Romana.Ipam.Topologies;

/// <summary>A group as written, before any network's CIDR is cut for it. One draft may serve several networks.</summary>
internal sealed record GroupDraft
{
    public required string DocumentPath { get; init; }
    public required string Name { get; init; }
    public bool Padding { get; init; }
    public Cidr? Cidr { get; init; }
    public ImmutableSortedDictionary<string, string> Assignment { get; init; } = ImmutableSortedDictionary<string, string>.Empty;

    /// <summary>Null: silent, so inherited.</summary>
    public string? Routing { get; init; }

    public RoutingModes Modes { get; init; }

    /// <summary>Null: silent, so inherited.</summary>
    public bool? Cover { get; init; }

    public string? Via { get; init; }
    public int? Mtu { get; init; }
    public ImmutableArray<GroupDraft> Groups { get; init; } = [];
    public ImmutableArray<ListedHost> Hosts { get; init; } = [];
}
