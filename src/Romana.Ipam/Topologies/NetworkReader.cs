using System.Collections.Immutable;
using System.Text.RegularExpressions;
using Romana.Ipam.Addressing;

namespace Romana.Ipam.Topologies;

/// <summary>Reads the entries of `networks`.</summary>
internal sealed partial class NetworkReader(ProblemList problems)
{
    private const int DefaultBlockMaskV4 = 29;
    private const int DefaultBlockMaskV6 = 120;

    /// <summary>Names that stand in the document, also those of networks with errors: a topology may speak of them.</summary>
    public HashSet<string> Names { get; } = new(StringComparer.Ordinal);

    /// <summary>Networks without errors of their own, in document order, with the path of each.</summary>
    public List<(Network Network, string Path)> Read(DocumentObject document)
    {
        var networks = new List<(Network, string)>();
        foreach (var (element, path) in document.List("networks"))
        {
            if (DocumentObject.Open(element, path, problems) is not { } entry) continue;
            if (ReadOne(entry) is { } network) networks.Add((network, path));
            entry.Close();
        }

        RefuseOverlaps(networks);
        return networks;
    }

    private Network? ReadOne(DocumentObject entry)
    {
        var name = ReadName(entry);
        var cidr = entry.Cidr("cidr");
        if (cidr is null && !entry.Has("cidr"))
            problems.Error("invalid_cidr", entry.At("cidr"), null, "a network needs a cidr", "Write \"cidr\": \"10.244.0.0/16\"");
        var blockMask = ReadBlockMask(entry, cidr);
        var tenants = ReadTenants(entry);
        var owner = entry.OneOf("owner", "invalid_owner", "tenant-segment", "tenant", "host");
        var placement = entry.OneOf("placement", "invalid_placement", "sequential", "spread");
        var delay = ReadReuseDelay(entry);
        var network = new Network
        {
            Name = name ?? "",
            Cidr = cidr ?? default,
            BlockMask = blockMask ?? 0,
            Tenants = tenants,
            Owner = owner switch { "host" => OwnerMode.Host, "tenant" => OwnerMode.Tenant, _ => OwnerMode.TenantSegment },
            Placement = placement == "spread" ? Placement.Spread : Placement.Sequential,
            ReuseDelay = delay ?? TimeSpan.FromSeconds(60),
            Mtu = entry.Number("mtu", "invalid_mtu", cidr?.Family == IpFamily.IPv6 ? 1280 : 576, 9216),
        };
        network = new LinkReader(problems).Read(entry, network, cidr);
        return name is null || cidr is null || blockMask is null ? null : network;
    }

    private string? ReadName(DocumentObject entry)
    {
        var name = entry.Text("name");
        if (string.IsNullOrEmpty(name))
        {
            problems.Error("network_needs_name", entry.At("name"), name, "a network needs a name", "Write \"name\": \"pods\"");
            return null;
        }

        if (Names.Add(name)) return name;
        problems.Error("duplicate_network", entry.At("name"), name, "another network has this name", "Give each network a name of its own");
        return null;
    }

    private int? ReadBlockMask(DocumentObject entry, Cidr? cidr)
    {
        if (cidr is not { } network) return entry.Number("block_mask", "invalid_block_mask", 0, 128);
        var width = network.Family.Width();
        var usual = Math.Max(network.Length, network.Family == IpFamily.IPv4 ? DefaultBlockMaskV4 : DefaultBlockMaskV6);
        if (entry.Find("block_mask") is not { } written) return usual;
        if (written.ValueKind == System.Text.Json.JsonValueKind.Number && written.TryGetInt32(out var mask))
        {
            // Romana's Go type could not tell 0 from silence.
            if (mask == 0) return usual;
            if (mask >= network.Length && mask <= width) return mask;
        }

        problems.Error(
            "invalid_block_mask", entry.At("block_mask"), DocumentObject.Shown(written),
            $"a block of {network} has a prefix length from {network.Length} to {width}", $"Write a number in that range, or leave it out for {usual}");
        return null;
    }

    private ImmutableArray<string> ReadTenants(DocumentObject entry)
    {
        var tenants = ImmutableArray.CreateBuilder<string>();
        var all = false;
        foreach (var (element, path) in entry.List("tenants"))
        {
            var name = element.ValueKind == System.Text.Json.JsonValueKind.String ? element.GetString() : null;
            // Romana's own export writes "*" for a network that is open to all.
            if (name == "*") all = true;
            else if (name is not null && TenantName().IsMatch(name)) tenants.Add(name);
            else
                problems.Error(
                    "bad_tenant_name", path, DocumentObject.Shown(element), "a tenant's name has only letters, digits, '-' and '_'",
                    "Correct the name, or leave `tenants` out to admit all");
        }

        return all ? [] : tenants.ToImmutable();
    }

    private TimeSpan? ReadReuseDelay(DocumentObject entry)
    {
        if (entry.Find("reuse_delay") is not { } value) return null;
        var text = DocumentObject.Shown(value);
        var match = Delay().Match(text);
        if (match.Success && long.TryParse(match.Groups[1].ValueSpan, out var count) && count <= 1_000_000)
        {
            var unit = match.Groups[2].Value switch { "m" => 60, "h" => 3600, _ => 1 };
            var delay = TimeSpan.FromSeconds(count * unit);
            if (delay >= TimeSpan.FromSeconds(5) && delay <= TimeSpan.FromDays(7)) return delay;
        }

        problems.Error(
            "invalid_reuse_delay", entry.At("reuse_delay"), text, "the delay is not a time from 5 s to 7 days",
            "Write seconds (60) or a number with s, m or h (\"60s\")");
        return null;
    }

    private void RefuseOverlaps(List<(Network Network, string Path)> networks)
    {
        // In the order of Cidr a wider block comes before what is inside it, so one look back is enough.
        (Network Network, string Path)? widest = null;
        foreach (var entry in networks.OrderBy(entry => entry.Network.Cidr))
        {
            if (widest is { } earlier && earlier.Network.Cidr.Overlaps(entry.Network.Cidr))
                problems.Error(
                    "overlapping_cidr", $"{entry.Path}.cidr", entry.Network.Cidr.ToString(),
                    $"it overlaps {earlier.Network.Cidr} of network '{earlier.Network.Name}'", "Give each network a range of its own");
            else widest = entry;
        }
    }

    [GeneratedRegex("^[a-zA-Z0-9_-]*\\z")]
    private static partial Regex TenantName();

    [GeneratedRegex("^([0-9]+)(s|m|h)?\\z")]
    private static partial Regex Delay();
}
