using Romana.Ipam.Addressing;

namespace Romana.Ipam.Replay;

/// <summary>Slots of a group that were passed over and never used, in one run: [From, Until).</summary>
public readonly record struct Gap(UInt128 From, UInt128 Until, long Since);

/// <summary>The blocks of one leaf group in the order of rule 3 of the behaviour vectors.</summary>
public sealed class BlockPool
{
    /// <summary>Slots passed over in one go that become free blocks of the list, as in the old system; the rest stay a gap.</summary>
    private const int ListedSlots = 1024;

    public required string Network { get; init; }

    /// <summary>The group.</summary>
    public required Cidr Cidr { get; init; }

    public required int BlockMask { get; init; }

    /// <summary>First slot that was never looked at.</summary>
    public UInt128 Next { get; set; }

    public List<Gap> Gaps { get; init; } = [];

    public SortedDictionary<Cidr, PoolBlock> Blocks { get; init; } = [];

    /// <summary>
    /// Blocks of that owner on that host in the order in which they were acquired, then emptied ones, oldest first, then
    /// new ones. Null: the group is full.
    /// </summary>
    public IpAddress? Allocate(string host, BlockOwner owner, Unusable unusable, Func<long> tick)
    {
        foreach (var block in Blocks.Values.Where(block => block.Host == host && block.Owner == owner).OrderBy(block => block.Since))
        {
            if (block.LowestFree(unusable) is { } own) return Hand(block, own);
        }

        if ((Reusable(unusable) ?? New(unusable, tick)) is not { } taken) return null;
        taken.Block.Take(host, owner, tick());
        return Hand(taken.Block, taken.Address);
    }

    /// <summary>Puts an address that exists already where it belongs; false when its block is another's.</summary>
    public bool Restore(ReplayAddress address, BlockOwner owner, long since)
    {
        var slot = Addressing.Cidr.Around(address.Ip, BlockMask);
        if (!Blocks.TryGetValue(slot, out var block))
        {
            Blocks[slot] = block = new PoolBlock { Cidr = slot };
            block.Take(address.Host, owner, since);
        }
        else if (block.Addresses.Contains(address.Ip)) return block.Host == address.Host && block.Owner == owner;

        block.Since = Math.Min(block.Since, since);
        return block.Host == address.Host && block.Owner == owner && block.Addresses.Add(address.Ip);
    }

    /// <summary>After the last <see cref="Restore"/>: what lies unused below the highest block is free.</summary>
    public void CloseGaps(long now)
    {
        var from = UInt128.Zero;
        foreach (var used in Blocks.Keys.Select(SlotOf).ToList())
        {
            PassOver(from, used, now);
            from = used + 1;
        }

        Next = from;
    }

    private static IpAddress Hand(PoolBlock block, IpAddress address)
    {
        block.Addresses.Add(address);
        return address;
    }

    private (PoolBlock Block, IpAddress Address)? Reusable(Unusable unusable)
    {
        foreach (var block in Blocks.Values.Where(block => block.IsFree).OrderBy(block => block.Since))
        {
            if (block.LowestFree(unusable) is { } address) return (block, address);
        }

        foreach (var gap in Gaps.ToList())
        {
            if (FirstUsable(gap.From, gap.Until, unusable) is not { } slot) continue;
            Gaps.Remove(gap);
            if (gap.From < slot) Gaps.Add(gap with { Until = slot });
            if (slot + 1 < gap.Until) Gaps.Add(gap with { From = slot + 1 });
            Gaps.Sort((left, right) => left.From.CompareTo(right.From));
            return Cut(slot, unusable);
        }

        return null;
    }

    private (PoolBlock Block, IpAddress Address)? New(Unusable unusable, Func<long> tick)
    {
        var slots = BlockMask - Cidr.Length == 128 ? UInt128.MaxValue : Cidr.CountOf(BlockMask);
        if (FirstUsable(Next, slots, unusable) is not { } slot) return null;
        PassOver(Next, slot, tick());
        Next = slot + 1;
        return Cut(slot, unusable);
    }

    private (PoolBlock Block, IpAddress Address) Cut(UInt128 slot, Unusable unusable)
    {
        var block = new PoolBlock { Cidr = Cidr.Slice(BlockMask, slot) };
        Blocks[block.Cidr] = block;
        return (block, block.LowestFree(unusable)!.Value);
    }

    private void PassOver(UInt128 from, UInt128 until, long now)
    {
        var listed = from + UInt128.Min(until - from, ListedSlots);
        for (var slot = from; slot < listed; slot++)
        {
            var block = new PoolBlock { Cidr = Cidr.Slice(BlockMask, slot), Since = now };
            Blocks[block.Cidr] = block;
        }

        if (listed < until) Gaps.Add(new Gap(listed, until, now));
    }

    /// <summary>Jumps over black-outs that are wider than a block, however wide.</summary>
    private UInt128? FirstUsable(UInt128 from, UInt128 until, Unusable unusable)
    {
        for (var slot = from; slot < until;)
        {
            var block = Cidr.Slice(BlockMask, slot);
            if (new PoolBlock { Cidr = block }.LowestFree(unusable) is not null) return slot;
            var end = unusable.RangeAround(block.Last) is { } range && range.Last > block.Last ? range.Last : block.Last;
            if (end >= Cidr.Last) return null;
            slot = SlotOf(end) + 1;
        }

        return null;
    }

    private UInt128 SlotOf(IpAddress address)
    {
        var shift = Cidr.Family.Width() - BlockMask;
        return shift == 128 ? 0 : (address.Bits - Cidr.First.Bits) >> shift;
    }

    private UInt128 SlotOf(Cidr block) => SlotOf(block.First);
}
