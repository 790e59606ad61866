using Romana.Ipam.Addressing;
using Romana.Ipam.Topologies;

namespace Romana.Ipam.Replay;

/// <summary>All that the replayed allocator knows. One object, so that an update builds another and swaps it in or drops it.</summary>
internal sealed class ReplayState
{
    public required string Document { get; init; }
    public required Topology Topology { get; init; }

    /// <summary>In the order in which hosts took them.</summary>
    public List<Seat> Seats { get; init; } = [];

    /// <summary>By network and CIDR of the leaf group.</summary>
    public Dictionary<(string Network, Cidr Leaf), BlockPool> Pools { get; init; } = [];

    public Dictionary<string, ReplayAddress> Addresses { get; init; } = new(StringComparer.Ordinal);
    public BlackOutList BlackOuts { get; init; } = new();

    /// <summary>Grows with every change of a block, and orders them.</summary>
    public long Ticks { get; set; }

    /// <summary>Grows by one with every successful allocate and deallocate.</summary>
    public long Revision { get; set; }

    public static ReplayState Empty => new()
    {
        Document = """{"networks": []}""",
        Topology = new Topology { Networks = [] },
    };

    public long Tick() => ++Ticks;

    public Seat? SeatOf(string host, string network) => Seats.FirstOrDefault(seat => seat.Host.Name == host && seat.Network == network);

    public IEnumerable<Seat> SeatsIn(Group group) => Seats.Where(seat => seat.Network == group.Network && seat.Leaf == group.Cidr);

    public BlockPool Pool(Network network, Cidr leaf)
    {
        if (Pools.TryGetValue((network.Name, leaf), out var pool)) return pool;
        return Pools[(network.Name, leaf)] = new BlockPool { Network = network.Name, Cidr = leaf, BlockMask = network.BlockMask };
    }

    public PoolBlock? BlockOf(IpAddress address)
    {
        if (Topology.Networks.FirstOrDefault(network => network.Cidr.Contains(address)) is not { } network) return null;
        var slot = Cidr.Around(address, network.BlockMask);
        return Pools.Values.Where(pool => pool.Network == network.Name && pool.Cidr.Contains(address))
            .Select(pool => pool.Blocks.GetValueOrDefault(slot))
            .FirstOrDefault(block => block is not null);
    }

    public Unusable UnusableIn(Network network) => new(network, BlackOuts.In(network));

    /// <summary>Every host's seat in each network that takes it, hosts of the document first.</summary>
    public void SeatListedHosts(Func<ListedHost, ReplayHost> known)
    {
        foreach (var leaf in Topology.Networks.SelectMany(network => network.Leaves))
            Seats.AddRange(leaf.Hosts.Select(host => new Seat(leaf.Network, leaf.Cidr, known(host))));
    }
}
