using Romana.Ipam.Addressing;

namespace Romana.Cloud.Planning;

/// <summary>In what unit addresses are counted, so that sums of them are plain numbers in either family.</summary>
internal static class AddressUnits
{
    /// <summary>More than a double tells apart, so rounding there shows in no share.</summary>
    private const int SumBits = 59;

    /// <summary>
    /// The unit is two to this power: the smallest prefix that parts the space, so that every count is exact; coarser only
    /// where the sum would not fit (blocks of very unlike sizes, IPv6).
    /// </summary>
    public static int Shift(IpFamily family, List<PlanBlock> blocks, IEnumerable<Cidr> standing)
    {
        if (blocks.Count == 0) return 0;
        var longest = Math.Max(blocks.Max(block => block.Cidr.Length), standing.Select(cidr => cidr.Length).DefaultIfEmpty(0).Max());
        var bits = family.Width() - blocks.Min(block => block.Cidr.Length) + int.Log2(blocks.Count) + 1;
        return Math.Max(family.Width() - longest, bits - SumBits);
    }
}
