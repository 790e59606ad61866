namespace Romana.Cloud.Discovery;

/// <summary>The list of hosts cannot be read now; nothing may be concluded from it. Message: what, where, remedy.</summary>
public sealed class HostsUnreadableException : Exception
{
    public HostsUnreadableException(string message) : base(message) { }

    public HostsUnreadableException(string message, Exception inner) : base(message, inner) { }

    public HostsUnreadableException() { }
}
