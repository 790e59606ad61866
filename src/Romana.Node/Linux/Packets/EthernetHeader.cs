using System.Buffers.Binary;
using Romana.Node.Linux.Netlink.Records;

namespace Romana.Node.Linux.Packets;

/// <summary>The first bytes of a frame. A tag is none of its concern: the tagged interface puts it in.</summary>
internal static class EthernetHeader
{
    public const int Size = 14;

    public const ushort Arp = 0x0806, IPv6 = 0x86dd;

    public static readonly MacAddress Broadcast = new(0xffff_ffff_ffff);

    /// <summary>Of ff02::1, by RFC 2464, section 7.</summary>
    public static readonly MacAddress AllNodes = new(0x3333_0000_0001);

    public static void Write(Span<byte> frame, MacAddress to, MacAddress from, ushort kind)
    {
        to.CopyTo(frame);
        from.CopyTo(frame[MacAddress.Size..]);
        BinaryPrimitives.WriteUInt16BigEndian(frame[(2 * MacAddress.Size)..], kind);
    }
}
