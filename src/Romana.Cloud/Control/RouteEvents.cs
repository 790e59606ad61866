using System.Collections.Immutable;
using Romana.Cloud.Discovery;
using Romana.Cloud.Health;
using Romana.Cloud.Health.Judging;
using Romana.Cloud.Planning;
using Romana.Ipam.Addressing;
using Romana.Ipam.Events;

namespace Romana.Cloud.Control;

/// <summary>What a pass over the routes has to tell: hosts that are taken for something else, routes that moved for it, adoptions. Pure.</summary>
internal static class RouteEvents
{
    /// <param name="before">Health by host at the last pass; null at the first: what stood before is no news.</param>
    public static IEnumerable<Happening> OfHealth(
        ImmutableSortedDictionary<string, HostHealth>? before, ImmutableSortedDictionary<string, HostHealth> now, Func<string, string?> why)
    {
        if (before is null) yield break;
        foreach (var (host, health) in now)
        {
            if (before.TryGetValue(host, out var was) && was != health)
                yield return new Happening("Health", host, $"{was} -> {health}{(why(host) is { Length: > 0 } reason ? $": {reason}" : "")}");
        }
    }

    /// <summary>Routes that were taken from hosts that are not Up, one line for each of those hosts.</summary>
    public static IEnumerable<Happening> OfMoves(Inventory inventory, IEnumerable<TableOutcome> outcomes, Func<string, string?> why)
    {
        var hosts = inventory.Hosts.GroupBy(host => host.Eni, StringComparer.Ordinal).ToDictionary(same => same.Key, same => same.First(), StringComparer.Ordinal);
        var moved = outcomes.SelectMany(outcome => outcome.Results)
            .Where(result => result is { Settled: true, Change: { Op: RouteOp.Replace, From: not null } } && result.Stands == result.Change.Target)
            .GroupBy(result => result.Change.From!, StringComparer.Ordinal).OrderBy(from => from.Key, StringComparer.Ordinal);
        foreach (var from in moved)
        {
            if (hosts.GetValueOrDefault(from.Key) is not { Health: not HostHealth.Up } host) continue;
            var targets = from.Select(result => result.Change.Target).Distinct(StringComparer.Ordinal)
                .Select(target => hosts.GetValueOrDefault(target)?.Name ?? target).Order(StringComparer.Ordinal).ToList();
            var tables = from.Select(result => result.Change.Table).Distinct(StringComparer.Ordinal).Count();
            yield return new Happening(host.Health == HostHealth.Draining ? "Drained" : "Failover", host.Name,
                $"{Counted(from.Count(), "route")} in {Counted(tables, "table")} moved to {Few(targets)}, since {host.Name} is {host.Health}{(why(host.Name) is { Length: > 0 } reason ? $": {reason}" : "")}");
        }
    }

    /// <param name="adopted">Those whose ledger entries were written.</param>
    public static IEnumerable<Happening> OfAdoptions(IEnumerable<AdoptedRoute> adopted) => adopted
        .GroupBy(route => route.Table, StringComparer.Ordinal).OrderBy(table => table.Key, StringComparer.Ordinal)
        .Select(table => new Happening("Adopted", table.Key,
            $"{Counted(table.Count(), "route")} of others {(table.Count() == 1 ? "is" : "are")} ours from now on, as --adopt says: {Few([.. table.Select(route => route.Destination.ToString())])}"));

    /// <param name="repaired">Routes of ours that somebody took, and what stood in their place.</param>
    public static Happening? OfDrift(string table, IReadOnlyList<(Cidr Destination, string? Found)> repaired) => repaired.Count == 0 ? null : new Happening(
        "Drift", table, $"{Counted(repaired.Count, "route")} of ours {(repaired.Count == 1 ? "was" : "were")} changed by somebody else and put back: "
            + Few([.. repaired.Select(one => $"{one.Destination} ({(one.Found is null ? "removed" : $"turned to {one.Found}")})")]));

    /// <summary>Why a host is not Up: its judge's words, else what EC2 shows of it. Null: nobody says.</summary>
    public static string? Why(string name, IEnumerable<WatchedHost> watched, HealthPicture health, SeenHosts? seen)
    {
        var judged = watched.Where(host => host.Name == name).Select(host => health.Of(host.Uid)).FirstOrDefault(word => word is { Health: not HostHealth.Up });
        if (judged is not null) return judged.Why;
        return (seen?.Hosts ?? []).Any(host => host.Sighting.Name == name && host.Health == HostHealth.Down) ? "EC2 shows that its instance does not run" : null;
    }

    private static string Counted(int count, string what) => $"{count} {what}{(count == 1 ? "" : "s")}";

    private static string Few(List<string> names) => names.Count <= 3 ? string.Join(", ", names) : $"{string.Join(", ", names.Take(3))} and {names.Count - 3} more";
}
