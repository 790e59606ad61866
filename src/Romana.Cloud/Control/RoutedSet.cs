using System.Collections;
using System.Collections.Frozen;
using System.Collections.Immutable;
using Romana.Cloud.Planning;
using Romana.Ipam.Addressing;
using Romana.Ipam.Topologies;

namespace Romana.Cloud.Control;

/// <summary>
/// Where every managed table sends a block: pure lookups over one picture of the tables. A block is routed when, in
/// each of them, the longest match of every address of it is its host's pod interface or an Up router adjacent to the
/// host, and those interfaces' checks are off. A slot that nobody holds is routed when its group's cover stands: any
/// host of the group is adjacent to the cover's router, so a grant from there is reachable at once.
/// </summary>
public sealed class RoutedSet : IReadOnlySet<Cidr>
{
    public static readonly RoutedSet Nothing = new(null, new Inventory { Vpc = new InventoryVpc() }, FrozenSet<string>.Empty);

    private readonly Dictionary<Cidr, InventoryHost> _holders = [];
    private readonly Dictionary<string, InventoryHost> _hosts;
    private readonly Dictionary<string, Link> _links;
    private readonly List<RouteIndex> _tables;
    private readonly ImmutableArray<Group> _leaves;
    private readonly Lazy<int> _count;

    /// <param name="checkOn">Interfaces that would drop transit and pods' packets.</param>
    public RoutedSet(Topology? topology, Inventory inventory, IReadOnlySet<string> checkOn)
    {
        _hosts = inventory.Hosts.Where(host => !checkOn.Contains(host.Eni)).GroupBy(host => host.Eni, StringComparer.Ordinal)
            .ToDictionary(group => group.Key, group => group.First(), StringComparer.Ordinal);
        var names = inventory.Hosts.GroupBy(host => host.Name, StringComparer.Ordinal)
            .ToDictionary(group => group.Key, group => group.First(), StringComparer.Ordinal);
        foreach (var block in inventory.Blocks ?? [])
            if (names.TryGetValue(block.Host, out var holder)) _holders[block.Cidr] = holder;
        _leaves = topology is null ? [] : [.. topology.Networks.SelectMany(network => network.Leaves).OrderBy(leaf => leaf.Cidr)];
        _links = LinksOf(inventory, checkOn);
        _tables = [.. inventory.Tables.Select(table => new RouteIndex(table))];
        _count = new Lazy<int>(() => _holders.Keys.Count(Contains));
        Interfaces = _hosts.Keys.ToFrozenSet(StringComparer.Ordinal);
    }

    /// <summary>Pod interfaces that the picture knows and whose check is off.</summary>
    public IReadOnlySet<string> Interfaces { get; }

    /// <summary>Asked for by every pass of two pictures: counted once.</summary>
    public int Count => _count.Value;

    public bool Contains(Cidr item)
    {
        if (_tables.Count == 0) return false;
        var holder = _holders.GetValueOrDefault(item);
        var link = holder is not null ? holder.Subnet : LeafLink(item);
        if (holder is not null && !_hosts.ContainsKey(holder.Eni)) return false;
        return link is not null && _tables.All(table => table.TargetsOf(item) is { Count: > 0 } targets
            && targets.All(target => IsRight(target, holder, link)));
    }

    public IEnumerator<Cidr> GetEnumerator() => _holders.Keys.Where(Contains).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    public bool IsProperSubsetOf(IEnumerable<Cidr> other) => this.ToHashSet().IsProperSubsetOf(other);

    public bool IsProperSupersetOf(IEnumerable<Cidr> other) => this.ToHashSet().IsProperSupersetOf(other);

    public bool IsSubsetOf(IEnumerable<Cidr> other) => this.ToHashSet().IsSubsetOf(other);

    public bool IsSupersetOf(IEnumerable<Cidr> other) => other.All(Contains);

    public bool Overlaps(IEnumerable<Cidr> other) => other.Any(Contains);

    public bool SetEquals(IEnumerable<Cidr> other) => this.ToHashSet().SetEquals(other);

    private bool IsRight(string target, InventoryHost? holder, string link)
    {
        if (!_hosts.TryGetValue(target, out var next)) return false;
        if (holder is not null && next.Eni == holder.Eni) return true;
        return next.Health == HostHealth.Up && next.Subnet == link;
    }

    /// <summary>
    /// The one link of the hosts of the leaf that the slot lies in; null when there is none or several, or while a
    /// host's check is on, since the slot may be lent to that host.
    /// </summary>
    private string? LeafLink(Cidr slot)
    {
        foreach (var leaf in _leaves)
            if (leaf.Cidr.Contains(slot)) return _links.GetValueOrDefault(leaf.Cidr.ToString()) is { IsOne: true } link ? link.Subnet : null;
        return null;
    }

    private static Dictionary<string, Link> LinksOf(Inventory inventory, IReadOnlySet<string> checkOn)
    {
        var links = new Dictionary<string, Link>(StringComparer.Ordinal);
        foreach (var host in inventory.Hosts)
        {
            foreach (var leaf in host.Groups.Values.Select(cidr => cidr.ToString()))
            {
                var known = links.GetValueOrDefault(leaf);
                links[leaf] = new Link(host.Subnet,
                    !checkOn.Contains(host.Eni) && (known is null || (known.IsOne && known.Subnet == host.Subnet)));
            }
        }

        return links;
    }

    private sealed record Link(string Subnet, bool IsOne);
}

/// <summary>Longest-prefix lookups in one table. Blackholes count as no way.</summary>
internal sealed class RouteIndex
{
    private readonly Dictionary<Cidr, string> _targets = [];
    private readonly Cidr[] _sorted;
    private readonly int[] _lengths;

    public RouteIndex(InventoryTable table)
    {
        // A static route beats a propagated one with the same destination (VPC User Guide, "Route priority").
        foreach (var route in table.Routes.OrderBy(route => !route.Propagated))
        {
            if (Cidr.TryParse(route.Destination, out var cidr, out _))
                _targets[cidr] = route.State == RouteState.Blackhole ? "blackhole" : route.Target;
        }

        _sorted = [.. _targets.Keys.Order()];
        _lengths = [.. _targets.Keys.Select(cidr => cidr.Length).Distinct().OrderDescending()];
    }

    /// <summary>Targets that addresses of the block meet; empty when part of it has no route at all.</summary>
    public IReadOnlyCollection<string> TargetsOf(Cidr block)
    {
        var targets = new HashSet<string>(StringComparer.Ordinal);
        foreach (var length in _lengths.Where(length => length <= block.Length))
        {
            if (!_targets.TryGetValue(Cidr.Around(block.First, length), out var target)) continue;
            targets.Add(target);
            break;
        }

        // Without a route over the whole block its inner routes would have to tile it: nobody plans that.
        if (targets.Count == 0) return targets;
        var at = Array.BinarySearch(_sorted, block);
        for (var i = at < 0 ? ~at : at + 1; i < _sorted.Length && block.Contains(_sorted[i]); i++) targets.Add(_targets[_sorted[i]]);
        return targets;
    }
}
