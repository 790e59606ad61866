namespace Romana.Node.Linux.Netlink.Wire;

/// <summary>Bytes that are no netlink message. The kernel sends none such: a defect of ours, or a kernel that we do not know.</summary>
internal sealed class MalformedMessageException : IOException
{
    public MalformedMessageException()
    {
    }

    public MalformedMessageException(string message) : base(message)
    {
    }

    public MalformedMessageException(string message, Exception inner) : base(message, inner)
    {
    }
}
