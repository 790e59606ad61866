using Romana.Node.Linux.Netlink.Wire;

namespace Romana.Node.Linux.Netlink;

/// <summary>What the operations on all kinds of objects have in common: which answers are outcomes, and which are faults.</summary>
internal static class KernelCalls
{
    public const ushort Add = MessageFlags.Acknowledge | MessageFlags.Create | MessageFlags.Exclusive;

    public const ushort CreateOrReplace = MessageFlags.Acknowledge | MessageFlags.Create | MessageFlags.Replace;

    /// <param name="socket">Where to ask.</param>
    /// <param name="request">Begun with <see cref="Add"/>.</param>
    /// <param name="kind">What sort of thing, for messages.</param>
    /// <param name="what">Prints as the thing; not printed unless it is refused.</param>
    public static Outcome Create(this NetlinkSocket socket, ref MessageWriter request, string kind, object what) => socket.Change(ref request) switch
    {
        null => new(OutcomeKind.Created),
        { Errno: Errno.Exists } => new(OutcomeKind.Exists),
        { } failure => Refused(failure, $"add {kind} {what}", ref request),
    };

    public static Outcome Set(this NetlinkSocket socket, ref MessageWriter request, string kind, object what) => socket.Change(ref request) switch
    {
        null => new(OutcomeKind.Set),
        { } failure => Refused(failure, $"set {kind} {what}", ref request),
    };

    /// <summary>ENODEV too means that there is nothing to remove: what hung on the interface went with it.</summary>
    public static Outcome Remove(this NetlinkSocket socket, ref MessageWriter request, string kind, object what) => socket.Change(ref request) switch
    {
        null => new(OutcomeKind.Removed),
        { Errno: Errno.NoEntry or Errno.NoProcess or Errno.AddressAbsent or Errno.NoDevice } => new(OutcomeKind.Absent),
        { } failure => throw new NetlinkException(KernelError.From(failure, $"remove {kind} {what}", request.Finish(0))),
    };

    public static IReadOnlyList<T> List<T>(
        this NetlinkSocket socket, ref MessageWriter request, MessageDecoder<T> decode, string what, GoesOn goesOn = GoesOn.ByCount)
        where T : class
    {
        var reply = socket.Dump(ref request, decode, goesOn);
        return reply.Failure switch
        {
            null => reply.Items,
            // A table without a route does not exist for the kernel, nor does IPv6 on a host without it.
            // And nothing hangs on an interface that is gone.
            { Errno: Errno.NoEntry or Errno.NoFamily or Errno.NoDevice } => [],
            { } failure => throw new NetlinkException(KernelError.From(failure, $"list {what}", request.Finish(0))),
        };
    }

    /// <exception cref="NetlinkException">The failure is not one that a caller could expect.</exception>
    public static Outcome Refused(KernelFailure failure, string doing, ref MessageWriter request)
    {
        var error = KernelError.From(failure, doing, request.Finish(0));
        return failure.Errno is Errno.NoDevice or Errno.NetworkDown or Errno.NetworkUnreachable or Errno.HostUnreachable
            or Errno.NotSupported or Errno.NoFamily
            ? new Outcome(OutcomeKind.Refused, error)
            : throw new NetlinkException(error);
    }
}
