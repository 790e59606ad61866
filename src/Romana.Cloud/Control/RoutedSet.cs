using System.Collections.Immutable;
using Romana.Cloud.Planning;
using Romana.Ipam.Addressing;
using Romana.Ipam.Hosts;
using Romana.Ipam.Planning;

namespace Romana.Cloud.Control;

/// <summary>
/// Where every managed table sends a block: pure lookups over one picture of the tables. A block is routed to a host
/// when, in each of them, the longest match of every address of it is that host's pod interface or a live host's on
/// the same link, and those interfaces' checks are off. Who holds what, and who lives, is asked of the records of the
/// moment and not of the picture's: that may be older than a block's move to another host.
/// </summary>
public sealed class RoutedSet
{
    public static readonly RoutedSet Nothing = new([], new HashSet<string>(), new HashSet<string>());

    private readonly ImmutableArray<InventoryTable> _tables;
    private readonly IReadOnlySet<string> _checkOn;
    private readonly List<RouteIndex> _indices;
    private readonly HashSet<string> _unfit;
    private readonly IReadOnlySet<string> _known;

    /// <param name="checkOn">Interfaces that would drop transit and pods' packets.</param>
    /// <param name="known">Interfaces that were looked at: the check of a host that came since may still be on.</param>
    /// <param name="unfit">Interfaces of hosts that cannot pass anything on, whatever their records say.</param>
    public RoutedSet(
        ImmutableArray<InventoryTable> tables, IReadOnlySet<string> checkOn, IReadOnlySet<string> known, IEnumerable<string>? unfit = null)
    {
        (_tables, _checkOn, _known, _unfit) = (tables, checkOn, known, (unfit ?? []).ToHashSet(StringComparer.Ordinal));
        _indices = [.. tables.Select(table => new RouteIndex(table))];
    }

    /// <summary>For the hosts of one reading of the store.</summary>
    public Func<Cidr, HostUid, bool> By(ControllerView view)
    {
        ArgumentNullException.ThrowIfNull(view);
        var interfaces = view.Hosts.Where(host => host.Spec is { PodInterface: { Id: not null, Link: not null }, Condition: not HostCondition.Dead })
            .Select(host => host.Spec).ToList();
        var byHost = interfaces.ToDictionary(host => host.Uid, host => host.PodInterface!);
        var routers = interfaces.Where(host => host.Condition is HostCondition.Live or HostCondition.Unknown && !_unfit.Contains(host.PodInterface!.Id!))
            .GroupBy(host => host.PodInterface!.Id!, StringComparer.Ordinal)
            .ToDictionary(same => same.Key, same => same.First().PodInterface!.Link!, StringComparer.Ordinal);
        return (block, host) => byHost.TryGetValue(host, out var pod) && IsRouted(block, pod, routers);
    }

    /// <summary>Hosts whose own interface was seen with its check on.</summary>
    public Func<HostUid, bool> DropsPods(ControllerView view)
    {
        ArgumentNullException.ThrowIfNull(view);
        var dropping = view.Hosts.Where(host => host.Spec.PodInterface?.Id is { } eni && _checkOn.Contains(eni)).Select(host => host.Spec.Uid).ToHashSet();
        return dropping.Contains;
    }

    /// <summary>True when nothing that this answers can differ.</summary>
    public bool IsLike(RoutedSet other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return _checkOn.SetEquals(other._checkOn) && _known.SetEquals(other._known) && _unfit.SetEquals(other._unfit) && _tables.Length == other._tables.Length
            && _tables.Zip(other._tables).All(pair => pair.First.Id == pair.Second.Id && pair.First.Routes.SequenceEqual(pair.Second.Routes));
    }

    private bool IsRouted(Cidr block, PodInterface pod, Dictionary<string, string> routers) =>
        _indices.Count > 0 && _known.Contains(pod.Id!) && !_checkOn.Contains(pod.Id!) && _indices.TrueForAll(table => table.TargetsOf(block) is { Count: > 0 } targets
            && targets.All(target => target == pod.Id || !_checkOn.Contains(target) && routers.GetValueOrDefault(target) == pod.Link));
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
