namespace Romana.Node.Linux.Netlink.Wire;

/// <summary>NLMSG_* of linux/netlink.h and RTM_* of linux/rtnetlink.h.</summary>
internal static class MessageType
{
    public const ushort Nothing = 1;
    public const ushort Error = 2;
    public const ushort Done = 3;
    public const ushort Overrun = 4;

    public const ushort NewInterface = 16;
    public const ushort DeleteInterface = 17;
    public const ushort GetInterface = 18;
    public const ushort SetInterface = 19;
    public const ushort NewAddress = 20;
    public const ushort DeleteAddress = 21;
    public const ushort GetAddress = 22;
    public const ushort NewRoute = 24;
    public const ushort DeleteRoute = 25;
    public const ushort GetRoute = 26;
    public const ushort NewNeighbour = 28;
    public const ushort DeleteNeighbour = 29;
    public const ushort GetNeighbour = 30;
    public const ushort NewRule = 32;
    public const ushort DeleteRule = 33;
    public const ushort GetRule = 34;
}
