using System.Collections.Immutable;
using System.Text.Json;
using Romana.Ipam.Addressing;

namespace Romana.Demo.Show;

internal sealed record PictureHost(string Name, string Condition, string Zone, string Subnet, string Address, ImmutableArray<string> Blocks);

/// <param name="Kind">"cover", "host", "aggregate", "segment".</param>
internal sealed record PictureRoute(string Kind, string Host);

/// <param name="Table">Its id.</param>
internal sealed record PictureCondition(string Table, string Type, string Message);

/// <summary>What Romana says about itself: the answers of `romana hosts|routes|ipam ... -o json`, as far as the demo shows them.</summary>
internal sealed record Picture
{
    public ImmutableArray<PictureHost> Hosts { get; init; } = [];

    /// <summary>Table and destination -> our route.</summary>
    public ImmutableDictionary<(string Table, string Destination), PictureRoute> Routes { get; init; } =
        ImmutableDictionary<(string, string), PictureRoute>.Empty;

    /// <summary>Subnet id or zone name -> the CIDR of its group.</summary>
    public ImmutableDictionary<string, string> Segments { get; init; } = ImmutableDictionary<string, string>.Empty;

    /// <summary>Of the tables, such as "RoutesIncomplete".</summary>
    public ImmutableArray<PictureCondition> Conditions { get; init; } = [];

    public static Picture Read(string hosts, string routes, string ipam)
    {
        using var hostsJson = JsonDocument.Parse(hosts);
        using var routesJson = JsonDocument.Parse(routes);
        using var ipamJson = JsonDocument.Parse(ipam);
        var tables = List(routesJson.RootElement, "tables");
        return new Picture
        {
            Hosts = [.. List(hostsJson.RootElement, "hosts").Select(ReadHost)],
            Routes = tables
                .SelectMany(table => List(table, "routes").Select(route => (Table: Text(table, "id"), Route: route)))
                .ToImmutableDictionary(
                    pair => (pair.Table, Text(pair.Route, "destination")),
                    pair => new PictureRoute(Text(pair.Route, "kind"), Text(pair.Route, "host"))),
            Segments = ReadSegments(ipamJson.RootElement),
            Conditions =
            [
                .. tables.SelectMany(table => List(table, "conditions")
                    .Where(condition => condition.TryGetProperty("is_true", out var value) && value.ValueKind == JsonValueKind.True)
                    .Select(condition => new PictureCondition(Text(table, "id"), Text(condition, "type"), Text(condition, "message")))),
            ],
        };
    }

    private static PictureHost ReadHost(JsonElement host) => new(
        Text(host, "name"), Text(host, "condition"), Text(host, "zone"), Text(host, "subnet"), Text(host, "address"),
        [.. List(host, "blocks").Select(block => block.GetString() ?? "").Order(Comparer<string>.Create(ByAddress))]);

    /// <summary>A group belongs to the zone or subnet that its assignment names; of several the narrowest counts.</summary>
    private static ImmutableDictionary<string, string> ReadSegments(JsonElement ipam)
    {
        var segments = ImmutableDictionary.CreateBuilder<string, string>();
        foreach (var network in List(ipam, "networks"))
            foreach (var group in List(network, "groups"))
            {
                if (!group.TryGetProperty("assignment", out var labels) || labels.ValueKind != JsonValueKind.Object) continue;
                foreach (var label in labels.EnumerateObject()) segments[label.Value.GetString() ?? ""] = Text(group, "cidr");
            }

        return segments.ToImmutable();
    }

    private static JsonElement[] List(JsonElement of, string name) =>
        of.ValueKind == JsonValueKind.Object && of.TryGetProperty(name, out var list) && list.ValueKind == JsonValueKind.Array
            ? [.. list.EnumerateArray()]
            : [];

    private static string Text(JsonElement of, string name) =>
        of.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";

    private static int ByAddress(string one, string other) =>
        Cidr.TryParse(one, out var left, out _) && Cidr.TryParse(other, out var right, out _)
            ? left.CompareTo(right)
            : string.CompareOrdinal(one, other);
}
