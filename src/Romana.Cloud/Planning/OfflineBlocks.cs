using System.Collections.Immutable;
using Romana.Ipam.Addressing;
using Romana.Ipam.Blocks;
using Romana.Ipam.Planning;
using Romana.Ipam.Topologies;

namespace Romana.Cloud.Planning;

/// <summary>
/// For an inventory without blocks, and for hosts that may yet come: binds each host to a leaf of every network and gives
/// it blocks in the order in which the controller would grant them to hosts that join one after the other.
/// </summary>
internal sealed class OfflineBlocks
{
    private readonly Topology _topology;
    private readonly CommittedSpace _space;
    private readonly IReadOnlyList<AddressRange> _taken;
    private readonly Dictionary<Group, FreeSpace> _free = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<Group, int> _hosts = new(ReferenceEqualityComparer.Instance);
    private readonly List<InventoryBlock> _blocks = [];
    private readonly List<string> _problems = [];

    /// <param name="taken">Blocks that are granted already.</param>
    public OfflineBlocks(Topology topology, IReadOnlyCollection<InventoryBlock> taken)
    {
        var used = taken.Select(block => block.Cidr).ToList();
        (_topology, _space) = (topology, new CommittedSpace(topology, ArenaLayout.Plan(topology, used), []));
        _taken = AddressRange.Merge(used);
    }

    /// <summary>Given so far, in order.</summary>
    public List<InventoryBlock> Given => _blocks;

    /// <summary>What could not be given, for people.</summary>
    public List<string> Problems => _problems;

    /// <returns>The inventory with blocks, and what could not be given, for people.</returns>
    public static (Inventory Inventory, ImmutableArray<string> Problems) Fill(Topology topology, Inventory inventory, int blocksPerHost)
    {
        var filling = new OfflineBlocks(topology, []);
        foreach (var network in topology.Networks)
        {
            foreach (var host in inventory.Hosts) filling.Give(network, host, blocksPerHost);
        }

        return (inventory with { Blocks = [.. filling._blocks] }, [.. filling._problems]);
    }

    /// <summary>Counts a host that has its blocks already, so that the next ones are spread as the controller would.</summary>
    public void Count(InventoryHost host)
    {
        foreach (var leaf in _topology.Networks.Where(network => network.Root is not null).Select(network => LeafOf(network, host)).OfType<Group>())
            _hosts[leaf] = _hosts.GetValueOrDefault(leaf) + 1;
    }

    /// <returns>False when its group is full.</returns>
    public bool Give(Network network, InventoryHost host, int count)
    {
        if (network.Root is null) return true;
        if (LeafOf(network, host) is not { } leaf)
        {
            _problems.Add($"host {host.Name}: no group of network {network.Name} takes it: its labels match none; correct its labels or the groups' `assignment`");
            return true;
        }

        _hosts[leaf] = _hosts.GetValueOrDefault(leaf) + 1;
        if (!_free.TryGetValue(leaf, out var free)) _free[leaf] = free = FreeSpace.Of(_space, network.Name, leaf.Cidr, _taken, _space.Exclusions(network));
        Cidr? first = null;
        for (var given = 0; given < count; given++)
        {
            var slot = network.Placement == Placement.Sequential ? free.TakeLowest() : first is { } beside ? free.TakeBeside(beside) : free.TakeRoomiest();
            if (slot is not { } cidr)
            {
                _problems.Add($"host {host.Name}: group {leaf.Cidr} of network {network.Name} has no free block left ({count - given} more wanted); widen the group");
                return false;
            }

            first ??= cidr;
            _blocks.Add(new InventoryBlock(cidr, network.Name, host.Name));
        }

        return true;
    }

    private Group? LeafOf(Network network, InventoryHost host)
    {
        if (host.Groups.TryGetValue(network.Name, out var stated) && network.Leaves.FirstOrDefault(leaf => leaf.Cidr == stated) is { } bound) return bound;
        return network.Leaves.FirstOrDefault(leaf => leaf.Hosts.Any(listed => listed.Name == host.Name))
            ?? GroupPlacement.Choose(network, host.Labels, group => _hosts.GetValueOrDefault(group));
    }
}
