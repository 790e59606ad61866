using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Romana.Ipam.Addressing;
using Romana.Ipam.Topologies;

namespace Romana.Cloud.Planning;

/// <summary>An inventory read: everything that is wrong with it, and the inventory when none of that is an error.</summary>
public sealed record InventoryReading(Inventory? Inventory, ImmutableArray<TopologyProblem> Problems);

/// <summary>
/// Reads the planner's inventory file. Comments and trailing commas are tolerated, unknown keys are warned about;
/// everything wrong is reported at once with path, value and remedy.
/// </summary>
public sealed class InventoryDocument
{
    private static readonly JsonDocumentOptions Tolerant = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };
    private readonly ProblemList _problems = new();
    private readonly InventoryNames _names;

    private InventoryDocument() => _names = new InventoryNames(_problems);

    public static InventoryReading Read(string json)
    {
        var reader = new InventoryDocument();
        Inventory? inventory = null;
        try
        {
            using var document = JsonDocument.Parse(json.TrimStart('\uFEFF'), Tolerant);
            if (DocumentObject.Open(document.RootElement, "", reader._problems) is { } root) inventory = reader.ReadRoot(root);
        }
        catch (JsonException fault)
        {
            var place = string.Create(CultureInfo.InvariantCulture, $"line {fault.LineNumber + 1}, column {fault.BytePositionInLine + 1}");
            reader._problems.Error("invalid_json", place, null, "this is not JSON", "Correct the text there");
        }
        catch (InvalidOperationException)
        {
            // What a well-formed document can still fail on: a string with half a surrogate pair.
            reader._problems.Error("invalid_json", "", null, "a string holds half a surrogate pair", "Write the whole character");
        }

        return new InventoryReading(reader._problems.HasErrors ? null : inventory, reader._problems.ToImmutable());
    }

    private Inventory ReadRoot(DocumentObject root)
    {
        var vpc = root.Object("vpc");
        var inventory = new Inventory
        {
            Vpc = new InventoryVpc { Id = vpc?.Text("id"), Cidrs = vpc is null ? [] : Cidrs(vpc, "cidrs") },
            Subnets = Each(root, "subnets", ReadSubnet),
            Tables = Each(root, "tables", ReadTable),
            Hosts = Each(root, "hosts", ReadHost),
            Blocks = root.Has("blocks") ? Each(root, "blocks", ReadBlock) : null,
        };
        vpc?.Close();
        root.Close();
        _names.Check();
        return inventory;
    }

    private ImmutableArray<T> Each<T>(DocumentObject parent, string key, Func<DocumentObject, T?> read)
        where T : class
    {
        var found = ImmutableArray.CreateBuilder<T>();
        foreach (var (element, path) in parent.List(key))
        {
            if (DocumentObject.Open(element, path, _problems) is not { } entry) continue;
            if (read(entry) is { } value) found.Add(value);
            entry.Close();
        }

        return found.ToImmutable();
    }

    private InventorySubnet? ReadSubnet(DocumentObject entry)
    {
        var (id, zone, cidr) = (Required(entry, "id", "\"subnet-...\""), entry.Text("zone") ?? "", RequiredCidr(entry));
        if (id is not null) _names.Define(InventoryNames.Kind.Subnet, id, entry.At("id"));
        return id is null || cidr is null ? null : new InventorySubnet(id, zone, cidr.Value);
    }

    private InventoryTable? ReadTable(DocumentObject entry)
    {
        var id = Required(entry, "id", "\"rtb-...\"");
        if (id is not null) _names.Define(InventoryNames.Kind.Table, id, entry.At("id"));
        var quota = entry.Object("quota");
        var standard = new TableQuota();
        var table = new InventoryTable
        {
            Id = id ?? "",
            Subnets = [.. entry.List("subnets").Select(item => _names.Use(InventoryNames.Kind.Subnet, DocumentObject.Shown(item.Element), item.Path))],
            Main = entry.Flag("main"),
            Quota = quota is null ? standard : new TableQuota(
                quota.Number("ipv4", "bad_quota", 1, int.MaxValue) ?? standard.Ipv4, quota.Number("ipv6", "bad_quota", 1, int.MaxValue) ?? standard.Ipv6),
            Routes = Each(entry, "routes", ReadRoute),
        };
        quota?.Close();
        foreach (var twice in table.Routes.Where(route => !route.Propagated).GroupBy(route => route.Destination, StringComparer.Ordinal).Where(same => same.Skip(1).Any()))
            _problems.Error("duplicate_route", entry.At("routes"), twice.Key, "the table has two routes with this destination", "Keep one of them");
        return table;
    }

    private InventoryRoute? ReadRoute(DocumentObject entry)
    {
        var destination = Required(entry, "destination", "a CIDR, or \"pl-...\"");
        var target = Required(entry, "target", "\"local\", \"eni-...\", \"nat-...\"");
        if (destination?.StartsWith("pl-", StringComparison.Ordinal) == false) entry.Cidr("destination");
        var state = entry.OneOf("state", "bad_state", "active", "blackhole");
        var family = entry.OneOf("family", "bad_family", "ipv4", "ipv6");
        var route = new InventoryRoute
        {
            Destination = destination ?? "",
            Target = target ?? "",
            Owned = entry.Flag("owned"),
            State = state == "blackhole" ? RouteState.Blackhole : RouteState.Active,
            Propagated = entry.Flag("propagated"),
            Weight = entry.Number("weight", "bad_weight", 1, int.MaxValue) ?? 1,
            Family = family switch { "ipv4" => IpFamily.IPv4, "ipv6" => IpFamily.IPv6, _ => null },
        };
        return destination is null || target is null ? null : route;
    }

    private InventoryHost? ReadHost(DocumentObject entry)
    {
        var (name, ip) = (Required(entry, "name", "the host's name"), entry.Address("ip"));
        if (name is not null) _names.Define(InventoryNames.Kind.Host, name, entry.At("name"));
        if (!entry.Has("ip")) _problems.Error("missing_value", entry.At("ip"), null, "a host has an address", "Write its private address, \"10.0.0.10\"");
        var (eni, subnet) = (entry.Text("eni") ?? "", Required(entry, "subnet", "the subnet of its pod interface"));
        if (eni.Length > 0) _names.Define(InventoryNames.Kind.Interface, eni, entry.At("eni"));
        if (subnet is not null) _names.Use(InventoryNames.Kind.Subnet, subnet, entry.At("subnet"));
        var health = entry.OneOf("health", "bad_health", "Up", "Suspect", "Down", "Draining");
        var labels = entry.Object("labels")?.Pairs().ToImmutableSortedDictionary() ?? ImmutableSortedDictionary<string, string>.Empty;
        var (spot, bandwidth, groups) = (entry.Flag("spot"), Bandwidth(entry), Groups(entry));
        return name is null || ip is null || subnet is null ? null : new InventoryHost
        {
            Name = name,
            Ip = ip.Value,
            Eni = eni,
            Subnet = subnet,
            Labels = labels,
            Health = health is null ? HostHealth.Up : Enum.Parse<HostHealth>(health),
            Spot = spot,
            Bandwidth = bandwidth,
            Groups = groups,
        };
    }

    private double? Bandwidth(DocumentObject entry)
    {
        if (entry.Find("bandwidth") is not { } value) return null;
        if (value.ValueKind == JsonValueKind.Number && value.GetDouble() is > 0 and < double.PositiveInfinity and var gigabits) return gigabits;
        _problems.Error("bad_bandwidth", entry.At("bandwidth"), DocumentObject.Shown(value), "a positive number is wanted", "Write the baseline bandwidth in Gbit/s, or leave it out");
        return null;
    }

    private static ImmutableSortedDictionary<string, Cidr> Groups(DocumentObject entry)
    {
        var groups = ImmutableSortedDictionary.CreateBuilder<string, Cidr>(StringComparer.Ordinal);
        if (entry.Object("groups") is not { } stated) return groups.ToImmutable();
        foreach (var (network, _) in stated.Pairs())
        {
            if (stated.Cidr(network) is { } cidr) groups[network] = cidr;
        }

        return groups.ToImmutable();
    }

    private InventoryBlock? ReadBlock(DocumentObject entry)
    {
        var (cidr, network, host) = (RequiredCidr(entry), Required(entry, "network", "the network's name"), Required(entry, "host", "its holder's name"));
        if (host is not null) _names.Use(InventoryNames.Kind.Host, host, entry.At("host"));
        return cidr is null || network is null || host is null ? null : new InventoryBlock(cidr.Value, network, host);
    }

    private string? Required(DocumentObject entry, string key, string example)
    {
        if (entry.Text(key) is { Length: > 0 } text) return text;
        if (!entry.Has(key) || entry.Find(key) is { ValueKind: JsonValueKind.String })
            _problems.Error("missing_value", entry.At(key), null, "the value is missing", $"Write {example}");
        return null;
    }

    private Cidr? RequiredCidr(DocumentObject entry) => Required(entry, "cidr", "a CIDR such as 10.0.0.0/20") is null ? null : entry.Cidr("cidr");

    private ImmutableArray<Cidr> Cidrs(DocumentObject parent, string key)
    {
        var cidrs = ImmutableArray.CreateBuilder<Cidr>();
        foreach (var (element, path) in parent.List(key))
        {
            if (Cidr.TryParse(DocumentObject.Shown(element), out var cidr, out var reason)) cidrs.Add(cidr);
            else _problems.Error("invalid_cidr", path, DocumentObject.Shown(element), reason, "Write a CIDR such as 10.0.0.0/16");
        }

        return cidrs.ToImmutable();
    }
}
