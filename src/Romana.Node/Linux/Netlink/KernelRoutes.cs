using Romana.Ipam.Addressing;
using Romana.Node.Linux.Netlink.Records;
using Romana.Node.Linux.Netlink.Wire;

namespace Romana.Node.Linux.Netlink;

/// <summary>
/// Routes of one namespace. When an interface goes down the kernel drops the IPv4 routes through it, in every table,
/// without a notification for any of them: who keeps routes looks at them after each change of an interface.
/// </summary>
internal sealed class KernelRoutes(NetlinkSocket socket)
{
    /// <summary>Canonical; the tables of local and broadcast addresses included unless filtered.</summary>
    public IReadOnlyList<Route> List(RouteFilter? filter = null)
    {
        filter ??= new RouteFilter();
        return filter.Family is { } family ? List(family, filter) : [.. List(IpFamily.IPv4, filter), .. List(IpFamily.IPv6, filter)];
    }

    /// <summary><see cref="OutcomeKind.Exists"/>: a route of that destination, metric and table, whatever its hops.</summary>
    public Outcome Add(Route route)
    {
        var wanted = route.Canonical();
        var request = new MessageWriter(stackalloc byte[MessageWriter.ScratchSize], MessageType.NewRoute, KernelCalls.Add);
        RouteRequestCodec.WriteAdd(ref request, wanted);
        return socket.Create(ref request, "route", wanted);
    }

    /// <summary>In one step: no packet finds neither the old route nor the new one.</summary>
    public Outcome Replace(Route route)
    {
        var wanted = route.Canonical();
        var request = new MessageWriter(stackalloc byte[MessageWriter.ScratchSize], MessageType.NewRoute, KernelCalls.CreateOrReplace);
        RouteRequestCodec.WriteAdd(ref request, wanted);
        return socket.Set(ref request, "route", wanted);
    }

    /// <summary>
    /// Of its destination, metric, table, type and protocol, whichever way it leads; another's is not removed. IPv4 takes
    /// a metric of 0 for any: of several routes of ours to one destination the one of the lowest metric goes.
    /// </summary>
    public Outcome Remove(Route route)
    {
        var given = route.Canonical();
        var request = new MessageWriter(stackalloc byte[MessageWriter.ScratchSize], MessageType.DeleteRoute, MessageFlags.Acknowledge);
        RouteRequestCodec.WriteDelete(ref request, given);
        return socket.Remove(ref request, "route", given);
    }

    /// <summary>What the kernel itself would do with a packet: all rules and tables asked.</summary>
    public RouteAnswer Lookup(RouteQuestion question)
    {
        var request = new MessageWriter(stackalloc byte[MessageWriter.ScratchSize], MessageType.GetRoute, MessageFlags.Acknowledge);
        RouteRequestCodec.WriteLookup(ref request, question);
        var reply = socket.Ask(ref request, RouteCodec.DecodeAnswer);
        if (reply.Failure is not { } failure)
            return reply.Items is [var route, ..] ? new RouteAnswer.Found(route) : throw new NetlinkException($"the kernel gave no route to: {question}");
        var error = KernelError.From(failure, question.ToString(), request.Finish(0)) with { Remedy = null };
        return IsRefusal(failure) ? new RouteAnswer.Refused(error) : throw new NetlinkException(error);
    }

    /// <summary>A refusing route answers with its own error, a blackhole with EINVAL, and without a word; a bad question gets one.</summary>
    private static bool IsRefusal(KernelFailure failure) =>
        failure.Errno is Errno.NetworkUnreachable or Errno.HostUnreachable or Errno.Denied or Errno.NoDevice
        || failure is { Errno: Errno.Invalid, Text: null };

    private IReadOnlyList<Route> List(IpFamily family, RouteFilter filter)
    {
        var request = new MessageWriter(stackalloc byte[MessageWriter.ScratchSize], MessageType.GetRoute, MessageFlags.Dump);
        RouteRequestCodec.WriteDump(ref request, family, filter);
        return socket.List(ref request, RouteCodec.Decode, "routes");
    }
}

internal abstract record RouteAnswer
{
    private RouteAnswer()
    {
    }

    /// <param name="Route">With the hop that this packet takes, or all of them if the route itself was asked for.</param>
    internal sealed record Found(Route Route) : RouteAnswer;

    /// <summary>No route, or one that refuses; the error tells which.</summary>
    internal sealed record Refused(KernelError Error) : RouteAnswer;
}
