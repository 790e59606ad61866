namespace Romana.Ipam.Addressing;

/// <summary>Addresses from first to last, both included, of one family.</summary>
public readonly record struct AddressRange(IpAddress First, IpAddress Last)
{
    public static AddressRange Of(Cidr cidr) => new(cidr.First, cidr.Last);

    /// <summary>Disjoint ranges in order that cover the same addresses.</summary>
    public static IReadOnlyList<AddressRange> Merge(IEnumerable<Cidr> cidrs)
    {
        var merged = new List<AddressRange>();
        foreach (var cidr in cidrs.Order())
        {
            // A wider block sorts before what it holds, and CIDRs never overlap in part.
            if (merged.Count == 0 || cidr.First > merged[^1].Last) merged.Add(Of(cidr));
        }

        return merged;
    }

    /// <summary>What of two ordered disjoint lists overlaps the window, in order of first address; the two may overlap each other.</summary>
    public static IEnumerable<AddressRange> Union(IReadOnlyList<AddressRange> left, IReadOnlyList<AddressRange> right, Cidr window)
    {
        var (l, r) = (FirstEndingAtOrAfter(left, window.First), FirstEndingAtOrAfter(right, window.First));
        while (true)
        {
            var hasLeft = l < left.Count && left[l].First <= window.Last;
            var hasRight = r < right.Count && right[r].First <= window.Last;
            if (!hasLeft && !hasRight) yield break;
            yield return hasLeft && (!hasRight || left[l].First <= right[r].First) ? left[l++] : right[r++];
        }
    }

    /// <summary>Index in a list of disjoint ranges in order; its count when all end before.</summary>
    public static int FirstEndingAtOrAfter(IReadOnlyList<AddressRange> ranges, IpAddress address)
    {
        ArgumentNullException.ThrowIfNull(ranges);
        var (low, high) = (0, ranges.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (ranges[middle].Last < address) low = middle + 1;
            else high = middle;
        }

        return low;
    }
}
