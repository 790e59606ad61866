namespace Romana.Node.Linux.Netlink.Wire;

/// <summary>One object of a message, or null for what is not wanted; called on the receive buffer, so it copies what it keeps.</summary>
internal delegate T? MessageDecoder<out T>(Message message)
    where T : class;

/// <summary>
/// Puts the answer to one request together from datagrams, until the acknowledgement, the error or the dump's end.
/// An object that cannot be read does not stop it: the kernel goes on sending, and a socket that was not read to the
/// end would refuse the next dump. The first such fault is kept for the caller.
/// </summary>
internal sealed class Reply<T>(uint sequence, MessageDecoder<T> decode)
    where T : class
{
    public List<T> Items { get; } = [];

    public bool IsComplete { get; private set; }

    /// <summary>The kernel's list changed under the dump: ask again.</summary>
    public bool IsInterrupted { get; private set; }

    public KernelFailure? Failure { get; private set; }

    public MalformedMessageException? Fault { get; private set; }

    public void Take(ReadOnlySpan<byte> datagram)
    {
        var messages = new MessageReader(datagram);
        try
        {
            while (messages.Next()) Take(messages.Current);
        }
        catch (MalformedMessageException fault)
        {
            Fault ??= fault;
        }
    }

    private void Take(Message message)
    {
        // What is left of an earlier request that was given up.
        if (message.Header.Sequence != sequence) return;
        IsInterrupted |= (message.Header.Flags & MessageFlags.DumpInterrupted) != 0;
        switch (message.Header.Type)
        {
            case MessageType.Nothing or MessageType.Overrun:
                break;
            case MessageType.Error or MessageType.Done:
                IsComplete = true;
                Failure = KernelFailure.From(message);
                break;
            default:
                Keep(message);
                break;
        }
    }

    private void Keep(Message message)
    {
        try
        {
            if (decode(message) is { } item) Items.Add(item);
        }
        catch (MalformedMessageException fault)
        {
            Fault ??= fault;
        }
    }
}
