using Romana.Node.Linux.Netlink;
using Romana.Node.Linux.Netlink.Records;
using Romana.Node.Planning;

namespace Romana.Node.Explaining;

/// <summary>Where a packet that goes on goes, in one sentence. Pure.</summary>
internal static class Destination
{
    public static string Of(PacketQuestion packet, Entrance entrance, Filters filters, ExplainLook look, Explanation going)
    {
        var leaves = going.Leaves!;
        if (FabricTerms.IsPodInterface(leaves) && going.Gateway is null) return $"{packet.To} is a pod of this host";
        if (!filters.IsOurs(look)) return $"neither {packet.From} nor {packet.To} is in a pod network: the machine's own routing decides";
        if (filters.IsVlanUplink(leaves)) return Vlan(packet, filters, look, going);
        var transit = entrance.Kind == EntranceKind.Wire && entrance.Interface == leaves ? "transit: passed on to " : "to ";
        var hop = going.Gateway is { } gateway ? $"{gateway} by {leaves}" : $"{leaves}, where {packet.To} itself is asked for";
        return filters.IsThere ? transit + hop : $"{transit}{hop}; our nft table is missing, so nothing is translated or checked";
    }

    private static string Vlan(PacketQuestion packet, Filters filters, ExplainLook look, Explanation going)
    {
        var vlan = filters.VlanOf(going.Leaves!);
        var back = look.Ask(new RouteQuestion(packet.To)) is RouteAnswer.Found { Route.Hops: [var hop, ..] }
            && look.NameOf(hop.Interface) is var name && FabricTerms.IsPodInterface(name)
            ? $"; {packet.To} is a pod of this host, so it comes back by VLAN {filters.VlanOf(name)}" : "";
        var isSame = going.Route?.StartsWith("0.0.0.0/0", StringComparison.Ordinal) != true && going.Route?.StartsWith("::/0", StringComparison.Ordinal) != true;
        return going.Gateway is null ? $"to its neighbour in VLAN {vlan}"
            : isSame ? $"to {going.Gateway}, a host in VLAN {vlan}" : $"to the gateway of VLAN {vlan}, {going.Gateway}{back}";
    }
}
