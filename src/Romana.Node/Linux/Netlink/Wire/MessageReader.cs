using System.Runtime.InteropServices;

namespace Romana.Node.Linux.Netlink.Wire;

/// <summary>Walks the messages of one datagram.</summary>
internal ref struct MessageReader(ReadOnlySpan<byte> datagram)
{
    private ReadOnlySpan<byte> _rest = datagram;

    public Message Current { get; private set; }

    /// <exception cref="MalformedMessageException">A length leads out of the datagram.</exception>
    public bool Next()
    {
        if (_rest.IsEmpty) return false;
        if (_rest.Length < MessageHeader.Size)
            throw new MalformedMessageException($"{_rest.Length} bytes are left where a message's header has {MessageHeader.Size}");
        var header = MemoryMarshal.Read<MessageHeader>(_rest);
        // The comparison is unsigned: a length of 4 GB must not become a negative number first.
        if (header.Length < MessageHeader.Size || header.Length > (uint)_rest.Length)
            throw new MalformedMessageException($"a message of type {header.Type} says {header.Length} bytes where {_rest.Length} are left");
        var length = (int)header.Length;
        Current = new Message(header, _rest[MessageHeader.Size..length]);
        _rest = _rest[Math.Min(Alignment.Up(length), _rest.Length)..];
        return true;
    }
}
