using System.Buffers.Binary;
using Romana.Ipam.Addressing;
using Romana.Node.Linux.Netlink.Records;

namespace Romana.Node.Linux.Packets;

/// <summary>
/// "This IPv6 address is at this MAC address", unasked, to all nodes of the link (RFC 4861, sections 4.4 and 7.2.6), with
/// the override flag: what a neighbour remembers is not true any more. Neither a router's word nor an answer.
/// </summary>
internal static class NeighbourAdvertisement
{
    public const int Size = EthernetHeader.Size + Header + Message;

    // An IPv6 header; type, flags and target, and the option that holds the MAC address.
    private const int Header = 40, Message = 24 + 8;

    private const byte IcmpV6 = 58, Advertisement = 136, Override = 0x20, TargetLinkLayerAddress = 2;

    // Receivers drop what may have come through a router.
    private const byte HopLimit = 255;

    private static readonly IpAddress AllNodes = IpAddress.Parse("ff02::1");

    /// <param name="mac">The sender's, and where the address is.</param>
    /// <param name="address">Announced.</param>
    /// <param name="sender">One of the sending interface's own addresses.</param>
    public static byte[] Frame(MacAddress mac, IpAddress address, IpAddress sender)
    {
        var frame = new byte[Size];
        EthernetHeader.Write(frame, EthernetHeader.AllNodes, mac, EthernetHeader.IPv6);
        var packet = frame.AsSpan(EthernetHeader.Size);
        packet[0] = 0x60;
        BinaryPrimitives.WriteUInt16BigEndian(packet[4..], Message);
        (packet[6], packet[7]) = (IcmpV6, HopLimit);
        BinaryPrimitives.WriteUInt128BigEndian(packet[8..], sender.Bits);
        BinaryPrimitives.WriteUInt128BigEndian(packet[24..], AllNodes.Bits);
        var message = packet[Header..];
        (message[0], message[4]) = (Advertisement, Override);
        BinaryPrimitives.WriteUInt128BigEndian(message[8..], address.Bits);
        (message[24], message[25]) = (TargetLinkLayerAddress, 1);
        mac.CopyTo(message[26..]);
        BinaryPrimitives.WriteUInt16BigEndian(message[2..], Checksum(packet));
        return frame;
    }

    /// <summary>RFC 8200, section 8.1: over both addresses, length, protocol, and the message with its own sum at zero.</summary>
    private static ushort Checksum(ReadOnlySpan<byte> packet)
    {
        uint sum = Message + IcmpV6;
        for (var i = 8; i < packet.Length; i += 2) sum += BinaryPrimitives.ReadUInt16BigEndian(packet[i..]);
        while (sum > ushort.MaxValue) sum = (sum & ushort.MaxValue) + (sum >> 16);
        return (ushort)~sum;
    }
}
