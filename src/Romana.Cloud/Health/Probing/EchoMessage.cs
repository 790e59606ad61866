using System.Buffers.Binary;

namespace Romana.Cloud.Health.Probing;

/// <summary>
/// ICMP echo of both families (RFC 792, RFC 4443 section 4): type, code, checksum, identifier, sequence, then our 16
/// bytes: a key of this process, so that nobody who does not see our probes can answer them, and the probe's number.
/// </summary>
internal static class EchoMessage
{
    public const int Length = HeaderLength + 16;
    private const int HeaderLength = 8;
    private const byte Request4 = 8;
    private const byte Reply4 = 0;
    private const byte Request6 = 128;
    private const byte Reply6 = 129;

    /// <param name="identifier">A datagram socket's kernel puts its own in its place.</param>
    public static void Write(Span<byte> message, bool six, ushort identifier, ulong key, long number)
    {
        message[0] = six ? Request6 : Request4;
        message[1] = 0;
        BinaryPrimitives.WriteUInt16BigEndian(message[2..], 0);
        BinaryPrimitives.WriteUInt16BigEndian(message[4..], identifier);
        BinaryPrimitives.WriteUInt16BigEndian(message[6..], (ushort)number);
        BinaryPrimitives.WriteUInt64BigEndian(message[8..], key);
        BinaryPrimitives.WriteInt64BigEndian(message[16..], number);

        // ICMPv6's covers addresses that only the kernel knows: it fills it in.
        if (!six) BinaryPrimitives.WriteUInt16BigEndian(message[2..], Checksum(message[..Length]));
    }

    /// <summary>The probe's number, when this is the reply to one of ours.</summary>
    /// <param name="received">As the socket gave it: a raw IPv4 socket gives the IP header as well.</param>
    public static long? Number(ReadOnlySpan<byte> received, bool six, bool withIpHeader, ulong key)
    {
        if (withIpHeader)
        {
            if (received.IsEmpty) return null;
            var header = (received[0] & 0xf) * 4;
            if (received.Length < header) return null;
            received = received[header..];
        }

        if (received.Length < Length || received[0] != (six ? Reply6 : Reply4) || received[1] != 0) return null;
        return BinaryPrimitives.ReadUInt64BigEndian(received[8..]) == key ? BinaryPrimitives.ReadInt64BigEndian(received[16..]) : null;
    }

    /// <summary>RFC 1071.</summary>
    public static ushort Checksum(ReadOnlySpan<byte> bytes)
    {
        uint sum = 0;
        for (var i = 0; i + 1 < bytes.Length; i += 2) sum += BinaryPrimitives.ReadUInt16BigEndian(bytes[i..]);
        if (bytes.Length % 2 == 1) sum += (uint)bytes[^1] << 8;
        while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
        return (ushort)~sum;
    }
}
