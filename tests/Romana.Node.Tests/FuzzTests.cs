using System.Runtime.InteropServices;
using CsCheck;
using Romana.Node.Linux.Netlink;
using Romana.Node.Linux.Netlink.Records;
using Romana.Node.Linux.Netlink.Wire;

namespace Romana.Node.Tests;

/// <summary>
/// Whatever the bytes, reading ends, and ends in objects or in a MalformedMessageException: no other exception, no loop.
/// Seeds come from the recorded answers, so that mutations reach deep into the decoders.
/// </summary>
public sealed class FuzzTests
{
    private const int Rounds = 20_000;

    private static readonly byte[][] Seeds =
        [.. new[] { "link-list", "link-get", "addr-list", "route-list", "route-list6", "rule-list", "neigh-list", "err-route", "link-vlan" }
            .SelectMany(name => Dialogue.Read(name).Answers)];

    private static readonly ushort[] Lengths = [0, 1, 3, 4, 5, 7, 8, 0x7fff, 0x8000, 0xfffc, 0xffff];

    private static readonly Gen<(int Place, byte Value)[]> Changes = Gen.Select(Gen.Int[0, 8_191], Gen.Byte).Array[1, 12];

    [Fact]
    public void Changed_bytes() => Gen.Select(Gen.Int[0, Seeds.Length - 1], Changes).Sample((seed, changes) =>
    {
        var bytes = (byte[])Seeds[seed].Clone();
        foreach (var (place, value) in changes) bytes[place % bytes.Length] = value;
        ReadEverything(bytes);
    }, iter: Rounds);

    /// <summary>Lengths are what readers stumble over: extreme values in every 16-bit place.</summary>
    [Fact]
    public void Changed_lengths() => Gen.Select(Gen.Int[0, Seeds.Length - 1], Gen.Int[0, 4_095], Gen.Int[0, Lengths.Length - 1])
        .Sample((seed, place, length) =>
        {
            var bytes = (byte[])Seeds[seed].Clone();
            MemoryMarshal.Write(bytes.AsSpan(place * 2 % (bytes.Length - 1)), Lengths[length]);
            ReadEverything(bytes);
        }, iter: Rounds);

    [Fact]
    public void Cut_anywhere()
    {
        foreach (var seed in Seeds)
        {
            for (var length = 0; length < seed.Length; length++) ReadEverything(seed[..length]);
        }
    }

    [Fact]
    public void Bytes_at_random() => Gen.Byte.Array[0, 300].Sample(ReadEverything, iter: Rounds);

    /// <summary>As deep as a message can be: sixteen thousand attributes, each all that the one before holds.</summary>
    [Theory]
    [InlineData(18)]
    [InlineData(8)]
    [InlineData(9)]
    [InlineData(1)]
    public void Nested_as_deep_as_it_gets(ushort type)
    {
        var body = new byte[65_532];
        for (var i = 12; i + 4 <= body.Length; i += 4)
        {
            MemoryMarshal.Write(body.AsSpan(i), (ushort)(body.Length - i));
            MemoryMarshal.Write(body.AsSpan(i + 2), type);
        }

        body[0] = 2;
        foreach (var message in Enumerable.Range(16, 20)) ReadEverything(Dialogue.Message((ushort)message, 0, body));
    }

    private static void ReadEverything(byte[] datagram)
    {
        Read(datagram, InterfaceCodec.Decode);
        Read(datagram, AddressCodec.Decode);
        Read(datagram, RouteCodec.Decode);
        Read(datagram, RuleCodec.Decode);
        Read(datagram, NeighbourCodec.Decode);
        try
        {
            NotificationReader.Read(datagram, port => port == 1);
        }
        catch (MalformedMessageException fault)
        {
            Assert.NotEmpty(fault.Message);
        }
    }

    private static void Read<T>(byte[] datagram, MessageDecoder<T> decode)
        where T : class
    {
        // It catches MalformedMessageException and nothing else; anything else fails the test here.
        var reply = new Reply<T>(1, decode);
        reply.Take(datagram);
        Assert.True(reply.Items.Count <= datagram.Length / MessageHeader.Size);
        if (reply.Failure is { } failure) Assert.NotEmpty(KernelError.From(failure, "try", Dialogue.Message(MessageType.NewRoute, 0, new byte[12])).ToString());
    }
}
