using Romana.Node.Linux.Netlink.Records;
using Romana.Node.Linux.Netlink.Wire;

namespace Romana.Node.Linux.Netlink;

/// <summary>What kinds of things a datagram of notifications speaks of, who changed them, and whether they were ours.</summary>
internal static class NotificationReader
{
    public static LookAgain Read(ReadOnlySpan<byte> datagram, Func<uint, bool> isOwn)
    {
        var seen = default(LookAgain);
        var messages = new MessageReader(datagram);
        while (messages.Next())
        {
            var message = messages.Current;
            var kind = KindOf(message.Header.Type);
            if (message.Header.Port != 0 && isOwn(message.Header.Port)) seen = seen with { Own = seen.Own | kind };
            else seen = seen with { Others = seen.Others | kind, OfOurs = seen.OfOurs | (ProtocolOf(message) == RouteProtocols.Romana ? kind : KernelKinds.None) };
        }

        return seen;
    }

    private static byte ProtocolOf(Message message) => message.Header.Type switch
    {
        MessageType.NewRoute or MessageType.DeleteRoute => message.Head<RouteHead>(out _).Protocol,
        MessageType.NewRule or MessageType.DeleteRule => RuleCodec.ProtocolOf(message),
        MessageType.NewNeighbour or MessageType.DeleteNeighbour => NeighbourCodec.ProtocolOf(message),
        _ => 0,
    };

    private static KernelKinds KindOf(ushort type) => type switch
    {
        MessageType.NewInterface or MessageType.DeleteInterface => KernelKinds.Interfaces,
        MessageType.NewAddress or MessageType.DeleteAddress => KernelKinds.Addresses,
        MessageType.NewRoute or MessageType.DeleteRoute => KernelKinds.Routes,
        MessageType.NewRule or MessageType.DeleteRule => KernelKinds.Rules,
        MessageType.NewNeighbour or MessageType.DeleteNeighbour => KernelKinds.Neighbours,
        _ => KernelKinds.None,
    };
}
