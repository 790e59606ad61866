using System.Collections.Immutable;
using Romana.Ipam.Addressing;
using Romana.Ipam.Topologies;

namespace Romana.Ipam.Replay;

/// <summary>Rule 5: builds the state under another topology beside the old one, or says what does not fit.</summary>
internal sealed class TopologyMove(ReplayState old, string document, Topology topology)
{
    private const int ShownFaults = 20;
    private readonly List<string> homeless = [];
    private readonly List<string> misfits = [];

    public ReplayState Result { get; } = new()
    {
        Document = document,
        Topology = topology,
        Ticks = old.Ticks,
        Revision = old.Revision,
    };

    public Refusal? Run()
    {
        Result.BlackOuts.Keep(topology, old.BlackOuts.All);
        Result.SeatListedHosts(KnownOrNew);
        if (Joined().Select(Clash).FirstOrDefault(clash => clash is not null) is { } clash) return clash;
        SeatJoinedHosts();
        CarryPools();
        foreach (var address in old.Addresses.Values.OrderBy(address => old.BlockOf(address.Ip)!.Since).ThenBy(address => address.Ip))
            Replace(address);
        foreach (var pool in Result.Pools.Values.Where(pool => !carried.Contains(pool))) pool.CloseGaps(Result.Tick());
        if (misfits.Count > 0) return new Refusal("address_does_not_fit", Told(misfits));
        return homeless.Count > 0 ? new Refusal("no_suitable_group", Told(homeless)) : null;
    }

    private readonly HashSet<BlockPool> carried = [];

    /// <summary>A host that stays in the document keeps the labels it was given since.</summary>
    private ReplayHost KnownOrNew(ListedHost listed)
    {
        var known = old.Seats.Select(seat => seat.Host).FirstOrDefault(host => host.Name == listed.Name && host.Ip == listed.Ip);
        return (known ?? new ReplayHost { Name = listed.Name, Ip = listed.Ip }) with { Listed = true };
    }

    private IEnumerable<ReplayHost> Joined() => old.Seats.Select(seat => seat.Host).Where(host => !host.Listed).DistinctBy(host => host.Name);

    private Refusal? Clash(ReplayHost host) =>
        Result.Seats.FirstOrDefault(seat => (seat.Host.Name == host.Name) != (seat.Host.Ip == host.Ip)) is { } seat
            ? new Refusal("mismatch", $"the document lists {seat.Host.Name} ({seat.Host.Ip}), and {host.Name} ({host.Ip}) has joined")
            : null;

    /// <summary>Hosts with addresses first, since those decide; then hosts that can stay where they are; then the rest by rule 2.</summary>
    private void SeatJoinedHosts()
    {
        var open = new List<(ReplayHost Host, Network Network)>();
        foreach (var host in Joined())
        {
            foreach (var network in topology.Networks.Where(network => Result.SeatOf(host.Name, network.Name) is null))
            {
                if (Settled(host, network) is { } leaf) Result.Seats.Add(new Seat(network.Name, leaf.Cidr, host));
                else open.Add((host, network));
            }
        }

        foreach (var (host, network) in open)
        {
            if (GroupPlacement.Choose(network, host.Labels, group => Result.SeatsIn(group).Count()) is { } leaf)
                Result.Seats.Add(new Seat(network.Name, leaf.Cidr, host));
        }

        homeless.AddRange(Joined()
            .Where(host => Result.Seats.All(seat => seat.Host.Name != host.Name))
            .Select(host => $"no group of any network takes host {host.Name}, which has joined"));
    }

    private Group? Settled(ReplayHost host, Network network)
    {
        var held = old.Addresses.Values.Where(address => address.Host == host.Name && network.Cidr.Contains(address.Ip)).ToList();
        var eligible = GroupPlacement.Eligible(network, host.Labels);
        if (held.Count > 0) return eligible.FirstOrDefault(leaf => held.All(address => leaf.Cidr.Contains(address.Ip)));
        var seats = old.Seats.Where(seat => seat.Host.Name == host.Name).Select(seat => seat.Leaf).ToHashSet();
        return eligible.FirstOrDefault(leaf => seats.Contains(leaf.Cidr));
    }

    /// <summary>A group that keeps its slice and its block size keeps its blocks with their history.</summary>
    private void CarryPools()
    {
        foreach (var network in topology.Networks)
        {
            foreach (var leaf in network.Leaves)
            {
                var before = old.Pools.Values.FirstOrDefault(
                    pool => pool.Cidr == leaf.Cidr && pool.BlockMask == network.BlockMask
                        && old.Topology.Network(pool.Network)!.Owner == network.Owner);
                if (before is not null) carried.Add(Result.Pools[(network.Name, leaf.Cidr)] = Copy(before, network.Name));
            }
        }
    }

    private static BlockPool Copy(BlockPool pool, string network) => new()
    {
        Network = network,
        Cidr = pool.Cidr,
        BlockMask = pool.BlockMask,
        Next = pool.Next,
        Gaps = [.. pool.Gaps],
        Blocks = new SortedDictionary<Cidr, PoolBlock>(pool.Blocks.ToDictionary(
            pair => pair.Key,
            pair => new PoolBlock
            {
                Cidr = pair.Key,
                Host = pair.Value.Host,
                Owner = pair.Value.Owner,
                Since = pair.Value.Since,
                Addresses = [.. pair.Value.Addresses],
            })),
    };

    private void Replace(ReplayAddress address)
    {
        var fault = Place(address);
        if (fault is null) Result.Addresses[address.Name] = address;
        else misfits.Add($"{address.Ip} ({address.Name} of host {address.Host}): {fault}");
    }

    /// <summary>Null: it fits.</summary>
    private string? Place(ReplayAddress address)
    {
        if (topology.Networks.FirstOrDefault(network => network.Cidr.Contains(address.Ip)) is not { } network) return "no network contains it";
        if (!network.Tenants.IsEmpty && !network.Tenants.Contains(address.Tenant))
            return $"network '{network.Name}' does not admit tenant '{address.Tenant}'";
        if (Result.SeatOf(address.Host, network.Name) is not { } seat) return $"its host is not in network '{network.Name}'";
        if (!seat.Leaf.Contains(address.Ip)) return $"its host is now in group {seat.Leaf}";
        if (Result.UnusableIn(network).Forbids(address.Ip, Cidr.Around(address.Ip, network.BlockMask)))
            return $"network '{network.Name}' keeps it back";
        var owner = BlockOwner.Of(network, address.Tenant, address.Segment);
        return Result.Pool(network, seat.Leaf).Restore(address, owner, old.BlockOf(address.Ip)!.Since)
            ? null
            : "its block would belong to another host or owner";
    }

    private static string Told(List<string> faults) =>
        string.Join("; ", faults.Take(ShownFaults)) + (faults.Count > ShownFaults ? $"; and {faults.Count - ShownFaults} more" : "");
}
