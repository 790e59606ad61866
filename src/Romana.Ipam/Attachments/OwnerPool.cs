using Romana.Ipam.Addressing;

namespace Romana.Ipam.Attachments;

/// <summary>An address that may be taken, and from which block.</summary>
internal readonly record struct Pick(BlockBook Block, IpAddress Address, bool Early);

/// <summary>
/// The blocks of one owner in one network (or those of nobody), arranged so that taking an address costs the same with
/// ten addresses as with a hundred thousand: blocks with never-used addresses in a queue, given-back ones by age.
/// Entries that no longer hold are dropped when they are met, and all at once when they are more than those that hold.
/// </summary>
internal sealed class OwnerPool
{
    /// <summary>No address is handed out again sooner, whatever is asked (I6).</summary>
    public static readonly TimeSpan Youngest = TimeSpan.FromSeconds(5);

    private readonly Queue<BlockBook> _fresh = new();
    private readonly PriorityQueue<(BlockBook Block, IpAddress Address, DateTimeOffset At), (DateTimeOffset, IpAddress)> _released = new();
    private const int Slack = 64;
    private readonly HashSet<BlockBook> _members = new(ReferenceEqualityComparer.Instance);

    private int _limit = Slack;

    public int Count => _members.Count;

    public IEnumerable<BlockBook> Members => _members;

    /// <summary>Of both queues, those included that no longer hold.</summary>
    public int Entries => _fresh.Count + _released.Count;

    public void Add(BlockBook block)
    {
        _members.Add(block);
        _fresh.Enqueue(block);
        foreach (var (address, at) in block.Released) _released.Enqueue((block, address, at), (at, address));
        if (Entries > _limit) Rebuild();
    }

    public void Remove(BlockBook block) => _members.Remove(block);

    public void Released(BlockBook block, IpAddress address, DateTimeOffset at)
    {
        _released.Enqueue((block, address, at), (at, address));
        if (Entries > _limit) Rebuild();
    }

    /// <summary>Its cost is that of the entries met since the last time, so that a call's own share stays the same.</summary>
    private void Rebuild()
    {
        var fresh = _fresh.Where(_members.Contains).Distinct().ToList();
        _fresh.Clear();
        _released.Clear();
        foreach (var block in fresh) _fresh.Enqueue(block);
        foreach (var block in _members)
            foreach (var (address, at) in block.Released) _released.Enqueue((block, address, at), (at, address));
        _limit = 2 * Entries + Slack;
    }

    public Pick? Fresh(NetworkTerms terms)
    {
        while (_fresh.TryPeek(out var block))
        {
            if (_members.Contains(block) && block.Serves(terms) && block.Fresh(address => terms.Excludes(address, block.Row.Cidr)) is { } address)
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
            if (_members.Contains(entry.Block) && entry.Block.Serves(terms) && entry.Block.IsReleased(entry.Address, entry.At)
                && !terms.Excludes(entry.Address, entry.Block.Row.Cidr))
                return now - entry.At >= age ? new Pick(entry.Block, entry.Address, age < terms.Network.ReuseDelay) : null;
            _released.Dequeue();
        }

        return null;
    }
}
