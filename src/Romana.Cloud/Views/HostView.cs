using System.Collections.Immutable;
using Romana.Ipam.Addressing;
using Romana.Ipam.Blocks;
using Romana.Ipam.Hosts;

namespace Romana.Cloud.Views;

public sealed record HostListView(ImmutableArray<HostView> Hosts)
{
    /// <summary>By name, then UID: two records may share a name while one of them is dead.</summary>
    public static HostListView Of(StoreReading store)
    {
        ArgumentNullException.ThrowIfNull(store);
        var held = store.Blocks.Where(block => block.Spec.Intent != BlockIntent.Free).ToLookup(block => block.Spec.Host, block => block.Spec.Cidr);
        return new([.. store.Hosts
            .Select(host => HostView.Of(host, [.. held[host.Uid].Order()]))
            .OrderBy(host => host.Name, StringComparer.Ordinal).ThenBy(host => host.Uid)]);
    }
}

/// <summary>A host as `romana hosts` and GET /v1/hosts show it.</summary>
public sealed record HostView
{
    public required string Name { get; init; }
    public required HostUid Uid { get; init; }

    /// <summary>"live", "draining", "unknown", "dead".</summary>
    public required HostCondition Condition { get; init; }

    public string? Reason { get; init; }

    /// <summary>When the condition last changed.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>What the controller's sources of health take it for; null: none of them knows anything of it.</summary>
    public HostJudgement? Health { get; init; }

    public string? Zone { get; init; }

    /// <summary>Link of the pod interface.</summary>
    public string? Subnet { get; init; }

    /// <summary>Network -> CIDR of the host's group in it.</summary>
    public required ImmutableSortedDictionary<string, Cidr> Segments { get; init; }

    /// <summary>Primary address of the pod interface.</summary>
    public IpAddress? Address { get; init; }

    /// <summary>Id of the pod interface.</summary>
    public string? Eni { get; init; }

    public string? InstanceId { get; init; }

    /// <summary>Named in the topology document.</summary>
    public bool Listed { get; init; }

    public required ImmutableArray<Cidr> Blocks { get; init; }

    /// <summary>What stands in the way of its work, with the remedy.</summary>
    public ImmutableArray<ConditionView> Conditions { get; init; } = [];

    public static HostView Of(HostSpec host, ImmutableArray<Cidr> blocks)
    {
        ArgumentNullException.ThrowIfNull(host);
        return new HostView
        {
            Name = host.Name,
            Uid = host.Uid,
            Condition = host.Condition,
            Reason = host.Reason,
            Since = host.Since,
            Health = host.Judged,
            Zone = host.Zone,
            Subnet = host.PodInterface?.Link,
            Segments = host.Groups,
            Address = host.PodInterface?.Address ?? (host.Addresses.IsEmpty ? null : host.Addresses[0]),
            Eni = host.PodInterface?.Id,
            InstanceId = host.Evidence.InstanceId,
            Listed = host.Listed,
            Blocks = blocks,
            Conditions = [.. host.Conditions.Where(condition => condition.IsTrue).Select(ConditionView.Of)],
        };
    }
}
