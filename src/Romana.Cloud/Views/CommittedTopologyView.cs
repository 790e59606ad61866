using System.Collections.Immutable;
using Romana.Ipam.Topologies;

namespace Romana.Cloud.Views;

/// <summary>The committed topology as GET /v1/topology shows it: what `romana topology show` prints of a document, with its standing.</summary>
public sealed record CommittedTopologyView
{
    /// <summary>Grows by one with every commit.</summary>
    public required long Generation { get; init; }

    public required ImmutableArray<NetworkView> Networks { get; init; }

    /// <summary>Depth-first, padding included.</summary>
    public required ImmutableArray<GroupView> Groups { get; init; }

    /// <summary>Id of the open proposal; null when none is open.</summary>
    public string? Proposal { get; init; }

    public required ImmutableArray<ConditionView> Conditions { get; init; }

    /// <summary>Null when the store holds none.</summary>
    public static CommittedTopologyView? Of(StoreReading store)
    {
        ArgumentNullException.ThrowIfNull(store);
        if (store.Topology is not { } spec || TopologyDocument.Read(spec.Document).Topology is not { } topology) return null;
        var view = TopologyView.Of(topology);
        return new CommittedTopologyView
        {
            Generation = spec.Generation,
            Networks = view.Networks,
            Groups = view.Groups,
            Proposal = spec.Proposal?.Id,
            Conditions = [.. spec.Conditions.Select(ConditionView.Of)],
        };
    }
}
