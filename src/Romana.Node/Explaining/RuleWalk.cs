using Romana.Ipam.Addressing;
using Romana.Node.Linux.Netlink.Records;

namespace Romana.Node.Explaining;

/// <summary>What decided a packet's way: the rule, and in its table the route.</summary>
/// <param name="Route">Null: the rule itself refuses.</param>
internal sealed record Decided(Rule Rule, Route? Route)
{
    public bool IsRefusal => Route?.IsRefusal ?? true;
}

/// <summary>
/// The kernel tells the route that a lookup ended at, but not by which rule, and of a refusal nothing but an error. So the rules
/// are walked as the kernel does (fib_rules_lookup): the first that fits and whose table has a route. Pure.
/// </summary>
internal static class RuleWalk
{
    /// <param name="interfaceIn">"lo" for what the node itself sends.</param>
    /// <returns>Null: no rule knows a way.</returns>
    public static Decided? Of(PacketQuestion packet, string interfaceIn, uint mark, ExplainLook look)
    {
        // A stable order: rules of one priority are asked in the kernel's own.
        foreach (var rule in look.Rules.Where(rule => rule.Family == packet.To.Family).OrderBy(rule => rule.Priority))
        {
            if (!Fits(rule, packet, interfaceIn, mark)) continue;
            if (rule.Action is RuleAction.Unreachable or RuleAction.Prohibit or RuleAction.Blackhole) return new Decided(rule, null);
            if (rule.Action == RuleAction.Lookup && Longest(look.Table(packet.To.Family, rule.Table), packet.To) is { Type: not RouteType.Throw } route)
                return new Decided(rule, route);
        }

        return null;
    }

    /// <summary>A rule with parts that are not known here is another's, and is left out: what the kernel answers outweighs the walk.</summary>
    private static bool Fits(Rule rule, PacketQuestion packet, string interfaceIn, uint mark) =>
        !rule.HasUnknownParts && rule.InterfaceOut is null
        && (rule.InterfaceIn is not { } name || name == interfaceIn)
        && (rule.From is not { } from || from.Contains(packet.From))
        && (rule.To is not { } to || to.Contains(packet.To))
        && (mark & rule.MarkMask) == (rule.Mark & rule.MarkMask);

    private static Route? Longest(IEnumerable<Route> routes, IpAddress to) =>
        routes.Where(route => route.Destination.Contains(to)).OrderByDescending(route => route.Destination.Length).ThenBy(route => route.Metric).FirstOrDefault();
}
