using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using Romana.Ipam.Addressing;
using Romana.Ipam.Topologies;

namespace Romana.Ipam.Replay;

/// <summary>
/// The allocator of Romana v2, rules 1 to 5 of the behaviour vectors, for `romana ipam replay`: no spares, a block is taken
/// when an address needs it, and no delays. Every refused operation changes nothing. Not for several threads.
/// </summary>
public sealed class ReplayAllocator
{
    private ReplayState state = ReplayState.Empty;

    public Topology Topology => state.Topology;

    public long AllocationRevision => state.Revision;

    public IReadOnlyCollection<ReplayAddress> Addresses => state.Addresses.Values;

    public IReadOnlyList<Seat> Seats => state.Seats;

    /// <summary>Networks in document order, groups depth-first, blocks by address; emptied blocks are listed without host and owner.</summary>
    public IEnumerable<PoolBlock> Blocks => state.Topology.Networks
        .SelectMany(network => network.Leaves)
        .Select(leaf => state.Pools.GetValueOrDefault((leaf.Network, leaf.Cidr)))
        .Where(pool => pool is not null)
        .SelectMany(pool => pool!.Blocks.Values);

    /// <summary>Re-places every address and every joined host, or refuses with the list of what does not fit.</summary>
    public Refusal? UpdateTopology(string document)
    {
        var reading = TopologyDocument.Read(document);
        if (reading.Topology is null)
        {
            var first = reading.Errors.First();
            return new Refusal(first.Code, string.Join("; ", reading.Errors.Select(problem => problem.ToString())));
        }

        var move = new TopologyMove(state, document, reading.Topology);
        if (move.Run() is { } refusal) return refusal;
        state = move.Result;
        return null;
    }

    /// <summary>Seats the host in every network with an eligible group; one is enough.</summary>
    public Refusal? AddHost(ReplayHost host, out IReadOnlyList<Seat> seats)
    {
        seats = [];
        if (state.Seats.FirstOrDefault(seat => seat.Host.Name == host.Name || seat.Host.Ip == host.Ip) is { } other)
            return new Refusal("exists", $"host {other.Host.Name} ({other.Host.Ip}) has this name or address already");
        seats = [.. Chosen(host)];
        state.Seats.AddRange(seats);
        return seats.Count > 0
            ? null
            : new Refusal("no_suitable_group", $"no group of any network takes host {host.Name} with its labels");
    }

    private IEnumerable<Seat> Chosen(ReplayHost host)
    {
        foreach (var network in state.Topology.Networks)
        {
            if (GroupPlacement.Choose(network, host.Labels, group => state.SeatsIn(group).Count()) is { } group)
                yield return new Seat(network.Name, group.Cidr, host);
        }
    }

    /// <summary>Its addresses are released with it.</summary>
    public Refusal? RemoveHost(HostSelector selector)
    {
        if (Select(selector, out var seats) is { } refusal) return refusal;
        var names = seats.Select(seat => seat.Host.Name).ToHashSet(StringComparer.Ordinal);
        state.Seats.RemoveAll(seats.Contains);
        foreach (var address in state.Addresses.Values.Where(address => names.Contains(address.Host)).ToList())
        {
            // A name may stand in several networks with several addresses: what another seat holds stays.
            if (seats.Any(seat => seat.Host.Name == address.Host && seat.Leaf.Contains(address.Ip))) Release(address);
        }

        return null;
    }

    /// <summary>Replaces the labels; refused where a group on the host's way down would no longer take it.</summary>
    public Refusal? UpdateHostLabels(HostSelector selector, ImmutableSortedDictionary<string, string> labels)
    {
        if (Select(selector, out var seats) is { } refusal) return refusal;
        foreach (var seat in seats.Where(seat => !seat.Host.Labels.SequenceEqual(labels)))
        {
            var network = state.Topology.Network(seat.Network)!;
            if (GroupPlacement.Eligible(network, labels).All(leaf => leaf.Cidr != seat.Leaf))
                return new Refusal("ineligible", $"with these labels group {seat.Leaf} of network '{network.Name}' no longer takes host {seat.Host.Name}");
        }

        for (var i = 0; i < state.Seats.Count; i++)
        {
            if (seats.Contains(state.Seats[i]))
                state.Seats[i] = state.Seats[i] with { Host = state.Seats[i].Host with { Labels = labels } };
        }

        return null;
    }

