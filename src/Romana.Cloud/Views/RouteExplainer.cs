using System.Collections.Immutable;
using Romana.Cloud.Planning;
using Romana.Ipam.Addressing;
using Romana.Ipam.Routes;
using Romana.Ipam.Topologies;

namespace Romana.Cloud.Views;

/// <summary>
/// Answers where the tables take packets and why, with the planner itself: it is asked once for the routes as they
/// should be, and once for each next hop as if that host were down. Pure.
/// </summary>
public sealed class RouteExplainer
{
    private readonly RouteQuestion _question;
    private readonly Cidr _asked;
    private readonly RoutePlan _plan;
    private readonly ImmutableArray<InventoryBlock> _blocks;
    private readonly Dictionary<string, InventoryHost> _hosts;
    private readonly Dictionary<string, RoutePlan> _without = new(StringComparer.Ordinal);
    private readonly Dictionary<(string, Cidr), LedgerEntry> _ledger;

    private RouteExplainer(RouteQuestion question)
    {
        (_question, _asked) = (question, question.Destination);
        _plan = RoutePlanner.Plan(question.Topology, question.Inventory, PlanOptions.Default);
        _blocks = [.. (question.Inventory.Blocks ?? []).Where(block => block.Cidr.Overlaps(_asked)).OrderBy(block => block.Cidr)];
        _hosts = question.Inventory.Hosts.GroupBy(host => host.Eni, StringComparer.Ordinal).ToDictionary(same => same.Key, same => same.First(), StringComparer.Ordinal);
        _ledger = question.Ledgers.SelectMany(ledger => ledger.Entries.Select(entry => (ledger.Table, entry)))
            .ToDictionary(pair => (pair.Table, pair.entry.Destination), pair => pair.entry);
    }

    /// <summary>An address is asked for without its length.</summary>
    private string Asked => _asked.CountLessOne == 0 ? _asked.First.ToString() : _asked.ToString();

    public static RouteExplanationView Explain(RouteQuestion question)
    {
        ArgumentNullException.ThrowIfNull(question);
        return new RouteExplainer(question).Explain();
    }

    private RouteExplanationView Explain()
    {
        var network = _question.Topology.Networks.FirstOrDefault(one => one.Cidr.Overlaps(_asked));
        var groups = network?.Leaves.Where(leaf => leaf.Cidr.Overlaps(_asked)).ToList() ?? [];
        var tables = _question.Inventory.Tables.OrderBy(table => table.Id, StringComparer.Ordinal)
            .Select(table => new ExplainedTable(table.Id, [.. Winning(table).Select(route => Route(table, route))])).ToImmutableArray();
        return new RouteExplanationView
        {
            Destination = _asked,
            Answer = Answer(network, groups, tables),
            Source = _question.FromTables ? "tables" : "ledger",
            Network = network?.Name,
            Group = groups.Count == 1 ? groups[0].Cidr : null,
            Blocks = [.. _blocks.Select(block => new ExplainedBlock(block.Cidr, block.Host))],
            Tables = tables,
        };
    }

    /// <summary>The longest route around the destination and every one inside it; a static one beats a propagated one of its destination.</summary>
    private IEnumerable<(Cidr Destination, InventoryRoute Route)> Winning(InventoryTable table)
    {
        var routes = table.Routes.OrderBy(route => route.Propagated)
            .Select(route => (Destination: Cidr.TryParse(route.Destination, out var cidr, out _) ? cidr : (Cidr?)null, Route: route))
            .Where(pair => pair.Destination is { } cidr && cidr.Overlaps(_asked)).DistinctBy(pair => pair.Destination).ToList();
        var around = routes.Where(pair => pair.Destination!.Value.Contains(_asked)).OrderByDescending(pair => pair.Destination!.Value.Length).Take(1);
        return around.Concat(routes.Where(pair => pair.Destination!.Value != _asked && _asked.Contains(pair.Destination.Value)).OrderBy(pair => pair.Destination))
            .Select(pair => (pair.Destination!.Value, pair.Route));
    }

    private ExplainedRoute Route(InventoryTable table, (Cidr Destination, InventoryRoute Route) won)
    {
        var (destination, route) = won;
        var planned = PlannedAt(_plan, table.Id, destination);
        var host = _hosts.GetValueOrDefault(route.Target);
        var part = destination.Contains(_asked) ? _asked : destination;
        var (hops, way) = Way(part, route, host);
        var same = route.Owned && planned?.Target == route.Target;
        return new ExplainedRoute
        {
            Destination = destination,
            Target = route.Target,
            Host = host?.Name,
            Ours = route.Owned,
            Kind = same ? planned!.Kind : route.Owned ? Kind(destination, host) : null,
            Hops = hops,
            Way = way,
            Why = Why(route, planned),
            Since = route.Owned && _ledger.TryGetValue((table.Id, destination), out var entry) ? entry.At : null,
            IfGone = host is null ? null : IfGone(table, part, host),
        };
    }

