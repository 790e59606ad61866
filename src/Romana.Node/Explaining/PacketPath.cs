using Romana.Node.Linux.Netlink;
using Romana.Node.Linux.Netlink.Records;

namespace Romana.Node.Explaining;

/// <summary>
/// Follows one packet through this host in the order in which the kernel treats it: where it enters, sources, zone, way, guards,
/// translation. Pure: all that it knows is in the look.
/// </summary>
internal static class PacketPath
{
    public static Explanation Explain(PacketQuestion packet, ExplainLook look)
    {
        var filters = new Filters(look.Nft, packet);
        if (Entrance.Of(packet, look) is not { } entrance)
            return Say(packet, Verdict.NotSeen, $"no route leads back to {packet.From}: a packet of that source does not come from anywhere that this host knows");
        var begun = Say(packet, Verdict.Accepted, "") with { Enters = entrance.Kind == EntranceKind.Node ? "node" : entrance.Interface, Zone = filters.ZoneIn(entrance) };
        if (filters.Spoofed(entrance) is { } spoof) return begun with { Verdict = Verdict.Refused, Why = spoof };
        return Way(packet, entrance, filters, look, begun);
    }

    private static Explanation Way(PacketQuestion packet, Entrance entrance, Filters filters, ExplainLook look, Explanation begun)
    {
        var walked = RuleWalk.Of(packet, entrance.Interface, 0, look);
        var question = new RouteQuestion(packet.To) { From = AsksSource(packet, entrance) ? packet.From : null, InterfaceIn = entrance.Index, Port = packet.Port };
        var decided = begun with { Rule = walked?.Rule.ToString(), Table = walked?.Route?.Table, Route = Shown(walked?.Route, look) };
        if (look.Ask(question) is not RouteAnswer.Found { Route: var way })
        {
            if (walked is null) return decided with { Verdict = Verdict.Unreachable, Why = "no rule and no table knows a way" };
            if (!walked.IsRefusal) return decided with { Verdict = Verdict.Refused, Why = Backward(packet, entrance) };
            return decided with { Verdict = Verdict.Refused, Why = Refusal.Of(walked, packet) };
        }

        // A rule of another's kind may have led elsewhere: then the kernel's word stands, and the rule is not known.
        if (walked?.Route is null || walked.Route.Type != way.Type || way.Table != 0 && walked.Rule.Table != way.Table)
            decided = decided with { Rule = null, Table = way.Table, Route = null };
        if (way.Type is RouteType.Local or RouteType.Anycast) return Delivered(packet, entrance, filters, decided);
        if (way.Hops is not [var hop, ..]) return decided with { Verdict = Verdict.Refused, Why = $"the way is {way}, which leads nowhere" };
        return Leaving(packet, entrance, filters, look, decided with { Leaves = look.NameOf(hop.Interface), Gateway = hop.Via?.ToString() });
    }

    /// <summary>IPv4 answers for a forwarded packet by its source too; what the node sends is looked up with the source that it has.</summary>
    private static bool AsksSource(PacketQuestion packet, Entrance entrance) =>
        entrance.Kind != EntranceKind.Node || packet.From.Family == Ipam.Addressing.IpFamily.IPv4;

    private static Explanation Delivered(PacketQuestion packet, Entrance entrance, Filters filters, Explanation decided)
    {
        var here = decided with { Leaves = "node" };
        return filters.Elsewhere(entrance) is { } refusal ? here with { Verdict = Verdict.Refused, Why = refusal }
            : here with { Verdict = Verdict.Accepted, Why = $"{packet.To} is an address of this node" };
    }

    private static Explanation Leaving(PacketQuestion packet, Entrance entrance, Filters filters, ExplainLook look, Explanation decided)
    {
        var leaves = decided.Leaves!;
        var going = decided with
        {
            Zone = entrance.Kind == EntranceKind.Node ? filters.ZoneOut(leaves) : decided.Zone,
            Notes = entrance.Kind == EntranceKind.Node ? [] : [.. look.Forbidding.Select(chain => $"the chain {chain} at forward drops by its policy whatever it does not accept")],
        };
        if (entrance.Kind != EntranceKind.Node && filters.Forwarded(entrance.Interface, leaves) is { } refusal) return going with { Verdict = Verdict.Refused, Why = refusal };
        return going with
        {
            Verdict = filters.IsOurs(look) ? Verdict.Accepted : Verdict.NotOurs,
            Translation = filters.Translation(leaves),
            Why = Destination.Of(packet, entrance, filters, look, going),
        };
    }

    private static string Backward(PacketQuestion packet, Entrance entrance) =>
        $"the reverse-path check: what would be sent to {packet.From} does not leave by {entrance.Interface} (rp_filter), or the source may not be used there";

    private static string? Shown(Route? route, ExplainLook look) => route is null ? null
        : $"{(route.Type == RouteType.Unicast ? "" : route.Type.ToString().ToLowerInvariant() + " ")}{route.Destination}"
        + string.Concat(route.Hops.Select(hop => $"{(hop.Via is { } via ? $" via {via}" : "")} dev {look.NameOf(hop.Interface)}"));

    private static Explanation Say(PacketQuestion packet, Verdict verdict, string why) =>
        new(verdict, why) { From = packet.From.ToString(), To = packet.To.ToString(), Port = packet.Port };
}
