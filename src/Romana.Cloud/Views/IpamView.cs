using System.Collections.Immutable;
using Romana.Ipam.Addressing;
using Romana.Ipam.Blocks;
using Romana.Ipam.Hosts;
using Romana.Ipam.Topologies;

namespace Romana.Cloud.Views;

/// <summary>Address space and its use as `romana ipam show` shows it.</summary>
public sealed record IpamView(ImmutableArray<NetworkUseView> Networks)
{
    public static IpamView Of(StoreReading store, Topology topology)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(topology);
        var held = store.Blocks.Where(block => block.Spec.Intent != BlockIntent.Free)
            .Select(block => new HeldSpace(block.Spec.Cidr, block.Spec.Network, InUse(block.Spec, block.Status)))
            .ToArray();
        return new([.. topology.Networks.Select(network => NetworkUseView.Of(network, store,
            [.. held.Where(block => block.Network == network.Name)]))]);
    }

    private static int InUse(BlockSpec spec, BlockStatus? status) =>
        status is not null && status.Epoch == spec.Epoch && status.Host == spec.Host ? status.InUse : 0;
}

internal readonly record struct HeldSpace(Cidr Cidr, string Network, int InUse);

/// <summary>Addresses: all there are, those in blocks lent to hosts, those handed out to pods, those in no block.</summary>
public sealed record SpaceView(UInt128 Capacity, int Blocks, UInt128 Granted, long InUse, UInt128 Free)
{
    internal static SpaceView Of(Cidr cidr, IEnumerable<HeldSpace> held)
    {
        var blocks = 0;
        UInt128 granted = 0;
        long inUse = 0;
        foreach (var block in held.Where(block => cidr.Contains(block.Cidr)))
        {
            blocks++;
            granted += block.Cidr.Count;
            inUse += block.InUse;
        }

        // Of ::/0 one address is not counted: its count does not fit into 128 bits.
        var capacity = cidr.Length == 0 && cidr.Family == IpFamily.IPv6 ? UInt128.MaxValue : cidr.Count;
        return new(capacity, blocks, granted, inUse, capacity > granted ? capacity - granted : 0);
    }
}

public sealed record NetworkUseView
{
    public required string Name { get; init; }
    public required Cidr Cidr { get; init; }
    public required int BlockMask { get; init; }
    public required int Hosts { get; init; }
    public required SpaceView Space { get; init; }

    /// <summary>Depth-first; padding and a root that nobody wrote are left out.</summary>
    public required ImmutableArray<GroupUseView> Groups { get; init; }

    internal static NetworkUseView Of(Network network, StoreReading store, HeldSpace[] held) => new()
    {
        Name = network.Name,
        Cidr = network.Cidr,
        BlockMask = network.BlockMask,
        Hosts = network.Root is null ? 0 : GroupUseView.Of(network.Root, store, []).Hosts,
        Space = SpaceView.Of(network.Cidr, held),
        Groups = [.. (network.Root?.SelfAndBelow ?? [])
            .Where(group => group.Kind != GroupKind.Padding && !group.Implied)
            .Select(group => GroupUseView.Of(group, store, held))],
    };
}

public sealed record GroupUseView
{
    /// <summary>Index at each level below the root.</summary>
    public required ImmutableArray<int> Path { get; init; }

    public required string Name { get; init; }
    public required Cidr Cidr { get; init; }
    public required ImmutableSortedDictionary<string, string> Assignment { get; init; }

    /// <summary>Hosts of the group or of those below it; the dead do not count.</summary>
    public required int Hosts { get; init; }

    public required SpaceView Space { get; init; }

    internal static GroupUseView Of(Group group, StoreReading store, HeldSpace[] held) => new()
    {
        Path = group.Path,
        Name = group.Name,
        Cidr = group.Cidr,
        Assignment = group.Assignment,
        Hosts = store.Hosts.Count(host => host.Condition != HostCondition.Dead && host.Groups.TryGetValue(group.Network, out var own) && group.Cidr.Contains(own)),
        Space = SpaceView.Of(group.Cidr, held),
    };
}
