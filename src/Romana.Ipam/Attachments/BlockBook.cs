using System.Collections.Frozen;
using Romana.Ipam.Addressing;
using Romana.Ipam.Blocks;
using Romana.Ipam.Topologies;

namespace Romana.Ipam.Attachments;

/// <summary>One held block: which addresses are handed out, given back, or were never used.</summary>
internal sealed class BlockBook(JournalBlock row)
{
    private readonly Dictionary<IpAddress, DateTimeOffset> _released = [];
    private readonly HashSet<IpAddress> _used = [];
    private UInt128 _next;

    public JournalBlock Row { get; set; } = row;

    public IReadOnlySet<IpAddress> Used => _used;

    public int ReleasedCount => _released.Count;

    /// <summary>Something new may be taken from it.</summary>
    public bool Serves(NetworkTerms terms) => !Row.Recalled && !Row.Doubted && (Row.Routed || !terms.Announced)
        && (Row.AgreedTo is null || Row.AgreedTo == terms.ProposalId);

    public DateTimeOffset LastRelease { get; private set; }

    public void Use(IpAddress address)
    {
        _used.Add(address);
        _released.Remove(address);
        var offset = address.Bits - Row.Cidr.First.Bits;
        if (offset == _next) _next = offset + 1;
    }

    public void Release(IpAddress address, DateTimeOffset at)
    {
        _used.Remove(address);
        _released[address] = at;
        if (at > LastRelease) LastRelease = at;
    }

    /// <summary>The lowest address from the cursor on that was never used; the cursor only moves forward, so a call costs O(1) in the long run.</summary>
    public IpAddress? Fresh(Func<IpAddress, bool> isExcluded)
    {
        for (; _next <= Row.Cidr.CountLessOne; _next++)
        {
            var address = Row.Cidr.First.Plus(_next);
            if (!_used.Contains(address) && !_released.ContainsKey(address) && !isExcluded(address)) return address;
        }

        return null;
    }

    /// <summary>After a change of what is excluded.</summary>
    public void Rewind() => _next = 0;

    public bool IsReleased(IpAddress address, DateTimeOffset at) => _released.TryGetValue(address, out var when) && when == at;

    public IEnumerable<(IpAddress Address, DateTimeOffset At)> Released => _released.Select(pair => (pair.Key, pair.Value));
}

/// <summary>What the agent knows of a network that it has blocks in.</summary>
public sealed record NetworkTerms
{
    public required Network Network { get; init; }

    public required Exclusions Exclusions { get; init; }

    /// <summary>Those of an open proposal, from the moment on that the agent answered it: what it agreed to must stay true.</summary>
    public Exclusions? Proposed { get; init; }

    /// <summary>Of <see cref="Proposed"/>.</summary>
    public string? ProposalId { get; init; }

    /// <summary>The hosts' own addresses in this network as their records show them: where a DHCP server gives them, no rule tells them beforehand (I7).</summary>
    public IReadOnlySet<IpAddress> Nodes { get; init; } = FrozenSet<IpAddress>.Empty;

    /// <summary>A fabric must be told of its blocks: they serve only once routed.</summary>
    public bool Announced { get; init; }

    internal bool Excludes(IpAddress address, Cidr block) =>
        Exclusions.Excludes(address, block) || Nodes.Contains(address) || Proposed is not null && Proposed.Excludes(address, block);
}
