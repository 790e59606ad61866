using Romana.Node.Linux.Netlink.Wire;

namespace Romana.Node.Linux.Netlink;

/// <summary>What the kernel would not do, why, where in the request it saw it, and what helps.</summary>
/// <param name="Doing">The request in words: "add route 10.1.0.0/24 ...".</param>
/// <param name="Text">The kernel's own sentence, where it has one.</param>
/// <param name="Place">The part of the request that it points at.</param>
internal sealed record KernelError(string Doing, int Errno, string? Text, string? Place, string? Remedy)
{
    public static KernelError From(KernelFailure failure, string doing, ReadOnlySpan<byte> request) => new(
        doing, failure.Errno, failure.Text, RequestPlace.Of(failure, request), RemedyFor(failure));

    public override string ToString() =>
        $"cannot {Doing}: {Text?.TrimEnd('.') ?? "the kernel gives no reason"} ({Netlink.Errno.Name(Errno)})"
        + $"{(Place is null ? "" : $" at {Place}")}{(Remedy is null ? "" : $"; {Remedy}")}";

    private static string? RemedyFor(KernelFailure failure) => failure.Errno switch
    {
        Netlink.Errno.NotPermitted => "it takes root or CAP_NET_ADMIN in the namespace",
        Netlink.Errno.NoDevice => "the interface is gone, or in another namespace: look again",
        Netlink.Errno.NetworkDown => "the interface is down: set it up first",
        Netlink.Errno.NetworkUnreachable or Netlink.Errno.HostUnreachable =>
            "no address of the interface's reaches the gateway: add one, or mark the hop onlink",
        Netlink.Errno.NoFamily => "the address family is disabled in this kernel",
        Netlink.Errno.NotSupported => "this kernel lacks it: load the module or use a kernel that has it",
        _ => null,
    };
}

/// <summary>The kernel failed in a way that no caller expects; the message has what it said.</summary>
internal sealed class NetlinkException : IOException
{
    public NetlinkException()
    {
    }

    public NetlinkException(string message) : base(message)
    {
    }

    public NetlinkException(string message, Exception inner) : base(message, inner)
    {
    }

    public NetlinkException(KernelError error) : base(error.ToString()) => Error = error;

    public KernelError? Error { get; }
}
