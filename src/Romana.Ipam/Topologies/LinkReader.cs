using System.Collections.Immutable;
using System.Text.RegularExpressions;
using Romana.Ipam.Addressing;

namespace Romana.Ipam.Topologies;

/// <summary>Reads the keys of a network that say how it meets the world: L2 keys, addresses kept back, egress.</summary>
internal sealed partial class LinkReader(ProblemList problems)
{
    public Network Read(DocumentObject entry, Network network, Cidr? cidr)
    {
        var read = network with
        {
            Vlan = entry.Number("vlan", "invalid_vlan", 1, 4094),
            Interface = ReadInterface(entry),
            Gateway = ReadGateway(entry, cidr),
            Reserved = ReadCidrs(entry, "reserved", cidr),
            NodeAddresses = ReadNodeAddresses(entry, cidr),
            Reach = entry.OneOf("reach", "invalid_reach", "arp", "bgp", "static"),
            Egress = ReadEgress(entry),
        };
        if (read.Reach is not null && !read.IsL2)
            problems.Warning(
                "reach_without_link", entry.At("reach"), read.Reach, "`reach` means something only on a network with `vlan`, `interface` or `gateway`",
                "Remove it, or add the missing key");
        return read;
    }

    private string? ReadInterface(DocumentObject entry)
    {
        if (entry.Text("interface") is not { } name) return null;
        if (InterfaceName().IsMatch(name) && name is not "." and not "..") return name;
        problems.Error(
            "invalid_interface", entry.At("interface"), name, "Linux knows no such interface name",
            "Write 1 to 15 characters without spaces, '/' and ':'");
        return null;
    }

    private IpAddress? ReadGateway(DocumentObject entry, Cidr? cidr)
    {
        if (entry.Address("gateway") is not { } gateway) return null;
        if (cidr is { } network && !network.Contains(gateway))
            problems.Error(
                "outside_network", entry.At("gateway"), gateway.ToString(), $"the gateway is not inside {network}",
                "Write the gateway's address in this network");
        return gateway;
    }

    private ImmutableArray<Cidr> ReadCidrs(DocumentObject entry, string key, Cidr? inside)
    {
        var cidrs = ImmutableArray.CreateBuilder<Cidr>();
        foreach (var (element, path) in entry.List(key))
        {
            var text = DocumentObject.Shown(element);
            if (!TryParse(text, out var cidr, out var reason))
                problems.Error("invalid_cidr", path, text, reason, "Write a CIDR or an address");
            else if (inside is { } network && !network.Contains(cidr))
                problems.Error("outside_network", path, text, $"it is not inside {network}", "Remove it, or correct it");
            else cidrs.Add(cidr);
        }

        return cidrs.ToImmutable();
    }

    private string? ReadNodeAddresses(DocumentObject entry, Cidr? cidr)
    {
        if (entry.Text("node_addresses") is not { } text || text is "first-of-block" or "dhcp") return entry.Text("node_addresses");
        if (!Cidr.TryParse(text, out var range, out var reason))
            problems.Error(
                "invalid_node_addresses", entry.At("node_addresses"), text, reason, "Write first-of-block, dhcp, or a CIDR of the network");
        else if (cidr is { } network && !network.Contains(range))
            problems.Error("outside_network", entry.At("node_addresses"), text, $"it is not inside {network}", "Write a CIDR of the network");
        return text;
    }

    private Egress ReadEgress(DocumentObject entry)
    {
        if (entry.Object("egress") is not { } egress) return new Egress(Native: []);
        var snat = egress.OneOf("snat", "invalid_egress", "node", "never");
        var imds = egress.OneOf("imds", "invalid_egress", "deny", "allow");
        var native = ReadCidrs(egress, "native", null);
        egress.Close();
        return new Egress(snat is null ? null : snat == "node", native, imds is null ? null : imds == "deny");
    }

    private static bool TryParse(string text, out Cidr cidr, [System.Diagnostics.CodeAnalysis.NotNullWhen(false)] out string? reason)
    {
        if (text.Contains('/', StringComparison.Ordinal)) return Cidr.TryParse(text, out cidr, out reason);
        var parsed = IpAddress.TryParse(text, out var address, out reason);
        cidr = parsed ? Cidr.Of(address) : default;
        return parsed;
    }

    [GeneratedRegex("^[^\\s/:]{1,15}\\z")]
    private static partial Regex InterfaceName();
}
