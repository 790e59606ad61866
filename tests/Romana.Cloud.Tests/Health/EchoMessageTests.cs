using Romana.Cloud.Health.Probing;

namespace Romana.Cloud.Tests.Health;

public sealed class EchoMessageTests
{
    private const ulong Key = 0x0123456789abcdef;

    [Fact]
    public void An_echo_request_is_these_bytes()
    {
        var message = new byte[EchoMessage.Length];
        EchoMessage.Write(message, six: false, 0xbeef, Key, 0x1_0002);
        Assert.Equal("08009AE5BEEF00020123456789ABCDEF0000000000010002", Convert.ToHexString(message));
        Assert.Equal(0, EchoMessage.Checksum(message));
        EchoMessage.Write(message, six: true, 0xbeef, Key, 0x1_0002);
        Assert.Equal("80000000BEEF00020123456789ABCDEF0000000000010002", Convert.ToHexString(message));
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    public void A_reply_gives_its_number_back(bool six, bool withIpHeader)
    {
        var reply = Reply(six, withIpHeader);
        Assert.Equal(77, EchoMessage.Number(reply, six, withIpHeader, Key));
        Assert.Null(EchoMessage.Number(reply, six, withIpHeader, Key + 1));
        for (var length = 0; length < reply.Length; length++) Assert.Null(EchoMessage.Number(reply.AsSpan(0, length), six, withIpHeader, Key));
    }

    [Fact]
    public void Our_own_request_seen_on_loopback_is_no_answer()
    {
        var request = new byte[EchoMessage.Length];
        EchoMessage.Write(request, six: false, 1, Key, 77);
        Assert.Null(EchoMessage.Number(request, six: false, withIpHeader: false, Key));
    }

    /// <summary>RFC 1071 section 3.</summary>
    [Fact]
    public void The_checksum_is_the_RFCs() => Assert.Equal(0x220d, EchoMessage.Checksum(Convert.FromHexString("0001F203F4F5F6F7")));

    private static byte[] Reply(bool six, bool withIpHeader)
    {
        var message = new byte[EchoMessage.Length];
        EchoMessage.Write(message, six, 1, Key, 77);
        message[0] = six ? (byte)129 : (byte)0;
        return withIpHeader ? [0x46, .. new byte[23], .. message] : message;
    }
}
