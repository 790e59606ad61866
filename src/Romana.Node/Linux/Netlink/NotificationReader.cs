using Romana.Node.Linux.Netlink.Wire;

namespace Romana.Node.Linux.Netlink;

/// <summary>What kinds of things a datagram of notifications speaks of, and who changed them.</summary>
internal static class NotificationReader
{
    public static LookAgain Read(ReadOnlySpan<byte> datagram, Func<uint, bool> isOwn)
    {
        var (others, own) = (KernelKinds.None, KernelKinds.None);
        var messages = new MessageReader(datagram);
        while (messages.Next())
        {
            var header = messages.Current.Header;
            if (header.Port != 0 && isOwn(header.Port)) own |= KindOf(header.Type);
            else others |= KindOf(header.Type);
        }

        return new LookAgain(others, own, IsOverflow: false);
    }

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
