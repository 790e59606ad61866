using System.Text.Json.Serialization;
using Romana.Ipam.Addressing;

namespace Romana.Ipam.Replay;

/// <summary>A block that was cut out of its group. Free (no host) once its last address is gone.</summary>
public sealed class PoolBlock
{
    public required Cidr Cidr { get; init; }

    /// <summary>Empty: free.</summary>
    public string Host { get; set; } = "";

    public BlockOwner Owner { get; set; }

    /// <summary>Count of the allocator's changes when it was taken, or, of a free one, emptied: the order of reuse.</summary>
    public long Since { get; set; }

    public SortedSet<IpAddress> Addresses { get; init; } = [];

    [JsonIgnore]
    public bool IsFree => Host.Length == 0;

    public void Take(string host, BlockOwner owner, long now) => (Host, Owner, Since) = (host, owner, now);

    /// <summary>Gives the address back; the block is free with its last one.</summary>
    public void Release(IpAddress address, long now)
    {
        if (!Addresses.Remove(address) || Addresses.Count > 0) return;
        (Host, Owner, Since) = ("", default, now);
    }

    /// <summary>Null: full, or all that is free is kept back.</summary>
    public IpAddress? LowestFree(Unusable unusable)
    {
        var candidate = unusable.FirstCandidate(Cidr);
        while (candidate is { } address)
        {
            if (unusable.RangeAround(address) is { } range) candidate = After(range.Last);
            else if (Addresses.Contains(address)) candidate = After(address);
            else return address;
        }

        return null;
    }

    private IpAddress? After(IpAddress address) => address >= Cidr.Last ? null : address.Plus(1);
}
