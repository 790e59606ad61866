using System.Collections.Immutable;
using System.Text.Json;

namespace Romana.Demo.Show;

/// <param name="Missing">Routes beyond the room there is.</param>
/// <param name="Calls">That change the table.</param>
internal sealed record PlannedTable(string Id, int Quota, int Foreign, int Covers, int Aggregates, int Blocks, int Missing, bool Complete, int Calls)
{
    /// <summary>Routes that it would take to send every block to its own host, where they do not fit; else 0.</summary>
    public int ExactRoutes { get; init; }

    /// <summary>Share of addresses behind an extra hop, local ones included.</summary>
    public double ExtraHops { get; init; }
}

/// <summary>The answer of `romana plan -o json`, as far as the demo shows it.</summary>
/// <param name="Calls">EC2 action -> number; zeros left out.</param>
internal sealed record PlannedWork(ImmutableArray<PlannedTable> Tables, ImmutableSortedDictionary<string, int> Calls)
{
    public int Total => Calls.Values.Sum();

    public static PlannedWork Read(string plan)
    {
        using var json = JsonDocument.Parse(plan);
        var root = json.RootElement;
        var changes = root.GetProperty("changes").EnumerateArray().ToLookup(change => change.GetProperty("table").GetString());
        return new PlannedWork(
            [.. root.GetProperty("tables").EnumerateArray().Select(table => ReadTable(table, changes[table.GetProperty("id").GetString()].Count()))],
            root.GetProperty("calls").EnumerateObject().Where(call => call.Value.GetInt32() > 0)
                .ToImmutableSortedDictionary(call => call.Name, call => call.Value.GetInt32(), StringComparer.Ordinal));
    }

    private static PlannedTable ReadTable(JsonElement table, int calls)
    {
        int Number(string name) => table.GetProperty(name).GetInt32();
        var kinds = table.GetProperty("routes").EnumerateArray().Select(route => route.GetProperty("kind").GetString()).ToList();
        var (covers, aggregates) = (kinds.Count(kind => kind == "cover"), kinds.Count(kind => kind == "aggregate"));
        return new PlannedTable(table.GetProperty("id").GetString()!, Number("quota"), Number("foreign"), covers, aggregates, kinds.Count - covers - aggregates,
            Number("missing"), table.GetProperty("complete").GetBoolean(), calls)
        {
            ExactRoutes = table.TryGetProperty("aggregated", out var aggregated) ? aggregated.GetProperty("exact_routes").GetInt32() : 0,
            ExtraHops = table.GetProperty("extra_hop_share").GetDouble() + table.GetProperty("local_extra_hop_share").GetDouble(),
        };
    }
}
