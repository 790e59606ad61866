using System.Buffers.Binary;
using Romana.Ipam.Addressing;
using Romana.Node.Linux.Netlink.Wire;

namespace Romana.Node.Linux.Netlink.Records;

/// <summary>Writes requests about routes.</summary>
internal static class RouteRequestCodec
{
    // IPPROTO_TCP.
    private const byte Tcp = 6;

    /// <param name="route">Canonical.</param>
    public static void WriteAdd(ref MessageWriter request, Route route)
    {
        var single = route.Hops.Length == 1;
        WriteHead(ref request, route, route.Scope ?? Scope.Global, single && route.Hops[0].OnLink);
        if (single) WriteGateway(ref request, route.Destination.Family, route.Hops[0].Via);
        if (route.Source is { } source) request.Address(RouteAttribute.Source, source);
        if (route.Metric != 0) request.U32(RouteAttribute.Metric, route.Metric);
        WriteTable(ref request, route.Table);
        if (single) request.I32(RouteAttribute.Interface, route.Hops[0].Interface);
        if (route.Hops.Length > 1) WriteHops(ref request, route);
        if (route.Mtu is not { } mtu) return;
        var metrics = request.Open(RouteAttribute.Metrics);
        request.U32(RouteAttribute.MetricMtu, mtu);
        if (route.IsMtuLocked) request.U32(RouteAttribute.MetricLock, RouteAttribute.LockMtu);
        request.Close(metrics);
    }

    /// <summary>
    /// By key, protocol and type: never a route that another made. Hops are left out, so that it goes whichever way it
    /// leads; IPv6 takes all hops of the key then.
    /// </summary>
    /// <param name="request">Begun as RTM_DELROUTE.</param>
    /// <param name="route">Canonical.</param>
    public static void WriteDelete(ref MessageWriter request, Route route)
    {
        WriteHead(ref request, route, Scope.Nowhere, onLink: false);
        if (route.Metric != 0) request.U32(RouteAttribute.Metric, route.Metric);
        WriteTable(ref request, route.Table);
    }

    /// <summary>The kernel filters by itself where it checks requests strictly (Linux 4.20).</summary>
    public static void WriteDump(ref MessageWriter request, IpFamily family, RouteFilter filter)
    {
        request.Head(new RouteHead { Family = family.Number(), Protocol = filter.Protocol ?? 0, Type = (byte)(filter.Type ?? 0) });
        if (filter.Table is { } table) request.U32(RouteAttribute.Table, table);
        if (filter.Interface is { } index) request.I32(RouteAttribute.Interface, index);
    }

    public static void WriteLookup(ref MessageWriter request, RouteQuestion question)
    {
        var width = (byte)question.To.Family.Width();
        request.Head(new RouteHead
        {
            Family = question.To.Family.Number(),
            DestinationLength = width,
            SourceLength = question.From is null ? (byte)0 : width,
            // IPv6 names the table unasked, and refuses to be asked.
            Flags = (question.To.Family == IpFamily.IPv4 ? RouteHead.NameTable : 0) | (question.AsRoute ? RouteHead.AsRoute : 0),
        });
        request.Address(RouteAttribute.Destination, question.To);
        if (question.From is { } from) request.Address(RouteAttribute.From, from);
        if (question.InterfaceIn is { } index) request.I32(RouteAttribute.InterfaceIn, index);
        if (question.Mark != 0) request.U32(RouteAttribute.Mark, question.Mark);
        if (question.Port is not { } port) return;
        request.U8(RouteAttribute.TransportProtocol, Tcp);
        request.U16(RouteAttribute.PortTo, BinaryPrimitives.ReverseEndianness((ushort)port));
    }

    private static void WriteHead(ref MessageWriter request, Route route, Scope scope, bool onLink)
    {
        request.Head(new RouteHead
        {
            Family = route.Destination.Family.Number(),
            DestinationLength = (byte)route.Destination.Length,
            Table = route.Table <= byte.MaxValue ? (byte)route.Table : (byte)0,
            Protocol = route.Protocol,
            Scope = (byte)scope,
            Type = (byte)route.Type,
            Flags = onLink ? HopHead.OnLink : 0u,
        });
        if (route.Destination.Length > 0) request.Address(RouteAttribute.Destination, route.Destination.First);
    }

    /// <summary>The head has a byte for it, which most tables of ours do not fit into.</summary>
    private static void WriteTable(ref MessageWriter request, uint table)
    {
        if (table > byte.MaxValue) request.U32(RouteAttribute.Table, table);
    }

    private static void WriteHops(ref MessageWriter request, Route route)
    {
        var all = request.Open(RouteAttribute.Multipath);
        foreach (var hop in route.Hops)
        {
            var one = request.Structure(new HopHead
            {
                Flags = hop.OnLink ? HopHead.OnLink : (byte)0,
                Weight = (byte)(hop.Weight - 1),
                Interface = hop.Interface,
            });
            WriteGateway(ref request, route.Destination.Family, hop.Via);
            request.Close(one);
        }

        request.Close(all);
    }

    private static void WriteGateway(ref MessageWriter request, IpFamily family, IpAddress? gateway)
    {
        if (gateway is not { } via) return;
        if (via.Family == family) request.Address(RouteAttribute.Gateway, via);
        else request.AddressWithFamily(RouteAttribute.Via, via.Family.Number(), via);
    }
}
