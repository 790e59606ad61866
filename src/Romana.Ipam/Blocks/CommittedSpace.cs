using System.Collections.Frozen;
using System.Collections.Immutable;
using Romana.Ipam.Addressing;
using Romana.Ipam.Topologies;

namespace Romana.Ipam.Blocks;

/// <summary>A leaf group and its network.</summary>
public sealed record Home(Network Network, Group Leaf);

/// <summary>
/// The slots of one topology: inside a leaf group of a network and cut to the size of the arena they lie in. Arenas of
/// a topology never overlap, so no two of its slots do unless they are the same.
/// </summary>
public sealed class CommittedSpace
{
    private readonly FrozenDictionary<(string Network, Cidr Group), Group> _leaves;
    private readonly FrozenDictionary<string, Arena[]> _arenas;
    private readonly (Cidr Cidr, Home Home)[] _homes;
    private readonly Dictionary<string, Exclusions> _exclusions = new(StringComparer.Ordinal);

    public CommittedSpace(Topology layout, ImmutableArray<Arena> arenas, ImmutableArray<Cidr> blackOuts)
    {
        ArgumentNullException.ThrowIfNull(layout);
        Layout = layout;
        BlackOuts = blackOuts.IsDefault ? [] : blackOuts;
        _leaves = layout.Networks.SelectMany(network => network.Leaves)
            .GroupBy(leaf => (leaf.Network, leaf.Cidr)).ToFrozenDictionary(same => same.Key, same => same.First());
        _homes = [.. layout.Networks.SelectMany(network => network.Leaves.Select(leaf => (leaf.Cidr, new Home(network, leaf))))
            .OrderBy(leaf => leaf.Cidr)];
        _arenas = arenas.GroupBy(arena => arena.Network, StringComparer.Ordinal)
            .ToFrozenDictionary(network => network.Key, network => network.OrderBy(arena => arena.Cidr).ToArray(), StringComparer.Ordinal);
    }

    public Topology Layout { get; }

    public ImmutableArray<Cidr> BlackOuts { get; }

    public static CommittedSpace Of(TopologySpec spec, Topology layout)
    {
        ArgumentNullException.ThrowIfNull(spec);
        return new(layout, spec.Arenas, spec.BlackOuts);
    }

    public static CommittedSpace Of(TopologyProposal proposal, Topology layout)
    {
        ArgumentNullException.ThrowIfNull(proposal);
        return new(layout, proposal.Arenas, proposal.BlackOuts);
    }

    public Group? Leaf(string network, Cidr group) => _leaves.GetValueOrDefault((network, group));

    /// <summary>The network and leaf group in which the CIDR lies; null when it lies in none, or in more than one.</summary>
    public Home? HomeOf(Cidr cidr)
    {
        var at = LastNotAfter(_homes, cidr.First, leaf => leaf.Cidr);
        return at >= 0 && _homes[at].Cidr.Contains(cidr) ? _homes[at].Home : null;
    }

    /// <summary>Where the CIDR is a slot of this topology; null when it is none.</summary>
    public Home? SlotHome(Cidr cidr) => HomeOf(cidr) is { } home && IsSlot(cidr, home.Network.Name) ? home : null;

    public ReadOnlySpan<Arena> Arenas(string network) => _arenas.GetValueOrDefault(network) ?? [];

    /// <summary>True when the CIDR is a slot of this network inside this leaf group.</summary>
    public bool IsSlot(Cidr cidr, string network, Cidr group) =>
        _leaves.ContainsKey((network, group)) && group.Contains(cidr) && IsSlot(cidr, network);

    /// <summary>True when the CIDR is cut as the network's arena at that place says.</summary>
    public bool IsSlot(Cidr cidr, string network)
    {
        if (!_arenas.TryGetValue(network, out var arenas)) return false;
        var at = LastNotAfter(arenas, cidr.First, arena => arena.Cidr);
        return at >= 0 && arenas[at].BlockMask == cidr.Length && arenas[at].Cidr.Contains(cidr);
    }

    /// <summary>What of the network is never handed out.</summary>
    public Exclusions Exclusions(Network network)
    {
        ArgumentNullException.ThrowIfNull(network);
        if (_exclusions.TryGetValue(network.Name, out var known)) return known;
        return _exclusions[network.Name] = Blocks.Exclusions.Of(network, BlackOuts);
    }

    private static int LastNotAfter<T>(T[] items, IpAddress address, Func<T, Cidr> cidr)
    {
        var (low, high) = (0, items.Length);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (cidr(items[middle]).First <= address) low = middle + 1;
            else high = middle;
        }

        return low - 1;
    }
}
