using System.Buffers.Binary;
using Romana.Ipam.Addressing;
using Romana.Node.Linux.Netlink.Records;
using Romana.Node.Linux.Netlink.Wire;

namespace Romana.Node.Tests;

/// <summary>Bytes that the kernel does not send are told apart from those it does; and what does not fit is refused.</summary>
public sealed class WireTests
{
    [Theory]
    [InlineData("0102", "2 bytes are left where a message's header has 16")]
    [InlineData("0f000000" + "18000000" + "01000000" + "00000000", "a message of type 24 says 15 bytes where 16 are left")]
    [InlineData("11000000" + "18000000" + "01000000" + "00000000", "a message of type 24 says 17 bytes where 16 are left")]
    [InlineData("ffffffff" + "18000000" + "01000000" + "00000000", "a message of type 24 says 4294967295 bytes where 16 are left")]
    public void A_message_that_leads_out_of_its_datagram(string hex, string text) => Assert.Equal(text, Fault(() => Walk(Convert.FromHexString(hex))));

    [Theory]
    [InlineData("0800", "2 bytes are left where an attribute's header has 4")]
    [InlineData("03000100", "attribute 1 says 3 bytes where 4 are left")]
    [InlineData("0000010000000000", "attribute 1 says 0 bytes where 8 are left")]
    [InlineData("0900010000000000", "attribute 1 says 9 bytes where 8 are left")]
    [InlineData("0800010000000000" + "05000200", "attribute 2 says 5 bytes where 4 are left")]
    public void An_attribute_that_leads_out_of_its_message(string hex, string text) => Assert.Equal(text, Fault(() => WalkAttributes(Convert.FromHexString(hex))));

    [Fact]
    public void The_last_attribute_may_lack_its_padding()
    {
        var attributes = new AttributeReader(Convert.FromHexString("0500010007"));
        Assert.True(attributes.Next());
        Assert.Equal(7, attributes.U8());
        Assert.False(attributes.Next());
    }

    [Fact]
    public void Marks_of_nesting_and_byte_order_are_no_part_of_the_type()
    {
        var attributes = new AttributeReader(Convert.FromHexString("0800" + "12c0" + "04000100"));
        Assert.True(attributes.Next());
        Assert.Equal(0x12, attributes.Type);
        var inner = attributes.Nested();
        Assert.True(inner.Next());
        Assert.Equal((1, 0), (inner.Type, inner.Value.Length));
    }

    [Theory]
    [InlineData("0600010001020000")]
    [InlineData("0c0001000102030405060708")]
    public void A_number_of_another_size_is_not_read(string hex) => Assert.StartsWith("attribute 1 has ", Fault(() =>
    {
        var attributes = new AttributeReader(Convert.FromHexString(hex));
        attributes.Next();
        attributes.U32();
    }), StringComparison.Ordinal);

    [Theory]
    [InlineData("0a010000" + "08000100" + "0a000001", "attribute 1 has 4 bytes where an IPv6 address is wanted")]
    [InlineData("02210000" + "08000100" + "0a000001", "a route has a prefix length of 33")]
    [InlineData("02180000" + "08000900" + "04000000", "4 bytes are left where a next hop has 8")]
    [InlineData("02180000" + "0c000900" + "0700000003000000", "a next hop says 7 bytes where 8 are left")]
    [InlineData("02180000" + "0c001200" + "6300" + "fe80000000000000", "a gateway is of the unknown family 99")]
    [InlineData("02180000" + "05001200" + "02000000", "attribute 18 has 1 bytes where at least 2 bytes is wanted")]
    public void A_route_with_something_wrong(string headAndAttributes, string text)
    {
        var bytes = Convert.FromHexString(headAndAttributes);
        byte[] body = [.. bytes.AsSpan(0, 4), .. new byte[8], .. bytes.AsSpan(4)];
        Assert.Equal(text, Fault(() =>
        {
            var messages = new MessageReader(Dialogue.Message(MessageType.NewRoute, 0, body));
            messages.Next();
            RouteCodec.Decode(messages.Current);
        }));
    }

    /// <summary>Three hundred hops do not fit into the scratch, and arrive whole all the same.</summary>
    [Fact]
    public void A_request_outgrows_its_scratch()
    {
        var route = new Route
        {
            Destination = Cidr.Parse("10.1.0.0/24"),
            Hops = [.. Enumerable.Range(1, 300).Select(i => new NextHop(i, Cidr.Parse("10.2.0.0/16").First.Plus((UInt128)i)))],
        }.Canonical();
        var request = new MessageWriter(stackalloc byte[MessageWriter.ScratchSize], MessageType.NewRoute, 0);
        RouteRequestCodec.WriteAdd(ref request, route);
        var messages = new MessageReader(request.Finish(1));
        Assert.True(messages.Next());
        Assert.Equal(route, RouteCodec.Decode(messages.Current));
    }

    [Fact]
    public void What_no_attribute_can_hold_is_refused()
    {
        var route = new Route
        {
            Destination = Cidr.Parse("10.1.0.0/24"),
            Hops = [.. Enumerable.Range(1, 5_000).Select(i => new NextHop(i, IpAddress.Parse("10.2.0.1")))],
        };
        Assert.Throws<ArgumentException>(() =>
        {
            var request = new MessageWriter(stackalloc byte[MessageWriter.ScratchSize], MessageType.NewRoute, 0);
            RouteRequestCodec.WriteAdd(ref request, route);
        });
    }

    /// <summary>What the scratch held before must not reach the kernel in the padding.</summary>
    [Fact]
    public void Padding_is_zero()
    {
        Span<byte> scratch = stackalloc byte[64];
        scratch.Fill(0xff);
        var request = new MessageWriter(scratch, MessageType.NewRoute, 0);
        request.U8(7, 1);
        Assert.Equal(0x05u | (7u << 16), BinaryPrimitives.ReadUInt32LittleEndian(request.Finish(1)[16..]));
        Assert.Equal(1u, BinaryPrimitives.ReadUInt32LittleEndian(request.Finish(1)[20..]));
    }

    [Theory]
    [InlineData("02:00:00:00:00:0a", true)]
    [InlineData("02:00:00:00:00", false)]
    [InlineData("02:00:00:00:00:0a:0b", false)]
    [InlineData("2:0:0:0:0:a", false)]
    [InlineData("02-00-00-00-00-0a", false)]
    [InlineData("", false)]
    public void Mac_addresses(string text, bool good)
    {
        Assert.Equal(good, MacAddress.TryParse(text, out var address));
        if (good) Assert.Equal(text, address.ToString());
        else Assert.Throws<FormatException>(() => MacAddress.Parse(text));
    }

    private static string Fault(Action read) => Assert.Throws<MalformedMessageException>(read).Message;

    private static void Walk(byte[] datagram)
    {
        var messages = new MessageReader(datagram);
        while (messages.Next())
        {
        }
    }

    private static void WalkAttributes(byte[] bytes)
    {
        var attributes = new AttributeReader(bytes);
        while (attributes.Next())
        {
        }
    }
}
