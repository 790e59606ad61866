using System.Collections.Immutable;
using Romana.Ipam.Addressing;

namespace Romana.Node.Linux.Netlink.Records;

/// <summary>RTN_* of linux/rtnetlink.h.</summary>
internal enum RouteType : byte
{
    Unicast = 1,
    Local = 2,
    Broadcast = 3,
    Anycast = 4,
    Multicast = 5,
    Blackhole = 6,

    /// <summary>Refused with "no route to host".</summary>
    Unreachable = 7,

    /// <summary>Refused with "administratively prohibited".</summary>
    Prohibit = 8,

    /// <summary>Ends the lookup in this table; the next rule goes on.</summary>
    Throw = 9,
}

/// <summary>
/// A route. In one table destination and metric are its key (in IPv6 routes of one key grow together to one with several
/// hops). What the kernel fills in by itself is filled in by <see cref="Canonical"/> too, so that a wanted route and one
/// that was read can be compared; what is read is canonical already.
/// </summary>
internal sealed record Route
{
    public required Cidr Destination { get; init; }

    /// <summary>Number; 254 is main.</summary>
    public uint Table { get; init; } = RouteTables.Main;

    /// <summary>Who made it (RTPROT_*).</summary>
    public byte Protocol { get; init; } = RouteProtocols.Romana;

    public RouteType Type { get; init; } = RouteType.Unicast;

    /// <summary>Null: what the kernel's own tools take for such a route.</summary>
    public Scope? Scope { get; init; }

    /// <summary>Lower wins. 0 is 1024 in IPv6.</summary>
    public uint Metric { get; init; }

    /// <summary>Source address for what the node itself sends this way.</summary>
    public IpAddress? Source { get; init; }

    /// <summary>Path MTU; null leaves it to the interface.</summary>
    public uint? Mtu { get; init; }

    /// <summary>The MTU stands whatever a router on the path says.</summary>
    public bool IsMtuLocked { get; init; }

    public ImmutableArray<NextHop> Hops { get; init; } = [];

    /// <summary>It has parts without a field here (a type of service, a source prefix, an encapsulation, an expiry): never ours as it stands.</summary>
    public bool HasUnknownParts { get; init; }

    public Route Canonical() => this with
    {
        Table = Table == 0 ? RouteTables.Main : Table,
        Metric = Metric == 0 && Destination.Family == IpFamily.IPv6 ? RouteTables.MetricOfIPv6 : Metric,
        Scope = CanonicalScope(),
        // An IPv6 route that refuses is shown as one by lo; hops of one route come back in the kernel's order.
        Hops = IsRefusal ? [] : Hops.Sort(),
        IsMtuLocked = IsMtuLocked && Mtu is not null,
    };

    public bool IsRefusal => IsRefusing(Type);

    public static bool IsRefusing(RouteType type) => type is RouteType.Blackhole or RouteType.Unreachable or RouteType.Prohibit or RouteType.Throw;

    public bool Equals(Route? other) =>
        other is not null && Key == other.Key && (Source, Mtu, IsMtuLocked, HasUnknownParts) == (other.Source, other.Mtu, other.IsMtuLocked, other.HasUnknownParts)
        && Hops.AsSpan().SequenceEqual(other.Hops.AsSpan());

    public override int GetHashCode() => HashCode.Combine(Key, Hops.Length);

    public override string ToString() =>
        $"{(Type == RouteType.Unicast ? "" : Type.ToString().ToLowerInvariant() + " ")}{Destination}"
        + $"{string.Concat(Hops.Select(hop => $" {(Hops.Length > 1 ? "nexthop " : "")}{hop}"))} table {Table}"
        + $"{(Metric == 0 ? "" : $" metric {Metric}")}{(Source is { } source ? $" src {source}" : "")}"
        + $"{(Mtu is { } mtu ? $" mtu {(IsMtuLocked ? "lock " : "")}{mtu}" : "")} proto {Protocol}";

    private (Cidr, uint, byte, RouteType, Scope?, uint) Key => (Destination, Table, Protocol, Type, Scope, Metric);

    // fib_config of IPv4 wants it from user space; IPv6 has none and always shows 0.
    private Scope CanonicalScope() => (Destination.Family, Type) switch
    {
        (IpFamily.IPv6, _) => Records.Scope.Global,
        _ when Scope is { } given => given,
        (_, RouteType.Local) => Records.Scope.Host,
        (_, RouteType.Broadcast or RouteType.Multicast or RouteType.Anycast) => Records.Scope.Link,
        (_, RouteType.Unicast) when Hops.All(hop => hop.Via is null) => Records.Scope.Link,
        _ => Records.Scope.Global,
    };
}

internal static class RouteTables
{
    public const uint Default = 253, Main = 254, Local = 255;

    public const uint MetricOfIPv6 = 1024;
}

/// <summary>Numbers of who makes routes and rules. Ours is registered with nobody: iproute2's rt_protos has none near it.</summary>
internal static class RouteProtocols
{
    public const byte Kernel = 2, Boot = 3, Static = 4, Romana = 82;
}
