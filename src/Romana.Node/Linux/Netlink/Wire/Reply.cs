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
    // An object of more than that, a route of some thirty hops, may be passed over at such an edge. Interfaces are larger,
    // and found by key.
    private const int LargestObject = 1024;

    // What the kernel keeps of a buffer for itself: struct skb_shared_info.
    private const int KernelsOwn = 320;

    private bool _hasBegun;
    private bool _hasObjects;

    public List<T> Items { get; } = [];

    public bool IsComplete { get; private set; }

    /// <summary>The kernel's list changed under the dump: ask again.</summary>
    public bool IsInterrupted { get; private set; }

    /// <summary>
    /// The kernel stopped within the list and went on later, or may have: the datagram may have been full. Where it goes on
    /// by counting, and something before was removed meanwhile, it has left something out. It tells so seldom:
    /// docs/decisions/0055.
    /// </summary>
    public bool IsPieced { get; private set; }

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

        IsPieced |= !IsComplete && MayBeFull(datagram.Length);
        _hasBegun = _hasObjects;
    }

    /// <summary>The kernel's buffers for a dump: a page of 4 or 8 KB while the socket is new or memory is short, 32 KB otherwise.</summary>
    private static bool MayBeFull(int length)
    {
        foreach (var buffer in (ReadOnlySpan<int>)[4 * 1024, 8 * 1024, 32 * 1024])
        {
            if (length > buffer - KernelsOwn - LargestObject && length <= buffer) return true;
        }

        return false;
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
        IsPieced |= _hasBegun;
        _hasObjects = true;
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