    /// <summary>Of a route of ours that the planner would not write now.</summary>
    private PlannedRouteKind Kind(Cidr destination, InventoryHost? host)
    {
        if (host is null) return PlannedRouteKind.Segment;
        if (_question.Topology.Networks.SelectMany(network => network.Leaves).Any(leaf => leaf.Cover && leaf.Cidr == destination)) return PlannedRouteKind.Cover;
        var others = (_question.Inventory.Blocks ?? []).Any(block => block.Cidr.Overlaps(destination) && block.Host != host.Name);
        return others ? PlannedRouteKind.Aggregate : PlannedRouteKind.Host;
    }

    private (int? Hops, string Way) Way(Cidr part, InventoryRoute route, InventoryHost? host)
    {
        if (route.State == RouteState.Blackhole) return (null, $"to {host?.Name ?? route.Target}, which is gone or stopped: packets die there");
        if (host is null) return (null, $"to {route.Target}, which is no host of ours");
        var holders = _blocks.Where(block => block.Cidr.Overlaps(part)).Select(block => block.Host).Distinct(StringComparer.Ordinal).ToList();
        return holders switch
        {
            [] => (null, $"to {host.Name}, whose guard drops it: no host has the block"),
            [var one] when one == host.Name => (1, $"straight to {host.Name}, which has the block"),
            [var one] => (2, $"to the router {host.Name}, which passes it on to {one} on the same link"),
            _ => (null, $"to the router {host.Name}, which passes it on to {holders.Count} hosts on the same link"),
        };
    }

    private static string Why(InventoryRoute route, PlannedRoute? planned) => (route.Owned, planned) switch
    {
        (false, _) => "not ours: never touched",
        (true, null) => "a shorter route does the same by now: it goes when nothing needs it",
        (true, { } wanted) when wanted.Target == route.Target => wanted.Why,
        (true, { } wanted) => $"from an earlier plan; now {wanted.Host ?? wanted.Target} is wanted here ({wanted.Why})",
    };

    /// <summary>The planner's own answer for the world without that host; foreign routes stay as they are.</summary>
    private string IfGone(InventoryTable table, Cidr part, InventoryHost host)
    {
        var (own, others) = (_blocks.Any(block => block.Host == host.Name && block.Cidr.Overlaps(part)), _blocks.Any(block => block.Host != host.Name && block.Cidr.Overlaps(part)));
        if (own && !others) return $"nobody: the pods are on {host.Name} itself";
        if (!_without.TryGetValue(host.Name, out var plan))
        {
            var down = _question.Inventory.Hosts.Select(one => one.Name == host.Name ? one with { Health = HostHealth.Down } : one);
            _without[host.Name] = plan = RoutePlanner.Plan(_question.Topology, _question.Inventory with { Hosts = [.. down] }, PlanOptions.Default);
        }

        var next = plan.Tables.Where(one => one.Id == table.Id).SelectMany(one => one.Routes)
            .Where(route => route.Destination.Contains(part)).MaxBy(route => route.Destination.Length);
        return next?.Host is { } name && name != host.Name ? $"{name}, by {next.Destination}" : "nobody: no other host can lead here";
    }

    private static PlannedRoute? PlannedAt(RoutePlan plan, string table, Cidr destination) => plan.Tables.Where(one => one.Id == table)
        .SelectMany(one => one.Routes).FirstOrDefault(route => route.Destination == destination);

    private string Answer(Network? network, List<Group> groups, ImmutableArray<ExplainedTable> tables)
    {
        if (network is null) return $"{Asked} is in no pod network: Romana writes no route for it";
        if (groups.Count == 0) return $"{Asked} is in network {network.Name} and in none of its groups: no host can get a block there";
        var place = groups.Count == 1 ? $"network {network.Name}, group {groups[0].Cidr}" : $"network {network.Name}, {groups.Count} groups";
        var without = tables.Where(table => table.Routes.IsEmpty).Select(table => table.Id).ToList();
        var lost = without.Count == 0 ? "" : $"; {string.Join(", ", without)} {(without.Count == 1 ? "has" : "have")} no route there";
        if (groups.Exists(group => group.Via is not null)) return $"{Asked} is elsewhere ({place}): it goes to {groups.Find(group => group.Via is not null)!.Via}{lost}";
        if (_blocks.IsEmpty) return $"{Asked} is in {place}, and no host has a block there{(tables.Any(table => !table.Routes.IsEmpty) ? ": what follows a cover dies at its router's guard" : "")}{lost}";
        var holders = _blocks.Select(block => block.Host).Distinct(StringComparer.Ordinal).ToList();
        var straight = tables.Count(table => !table.Routes.IsEmpty && table.Routes.All(route => route.Hops == 1));
        return holders is [var holder]
            ? $"{Asked} is in {place}, {(_blocks.Length == 1 ? $"block {_blocks[0].Cidr}" : $"{_blocks.Length} blocks")} of {holder}: {straight} of {tables.Length} tables send it straight there{lost}"
            : $"{Asked} is in {place}: {_blocks.Length} blocks of {holders.Count} hosts{lost}";
    }
}
