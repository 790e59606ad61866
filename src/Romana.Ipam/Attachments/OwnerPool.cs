using Romana.Ipam.Addressing;

namespace Romana.Ipam.Attachments;

/// <summary>An address that may be taken, and from which block.</summary>
internal readonly record struct Pick(BlockBook Block, IpAddress Address, bool Early);

/// <summary>
/// The blocks of one owner in one network (or those of nobody), arranged so that taking an address costs the same with
/// ten addresses as with a hundred thousand: blocks with never-used addresses in a queue, given-back ones by age.
/// Entries that no longer hold are dropped when they are met.
/// </summary>
internal sealed class OwnerPool
{
    /// <summary>No address is handed out again sooner, whatever is asked (I6).</summary>
    public static readonly TimeSpan Youngest = TimeSpan.FromSeconds(5);

    private readonly Queue<BlockBook> _fresh = new();
    private readonly PriorityQueue<(BlockBook Block, IpAddress Address, DateTimeOffset At), (DateTimeOffset, IpAddress)> _released = new();
    private readonly HashSet<BlockBook> _members = new(ReferenceEqualityComparer.Instance);

    public int Count => _members.Count;

    public IEnumerable<BlockBook> Members => _members;

    public void Add(BlockBook block)
    {
        _members.Add(block);
        _fresh.Enqueue(block);
        foreach (var (address, at) in block.Released) Released(block, address, at);
    }

    public void Remove(BlockBook block) => _members.Remove(block);

    public void Released(BlockBook block, IpAddress address, DateTimeOffset at) => _released.Enqueue((block, address, at), (at, address));

    public void RewindFresh()
    {
        _fresh.Clear();
        foreach (var block in _members.OrderBy(block => block.Row.Cidr)) _fresh.Enqueue(block);
    }

    public Pick? Fresh(NetworkTerms terms)
    {
        while (_fresh.TryPeek(out var block))
        {
            if (_members.Contains(block) && Serves(block, terms) && block.Fresh(address => terms.Excludes(address, block.Row.Cidr)) is { } address)
                return new Pick(block, address, false);
            _fresh.Dequeue();
        }

        return null;
    }

    /// <summary>The address that was given back longest ago; null when it is too young.</summary>
    public Pick? Oldest(NetworkTerms terms, DateTimeOffset now, TimeSpan age)
    {
        while (_released.TryPeek(out var entry, out _))
        {
            if (_members.Contains(entry.Block) && Serves(entry.Block, terms) && entry.Block.IsReleased(entry.Address, entry.At)
                && !terms.Excludes(entry.Address, entry.Block.Row.Cidr))
                return now - entry.At >= age ? new Pick(entry.Block, entry.Address, age < terms.Network.ReuseDelay) : null;
            _released.Dequeue();
        }

        return null;
    }

    private static bool Serves(BlockBook block, NetworkTerms terms) => !block.Recalled && (block.Routed || !terms.Announced);
}
