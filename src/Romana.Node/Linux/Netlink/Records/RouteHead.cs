using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Romana.Node.Linux.Netlink.Wire;

namespace Romana.Node.Linux.Netlink.Records;

/// <summary>RTA_* and RTAX_* of linux/rtnetlink.h.</summary>
internal static class RouteAttribute
{
    public const ushort Destination = 1, From = 2, InterfaceIn = 3, Interface = 4, Gateway = 5, Metric = 6, Source = 7, Metrics = 8,
        Multipath = 9, CacheInfo = 12, Table = 15, Mark = 16, Via = 18, Preference = 20, Uid = 25, TransportProtocol = 27, PortTo = 29;

    public const ushort MetricLock = 1, MetricMtu = 2;

    public const uint LockMtu = 1 << MetricMtu;
}

/// <summary>struct rtmsg.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct RouteHead
{
    /// <summary>RTM_F_CLONED: a cache entry (redirect, path MTU) and no route.</summary>
    public const uint Cached = 0x200;

    /// <summary>RTM_F_LOOKUP_TABLE: an answer names the table that it was found in.</summary>
    public const uint NameTable = 0x1000;

    /// <summary>RTM_F_FIB_MATCH: the answer is the route, not what it makes of this destination.</summary>
    public const uint AsRoute = 0x2000;

    public byte Family;
    public byte DestinationLength;
    public byte SourceLength;
    public byte TypeOfService;
    public byte Table;
    public byte Protocol;
    public byte Scope;
    public byte Type;
    public uint Flags;
}

/// <summary>struct rtnexthop; its length covers the attributes behind it.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct HopHead
{
    /// <summary>RTNH_F_ONLINK; in a route of one hop it stands in the route's own flags.</summary>
    public const byte OnLink = 4;

    public ushort Length;
    public byte Flags;
    public byte Weight;
    public int Interface;

    public static HopHead Read(ReadOnlySpan<byte> bytes, out AttributeReader attributes, out ReadOnlySpan<byte> rest)
    {
        var size = Unsafe.SizeOf<HopHead>();
        if (bytes.Length < size) throw new MalformedMessageException($"{bytes.Length} bytes are left where a next hop has {size}");
        var head = MemoryMarshal.Read<HopHead>(bytes);
        if (head.Length < size || head.Length > bytes.Length)
            throw new MalformedMessageException($"a next hop says {head.Length} bytes where {bytes.Length} are left");
        attributes = new AttributeReader(bytes[size..head.Length]);
        rest = bytes[Math.Min(Alignment.Up(head.Length), bytes.Length)..];
        return head;
    }
}

/// <summary>struct rta_cacheinfo, as far as it is of interest.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct RouteLifetime
{
    public uint References;
    public uint LastUse;
    public int Expires;
}
