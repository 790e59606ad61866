using System.Runtime.InteropServices;

namespace Romana.Node.Linux.Netlink.Wire;

/// <summary>struct nlmsghdr of linux/netlink.h, in the host's byte order.</summary>
/// <param name="Length">Header included, without the padding to four bytes behind the message.</param>
/// <param name="Port">In a notification the port of the socket whose request made the change; 0 is the kernel itself.</param>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct MessageHeader(uint Length, ushort Type, ushort Flags, uint Sequence, uint Port)
{
    public const int Size = 16;
}
