using Romana.Ipam.Addressing;

namespace Romana.Cloud.Preflight;

internal static class CidrCover
{
    /// <summary>Every address of the CIDR lies in one of the set.</summary>
    public static bool Covers(IReadOnlyCollection<Cidr> set, Cidr cidr)
    {
        var near = set.Where(one => one.Overlaps(cidr)).ToArray();
        if (near.Any(one => one.Contains(cidr))) return true;
        return near.Length > 1 && Covers(near, cidr.LowerHalf) && Covers(near, cidr.UpperHalf);
    }
}
