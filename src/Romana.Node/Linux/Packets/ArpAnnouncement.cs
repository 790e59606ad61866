using System.Buffers.Binary;
using Romana.Ipam.Addressing;
using Romana.Node.Linux.Netlink.Records;

namespace Romana.Node.Linux.Packets;

/// <summary>
/// "This IPv4 address is at this MAC address": an ARP request (RFC 826) whose sender asks for itself (RFC 5227, section 3),
/// to everybody on the link. A request, since some devices do not heed an answer that they did not ask for.
/// </summary>
internal static class ArpAnnouncement
{
    public const int Size = EthernetHeader.Size + 28;

    private const ushort OverEthernet = 1, OfIPv4 = 0x0800, Request = 1;

    public static byte[] Frame(MacAddress mac, IpAddress address)
    {
        var frame = new byte[Size];
        EthernetHeader.Write(frame, EthernetHeader.Broadcast, mac, EthernetHeader.Arp);
        var body = frame.AsSpan(EthernetHeader.Size);
        BinaryPrimitives.WriteUInt16BigEndian(body, OverEthernet);
        BinaryPrimitives.WriteUInt16BigEndian(body[2..], OfIPv4);
        (body[4], body[5]) = (MacAddress.Size, 4);
        BinaryPrimitives.WriteUInt16BigEndian(body[6..], Request);
        mac.CopyTo(body[8..]);
        BinaryPrimitives.WriteUInt32BigEndian(body[14..], (uint)address.Bits);
        // Whose MAC address is asked for stays zero.
        BinaryPrimitives.WriteUInt32BigEndian(body[24..], (uint)address.Bits);
        return frame;
    }
}
