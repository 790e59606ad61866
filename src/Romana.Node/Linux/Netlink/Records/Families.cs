using Romana.Ipam.Addressing;

namespace Romana.Node.Linux.Netlink.Records;

/// <summary>AF_INET and AF_INET6 as the kernel numbers them.</summary>
internal static class Families
{
    public const byte V4 = 2, V6 = 10;

    public static byte Number(this IpFamily family) => family == IpFamily.IPv4 ? V4 : V6;

    /// <summary>Null for families that carry no IP (bridge entries, MPLS, multicast routing).</summary>
    public static IpFamily? From(byte number) => number switch
    {
        V4 => IpFamily.IPv4,
        V6 => IpFamily.IPv6,
        _ => null,
    };
}
