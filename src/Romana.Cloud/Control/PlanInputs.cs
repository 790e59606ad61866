using System.Collections.Immutable;
using Romana.Cloud.Health.Judging;
using Romana.Cloud.Planning;
using Romana.Ipam.Planning;
using Romana.Ipam.Topologies;

namespace Romana.Cloud.Control;

/// <summary>What a plan of routes is made from besides the tables.</summary>
internal sealed record PlanInputs
{
    public required Topology Topology { get; init; }
    public required Inventory Inventory { get; init; }
    public required LifecyclePlan Lifecycle { get; init; }

    /// <summary>What the hosts were taken for.</summary>
    public required HealthPicture Health { get; init; }

    /// <summary>Interfaces that EC2 refused as targets, or called blackholes, lately.</summary>
    public required IReadOnlySet<string> LostTargets { get; init; }

    /// <summary>What a plan on the other's would have to know of that one on these does not. Pure.</summary>
    public PlanNews NewsIn(PlanInputs other)
    {
        var (hosts, others) = (Inventory.Hosts, other.Inventory.Hosts);
        var health = hosts.ToDictionary(host => host.Eni, host => host.Health, StringComparer.Ordinal);
        if (others.Any(host => health.TryGetValue(host.Eni, out var was) && was != host.Health)) return PlanNews.Health;
        var same = ReferenceEquals(Topology, other.Topology) && Lifecycle.GrantsHeld == other.Lifecycle.GrantsHeld
            && hosts.Length == others.Length && hosts.Zip(others).All(pair => IsLike(pair.First, pair.Second))
            && Blocks(Inventory).SequenceEqual(Blocks(other.Inventory)) && Lifecycle.LeaveAlone.SequenceEqual(other.Lifecycle.LeaveAlone);
        return same ? PlanNews.None : PlanNews.Work;
    }

    private static ImmutableArray<InventoryBlock> Blocks(Inventory inventory) => inventory.Blocks ?? [];

    private static bool IsLike(InventoryHost one, InventoryHost other) =>
        (one with { Labels = other.Labels, Groups = other.Groups }) == other
        && one.Groups.SequenceEqual(other.Groups) && one.Labels.SequenceEqual(other.Labels);
}
