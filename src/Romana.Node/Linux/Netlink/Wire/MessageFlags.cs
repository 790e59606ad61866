namespace Romana.Node.Linux.Netlink.Wire;

/// <summary>NLM_F_* of linux/netlink.h. The bits from 0x100 on mean one thing in a get, another in a new, a third in an answer.</summary>
internal static class MessageFlags
{
    public const ushort Request = 0x1;

    public const ushort Acknowledge = 0x4;

    /// <summary>What is listed changed while it was listed: the list may lack things, or have them twice.</summary>
    public const ushort DumpInterrupted = 0x10;

    // In a get.
    public const ushort Dump = 0x300;

    // In a new.
    public const ushort Replace = 0x100;
    public const ushort Exclusive = 0x200;
    public const ushort Create = 0x400;

    // In an answer: only the header of the request is repeated; attributes follow it.
    public const ushort Capped = 0x100;
    public const ushort AnswerHasAttributes = 0x200;
}
