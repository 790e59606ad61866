using System.Globalization;
using Romana.Ipam.Addressing;

namespace Romana.Ipam.Blocks;

/// <summary>
/// Store key of a block slot: family and base address in fixed-width hex, "4-0af40000" or "6-fd00...". Never network,
/// group or mask: two generations that disagree about them still meet in one record. Key order is address order, so a
/// group is one contiguous range of keys.
/// </summary>
public static class BlockKey
{
    public static string Of(IpAddress first) => first.Family == IpFamily.IPv4
        ? string.Create(CultureInfo.InvariantCulture, $"4-{(uint)first.Bits:x8}")
        : string.Create(CultureInfo.InvariantCulture, $"6-{first.Bits:x32}");

    public static string Of(Cidr block) => Of(block.First);
}
