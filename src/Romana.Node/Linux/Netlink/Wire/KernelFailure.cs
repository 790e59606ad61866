using System.Runtime.InteropServices;

namespace Romana.Node.Linux.Netlink.Wire;

/// <summary>A negative answer as the kernel gave it.</summary>
/// <param name="Text">The extended acknowledgement's sentence (NLMSGERR_ATTR_MSG), where the kernel has one.</param>
/// <param name="Offset">Where in the request, its header included, the offending attribute begins (NLMSGERR_ATTR_OFFS).</param>
/// <param name="Missing">Type of the attribute that the request lacks (NLMSGERR_ATTR_MISS_TYPE).</param>
internal readonly record struct KernelFailure(int Errno, string? Text = null, int? Offset = null, ushort? Missing = null)
{
    private const ushort TextAttribute = 1, OffsetAttribute = 2, MissingAttribute = 5;

    /// <summary>From NLMSG_ERROR or NLMSG_DONE; null is success.</summary>
    /// <exception cref="MalformedMessageException">The answer is no answer.</exception>
    public static KernelFailure? From(Message message)
    {
        // A dump's end may come without a code.
        if (message.Body.Length < sizeof(int) && message.Header.Type == MessageType.Done) return null;
        var code = message.Head<int>(out var attributes);
        if (code == 0) return null;
        // A positive code of NLMSG_DONE is what a dump callback returned, no error.
        if (code > 0 && message.Header.Type == MessageType.Done) return null;
        if (code is > 0 or < -4095) throw new MalformedMessageException($"{code} is no error code of the kernel");
        if ((message.Header.Flags & MessageFlags.AnswerHasAttributes) == 0) return new(-code);
        return WithDetails(-code, message.Header.Type == MessageType.Error ? BehindRequest(message) : attributes);
    }

    private static AttributeReader BehindRequest(Message message)
    {
        var request = message.Body[sizeof(int)..];
        if (request.Length < MessageHeader.Size) throw new MalformedMessageException("an error repeats no request");
        var size = (long)MessageHeader.Size;
        if ((message.Header.Flags & MessageFlags.Capped) == 0)
            size = MemoryMarshal.Read<MessageHeader>(request).Length;
        if (size < MessageHeader.Size || size > request.Length)
            throw new MalformedMessageException($"an error repeats {size} bytes of a request where {request.Length} are left");
        return new AttributeReader(request[Math.Min(Alignment.Up((int)size), request.Length)..]);
    }

    private static KernelFailure WithDetails(int errno, AttributeReader attributes)
    {
        var failure = new KernelFailure(errno);
        while (attributes.Next())
        {
            failure = attributes.Type switch
            {
                TextAttribute => failure with { Text = attributes.Text() },
                OffsetAttribute => failure with { Offset = attributes.I32() },
                MissingAttribute => failure with { Missing = (ushort)attributes.U32() },
                _ => failure,
            };
        }

        return failure;
    }
}
