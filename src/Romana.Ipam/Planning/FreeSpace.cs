using Romana.Ipam.Addressing;
using Romana.Ipam.Blocks;

namespace Romana.Ipam.Planning;

/// <summary>
/// The grantable slots of one leaf group, as aligned free CIDRs. It is a hint: the record's create-if-absent or CAS is
/// what keeps two controllers from granting one slot. Every taking is O(log n), so that thousands cost one pass.
/// </summary>
internal sealed class FreeSpace
{
    private readonly SortedSet<Cidr> _byAddress = [];
    private readonly SortedSet<(int Length, Cidr Cidr)> _bySize = [];
    private readonly Dictionary<Cidr, int> _masks = [];
    private readonly Cidr _leaf;

    private FreeSpace(Cidr leaf) => _leaf = leaf;

    /// <param name="taken">Disjoint, in order.</param>
    public static FreeSpace Of(CommittedSpace space, string network, Cidr leaf, IReadOnlyList<AddressRange> taken, Exclusions exclusions)
    {
        var free = new FreeSpace(leaf);
        foreach (var arena in space.Arenas(network))
        {
            if (!arena.Cidr.Overlaps(leaf)) continue;
            var piece = leaf.Contains(arena.Cidr) ? arena.Cidr : leaf;
            if (piece.Length > arena.BlockMask) continue;
            free.AddGaps(piece, arena.BlockMask, AddressRange.Union(taken, exclusions.WholeBlocks(arena.BlockMask), piece));
        }

        return free;
    }

    /// <summary>The lowest free slot: Romana's order.</summary>
    public Cidr? TakeLowest() => _byAddress.Count == 0 ? null : Take(_byAddress.Min);

    /// <summary>The first slot of the widest free range, so that there is room beside it.</summary>
    public Cidr? TakeRoomiest() => _bySize.Count == 0 ? null : Take(_bySize.Min.Cidr);

    /// <summary>The slot nearest in the binary tree, so that the two merge as early as possible.</summary>
    public Cidr? TakeBeside(Cidr block)
    {
        for (var around = block; around.Length > _leaf.Length;)
        {
            around = around.Parent;
            var inside = _byAddress.GetViewBetween(around, Cidr.Of(around.Last));
            if (inside.Count > 0) return Take(inside.Min);
        }

        return TakeLowest();
    }

    private Cidr Take(Cidr free)
    {
        Remove(free, out var mask);
        while (free.Length < mask)
        {
            Add(free.UpperHalf, mask);
            free = free.LowerHalf;
        }

        return free;
    }

    private void AddGaps(Cidr piece, int mask, IEnumerable<AddressRange> blocked)
    {
        var slot = piece.Family.Width() - mask;
        var next = piece.First.Bits;
        foreach (var range in blocked)
        {
            // A slot that is taken in part is not free: the gap ends before it and the next begins behind it.
            AddGap(piece, mask, next, range.First.Bits >> slot << slot);
            var behind = ((range.Last.Bits >> slot) + 1) << slot;
            if (behind == 0 || behind > piece.Last.Bits) return;
            next = behind > next ? behind : next;
        }

        AddGap(piece, mask, next, piece.Last.Bits + 1);
    }

    /// <summary>From first up to, but not with, end; an end of zero is the end of the IPv6 space.</summary>
    private void AddGap(Cidr piece, int mask, UInt128 first, UInt128 end)
    {
        while (first != end && (end == 0 || first < end))
        {
            var length = mask;
            while (length > piece.Length && Fits(piece, first, end, length - 1)) length--;
            var free = Cidr.Around(new IpAddress(piece.Family, first), length);
            Add(free, mask);
            first += free.Count;
        }
    }

    private static bool Fits(Cidr piece, UInt128 first, UInt128 end, int length)
    {
        var wider = Cidr.Around(new IpAddress(piece.Family, first), length);
        return wider.First.Bits == first && (end == 0 || wider.Last.Bits < end);
    }

    private void Add(Cidr free, int mask)
    {
        _byAddress.Add(free);
        _bySize.Add((free.Length, free));
        _masks[free] = mask;
    }

    private void Remove(Cidr free, out int mask)
    {
        _masks.Remove(free, out mask);
        _byAddress.Remove(free);
        _bySize.Remove((free.Length, free));
    }
}
