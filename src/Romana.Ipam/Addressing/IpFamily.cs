namespace Romana.Ipam.Addressing;

/// <summary>Address family; the numeric value is the IP version.</summary>
public enum IpFamily
{
    IPv4 = 4,
    IPv6 = 6,
}

public static class IpFamilyFacts
{
    /// <summary>Width of an address in bits: 32 or 128.</summary>
    public static int Width(this IpFamily family) => family == IpFamily.IPv4 ? 32 : 128;
}