    public Refusal? Allocate(string name, string host, string tenant, string segment, out IpAddress ip)
    {
        ip = default;
        if (state.Addresses.TryGetValue(name, out var existing))
            return new Refusal("exists", $"an address with the name {name} is allocated already: {existing.Ip}");
        var networks = NetworksOf(tenant);
        if (networks.Count == 0) return new Refusal("no_network_for_tenant", $"no network admits tenant '{tenant}'");
        if (state.Seats.All(seat => seat.Host.Name != host)) return new Refusal("host_not_found", $"no host has the name '{host}'");
        foreach (var network in networks)
        {
            if (state.SeatOf(host, network.Name) is not { } seat) continue;
            var owner = BlockOwner.Of(network, tenant, segment);
            if (state.Pool(network, seat.Leaf).Allocate(host, owner, state.UnusableIn(network), state.Tick) is not { } found) continue;
            ip = found;
            state.Addresses[name] = new ReplayAddress(name, ip, host, tenant, segment);
            state.Revision++;
            return null;
        }

        return Refusal.NoAvailableIp;
    }

    /// <param name="address">Its name or, if no address has that name, the IP address.</param>
    public Refusal? Deallocate(string address)
    {
        if (!TryFind(address, out var found)) return new Refusal("not_found", $"no address has the name or IP '{address}'");
        Release(found);
        state.Revision++;
        return null;
    }

    public Refusal? BlackOut(Cidr cidr) => state.BlackOuts.Add(cidr, state.Topology, state.Addresses.Values.Select(address => address.Ip));

    public Refusal? UnBlackOut(Cidr cidr) => state.BlackOuts.Remove(cidr, state.Topology);

    public ReplayAddress? Lookup(string name) => state.Addresses.GetValueOrDefault(name);

    public IEnumerable<ReplayHost> HostsIn(Group group) => group.SelfAndBelow.SelectMany(state.SeatsIn).Select(seat => seat.Host);

    /// <summary>The whole state as text.</summary>
    public string Save() => SavedState.Write(state);

    /// <summary>Takes the place of all that was known.</summary>
    public void Load(string saved) => state = SavedState.Read(saved);

    private bool TryFind(string address, [NotNullWhen(true)] out ReplayAddress? found)
    {
        if (state.Addresses.TryGetValue(address, out found)) return true;
        if (IpAddress.TryParse(address, out var ip, out _)) found = state.Addresses.Values.FirstOrDefault(entry => entry.Ip == ip);
        return found is not null;
    }

    private void Release(ReplayAddress address)
    {
        state.Addresses.Remove(address.Name);
        state.BlockOf(address.Ip)!.Release(address.Ip, state.Tick());
    }

    private List<Network> NetworksOf(string tenant)
    {
        var own = state.Topology.Networks.Where(network => network.Tenants.Contains(tenant));
        return [.. own, .. state.Topology.Networks.Where(network => network.Tenants.IsEmpty)];
    }

    private Refusal? Select(HostSelector selector, out HashSet<Seat> seats)
    {
        seats = [];
        if (selector.IsEmpty) return new Refusal("bad_request", "a name or an ip is needed to name a host");
        seats = [.. state.Seats.Where(seat => selector.Selects(seat.Host))];
        if (seats.Count == 0) return new Refusal("not_found", $"no such host: {selector}");
        return seats.FirstOrDefault(seat => selector.Contradicts(seat.Host)) is { } other
            ? new Refusal("mismatch", $"the host with address {selector.Ip} is {other.Host.Name}, not {selector.Name}")
            : null;
    }
}
