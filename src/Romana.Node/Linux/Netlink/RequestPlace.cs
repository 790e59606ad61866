using Romana.Node.Linux.Netlink.Records;
using Romana.Node.Linux.Netlink.Wire;

namespace Romana.Node.Linux.Netlink;

/// <summary>Names the attribute of a request that an error points at, by its offset or because it is missing.</summary>
internal static class RequestPlace
{
    public static string? Of(KernelFailure failure, ReadOnlySpan<byte> request)
    {
        var type = TypeOf(request);
        if (failure.Missing is { } missing) return $"{Name(type, missing)}, which is missing";
        if (failure.Offset is not { } offset || offset < MessageHeader.Size) return null;
        return At(type, offset, request) is { } attribute ? Name(type, attribute) : null;
    }

    /// <summary>The outermost attribute that the offset lies in.</summary>
    private static ushort? At(ushort type, int offset, ReadOnlySpan<byte> request)
    {
        var start = MessageHeader.Size + HeadSize(type);
        if (offset < start || offset >= request.Length) return null;
        var attributes = new AttributeReader(request[start..]);
        while (attributes.Next())
        {
            start += Alignment.Up(attributes.Value.Length + 4);
            if (offset < start) return attributes.Type;
        }

        return null;
    }

    private static ushort TypeOf(ReadOnlySpan<byte> request)
    {
        var messages = new MessageReader(request);
        return messages.Next() ? messages.Current.Header.Type : (ushort)0;
    }

    private static int HeadSize(ushort type) => type switch
    {
        MessageType.NewInterface or MessageType.DeleteInterface or MessageType.GetInterface or MessageType.SetInterface => 16,
        MessageType.NewAddress or MessageType.DeleteAddress or MessageType.GetAddress => 8,
        _ => 12,
    };

    private static string Name(ushort type, ushort attribute) => (type, attribute) switch
    {
        (MessageType.NewRoute or MessageType.DeleteRoute or MessageType.GetRoute, _) => RouteName(attribute),
        (MessageType.NewInterface or MessageType.SetInterface, InterfaceCodec.NameAttribute) => "the name (IFLA_IFNAME)",
        (MessageType.NewInterface or MessageType.SetInterface, InterfaceCodec.MacAttribute) => "the MAC address (IFLA_ADDRESS)",
        (MessageType.NewInterface or MessageType.SetInterface, InterfaceCodec.MtuAttribute) => "the MTU (IFLA_MTU)",
        (MessageType.NewInterface or MessageType.SetInterface, InterfaceCodec.LowerAttribute) => "the trunk (IFLA_LINK)",
        (MessageType.NewInterface or MessageType.SetInterface, InterfaceCodec.Info) => "the kind and its parameters (IFLA_LINKINFO)",
        _ => $"attribute {attribute}",
    };

    private static string RouteName(ushort attribute) => attribute switch
    {
        RouteAttribute.Destination => "the destination (RTA_DST)",
        RouteAttribute.Interface => "the interface (RTA_OIF)",
        RouteAttribute.Gateway => "the gateway (RTA_GATEWAY)",
        RouteAttribute.Via => "the gateway (RTA_VIA)",
        RouteAttribute.Metric => "the metric (RTA_PRIORITY)",
        RouteAttribute.Source => "the source address (RTA_PREFSRC)",
        RouteAttribute.Metrics => "the MTU (RTA_METRICS)",
        RouteAttribute.Multipath => "the next hops (RTA_MULTIPATH)",
        RouteAttribute.Table => "the table (RTA_TABLE)",
        _ => $"attribute {attribute}",
    };
}
