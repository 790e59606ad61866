using System.Collections.Immutable;
using Romana.Ipam.Topologies;

namespace Romana.Cloud.Planning;

/// <summary>
/// An inventory as it would be with more hosts: each new one is like one that is Up now, in turn, so that groups, subnets
/// and kinds of hosts keep their shares, and is given blocks by the allocator. A larger one holds every smaller one.
/// Tables are as they would be without any route of ours: it is asked what they would hold, not how they get there.
/// </summary>
internal sealed class GrownInventory
{
    private readonly Topology _topology;
    private readonly Inventory _base;
    private readonly OfflineBlocks _allocator;
    private readonly int? _blocksPerHost;
    private readonly List<InventoryHost> _templates;
    private readonly Dictionary<(string Network, string Host), int> _held;
    private readonly List<InventoryHost> _added = [];

    /// <summary>Blocks given when so many hosts were added.</summary>
    private readonly List<int> _given = [];

    /// <param name="blocksPerHost">For an inventory without blocks; else a new host gets as many as the one that it is like.</param>
    public GrownInventory(Topology topology, Inventory inventory, int blocksPerHost)
    {
        var blocks = inventory.Blocks ?? [];
        _topology = topology;
        _blocksPerHost = inventory.Blocks is null ? blocksPerHost : null;
        _allocator = new OfflineBlocks(topology, blocks);
        foreach (var host in inventory.Hosts)
        {
            if (_blocksPerHost is null) _allocator.Count(host);
            else Give(host, host);
        }

        _base = inventory with { Blocks = [.. blocks, .. _allocator.Given], Tables = [.. inventory.Tables.Select(WithoutOurs)] };
        _held = _base.Blocks!.Value.CountBy(block => (block.Network, block.Host)).ToDictionary();
        _templates = [.. inventory.Hosts.Where(host => host.Health == HostHealth.Up).OrderBy(host => host.Name, StringComparer.Ordinal)];
        _given.Add(_allocator.Given.Count);
    }

    /// <summary>Hosts that there are now.</summary>
    public int Now => _base.Hosts.Length;

    public bool CanGrow => _templates.Count > 0;

    /// <summary>First number of hosts at which one gets no block because its group is full, as far as it was grown, and why.</summary>
    public (int Hosts, string Why)? Full { get; private set; }

    /// <summary>Grows to that many hosts, or until a group is full.</summary>
    public void GrowTo(int hosts)
    {
        while (Full is null && Now + _added.Count < hosts)
        {
            var like = _templates[_added.Count % _templates.Count];
            var name = $"{like.Name}+{1 + (_added.Count / _templates.Count)}";
            var host = like with { Name = name, Eni = $"{like.Eni}+{1 + (_added.Count / _templates.Count)}" };
            if (!Give(host, like))
            {
                Full = (Now + _added.Count + 1, _allocator.Problems[^1]);
                return;
            }

            _added.Add(host);
            _given.Add(_allocator.Given.Count);
        }
    }

    public Inventory At(int hosts)
    {
        GrowTo(hosts);
        var more = hosts - Now;
        return _base with
        {
            Hosts = [.. _base.Hosts, .. _added.Take(more)],
            Blocks = [.. _base.Blocks!.Value, .. _allocator.Given.GetRange(_given[0], _given[more] - _given[0])],
        };
    }

    private bool Give(InventoryHost host, InventoryHost like)
    {
        var room = true;
        foreach (var network in _topology.Networks)
            room &= _allocator.Give(network, host, _blocksPerHost ?? _held.GetValueOrDefault((network.Name, like.Name)));
        return room;
    }

    private static InventoryTable WithoutOurs(InventoryTable table) => table with { Routes = [.. table.Routes.Where(route => !route.Owned)] };
}
