using Romana.Node.Linux.Netlink;
using Romana.Node.Linux.Netlink.Records;
using Romana.Node.Planning;

namespace Romana.Node.Explaining;

internal enum EntranceKind
{
    /// <summary>The node itself sends it.</summary>
    Node,

    /// <summary>A pod of this host sends it.</summary>
    Pod,

    /// <summary>It comes by an interface that leads out.</summary>
    Wire,
}

/// <summary>Where a packet of this source comes into the host's hands.</summary>
/// <param name="Interface">"lo" for the node's own.</param>
/// <param name="Index">Null for the node's own.</param>
internal sealed record Entrance(EntranceKind Kind, string Interface, int? Index)
{
    /// <summary>Where the kernel would send what is addressed to it. Null: nowhere, so nothing is known of where it comes from.</summary>
    public static Entrance? Of(PacketQuestion packet, ExplainLook look)
    {
        if (look.IsHere(packet.From)) return new Entrance(EntranceKind.Node, "lo", null);
        if (look.Ask(new RouteQuestion(packet.From)) is not RouteAnswer.Found { Route: { Type: RouteType.Unicast, Hops: [var hop, ..] } }) return null;
        var name = look.NameOf(hop.Interface);
        return new Entrance(FabricTerms.IsPodInterface(name) && hop.Via is null ? EntranceKind.Pod : EntranceKind.Wire, name, hop.Interface);
    }
}
