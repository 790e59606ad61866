using Romana.Ipam.Addressing;
using Romana.Node.Linux.Netlink.Records;
using Romana.Node.Linux.Packets;

namespace Romana.Node.Tests;

/// <summary>Frames byte by byte, as RFC 826, RFC 5227 and RFC 4861 (4.4) draw them.</summary>
public sealed class PacketTests
{
    private static readonly MacAddress Mac = MacAddress.Parse("02:00:00:00:10:02");

    [Fact]
    public void An_ARP_announcement_asks_for_its_own_sender() => Assert.Equal(
        Bytes("""
            ff ff ff ff ff ff  02 00 00 00 10 02  08 06
            00 01  08 00  06 04  00 01
            02 00 00 00 10 02  c0 a8 0a 41
            00 00 00 00 00 00  c0 a8 0a 41
            """),
        ArpAnnouncement.Frame(Mac, IpAddress.Parse("192.168.10.65")));

    /// <summary>The checksum was computed by another program.</summary>
    [Fact]
    public void An_unsolicited_advertisement_overrides() => Assert.Equal(
        Bytes("""
            33 33 00 00 00 01  02 00 00 00 10 02  86 dd
            60 00 00 00  00 20  3a  ff
            fd 00 00 10 00 00 00 00 00 00 00 00 00 00 00 02
            ff 02 00 00 00 00 00 00 00 00 00 00 00 00 00 01
            88 00 4a 39  20 00 00 00
            fd 00 00 10 00 00 00 00 00 00 00 00 00 00 00 41
            02 01 02 00 00 00 10 02
            """),
        NeighbourAdvertisement.Frame(Mac, IpAddress.Parse("fd00:10::41"), IpAddress.Parse("fd00:10::2")));

    private static byte[] Bytes(string hex) => Convert.FromHexString(string.Concat(hex.Where(char.IsAsciiHexDigit)));
}
