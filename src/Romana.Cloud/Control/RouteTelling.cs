using System.Collections.Immutable;
using Romana.Cloud.Planning;
using Romana.Ipam.Addressing;

namespace Romana.Cloud.Control;

/// <summary>What a pass over the routes tells: events to people, and to discovery what only the tables know yet.</summary>
internal sealed class RouteTelling(EngineParts parts, World world)
{
    private ImmutableSortedDictionary<string, HostHealth>? _health;
    private ImmutableHashSet<string> _blackholes = [];

    /// <summary>The tables know first that a target is gone or stopped: the hosts are looked at anew for it.</summary>
    public void AskAboutBlackholes(Inventory inventory)
    {
        var now = inventory.Tables.SelectMany(table => table.Routes).Where(route => route is { Owned: true, State: RouteState.Blackhole })
            .Select(route => route.Target).ToImmutableHashSet(StringComparer.Ordinal);
        if (!now.IsSubsetOf(_blackholes)) world.AskRediscovery();
        _blackholes = now;
    }

    /// <param name="written">Tables whose ledgers hold what the pass intended.</param>
    public void Tell(RoutePicture picture, IEnumerable<string> written, ImmutableArray<TableOutcome> outcomes)
    {
        string? Why(string host) => RouteEvents.Why(host, world.Watched, world.Health, world.Hosts);
        var health = picture.Inventory.Hosts.GroupBy(host => host.Name, StringComparer.Ordinal)
            .ToImmutableSortedDictionary(same => same.Key, same => same.First().Health, StringComparer.Ordinal);
        var adopted = picture.Plan.Adopted.Where(route => written.Contains(route.Table));
        foreach (var one in RouteEvents.OfHealth(_health, health, Why).Concat(RouteEvents.OfMoves(picture.Inventory, outcomes, Why)).Concat(RouteEvents.OfAdoptions(adopted)))
            parts.Events.Tell(one.Kind, one.About, one.Message);
        _health = health;
    }

    /// <param name="repaired">Routes of ours that somebody took, and what stood in their place.</param>
    public void TellDrift(string table, IReadOnlyList<(Cidr Destination, string? Found)> repaired)
    {
        if (RouteEvents.OfDrift(table, repaired) is { } drift) parts.Events.Tell(drift.Kind, drift.About, drift.Message);
    }
}
