using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Romana.Node.Linux.Netlink.Wire;

/// <summary>One message of a datagram; its bytes are the receive buffer's and live as long as that.</summary>
internal readonly ref struct Message(MessageHeader header, ReadOnlySpan<byte> body)
{
    public MessageHeader Header { get; } = header;

    /// <summary>What follows the header.</summary>
    public ReadOnlySpan<byte> Body { get; } = body;

    /// <summary>The family's fixed header (struct rtmsg and its like), and the attributes behind it.</summary>
    /// <exception cref="MalformedMessageException">The body is shorter.</exception>
    public T Head<T>(out AttributeReader attributes)
        where T : unmanaged
    {
        var size = Unsafe.SizeOf<T>();
        if (Body.Length < size)
            throw new MalformedMessageException($"a message of type {Header.Type} has {Body.Length} bytes where its fixed part has {size}");
        attributes = new AttributeReader(Body[Math.Min(Alignment.Up(size), Body.Length)..]);
        return MemoryMarshal.Read<T>(Body);
    }
}
