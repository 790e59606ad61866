using Romana.Node.Linux.Netlink.Records;
using Romana.Node.Planning;
using Romana.Node.Planning.Vlans;

namespace Romana.Node.Explaining;

/// <summary>Why the way ends here, in words. Pure.</summary>
internal static class Refusal
{
    public static string Of(Decided decided, PacketQuestion packet)
    {
        var (rule, route) = (decided.Rule, decided.Route);
        var isOurs = (route?.Protocol ?? rule.Protocol) == RouteProtocols.Romana;
        if (!isOurs) return $"{(route is null ? $"the rule {rule}" : $"the route {route}")} refuses, which is not ours";
        if (route is not null) return Route(rule, route, packet);
        return rule.Priority switch
        {
            FabricTerms.MetadataPriority => "the instance metadata service is refused to pods of this network (imds: deny)",
            VlanTerms.WireEndPriority => "what comes by a VLAN's interface sees that VLAN's table alone, and it knows no way",
            VlanTerms.SourceEndPriority => "what a VLAN's address sends sees that VLAN's table alone, and it knows no way",
            VlanTerms.NodeEndPriority => "the node's own traffic goes into this VLAN by its table alone, and it knows no way",
            _ => $"our rule {rule} refuses",
        };
    }

    private static string Route(Rule rule, Route route, PacketQuestion packet) => (rule.Table, route.Destination.Length) switch
    {
        (FabricTerms.TransitTable, _) => $"the loop guard: it came from the fabric, and nobody on this link has {packet.To}",
        (_, 0) => "the VLAN's gateway is not known or not there, and no other way is taken (fails closed)",
        _ => $"{packet.To} is a free address of a block of this host ({route.Destination})",
    };
}
