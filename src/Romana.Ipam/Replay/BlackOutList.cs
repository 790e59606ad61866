using Romana.Ipam.Addressing;
using Romana.Ipam.Topologies;

namespace Romana.Ipam.Replay;

/// <summary>CIDRs that the operator took out of use. A wider one takes the place of those inside it.</summary>
public sealed class BlackOutList
{
    private readonly List<Cidr> cidrs = [];

    public IReadOnlyList<Cidr> All => cidrs;

    public IEnumerable<Cidr> In(Network network) => cidrs.Where(network.Cidr.Contains);

    public Refusal? Add(Cidr cidr, Topology topology, IEnumerable<IpAddress> inUse)
    {
        if (NetworkAround(cidr, topology) is not { } network) return NoNetwork(cidr);
        if (network.Cidr == cidr) return new Refusal("entire_network", $"{cidr} is the whole of network '{network.Name}': black out less");
        if (cidrs.Any(wider => wider.Contains(cidr))) return null;
        var taken = inUse.Where(cidr.Contains).Order().Take(3).ToList();
        if (taken.Count > 0)
            return new Refusal("contains_allocated", $"{cidr} holds addresses in use ({string.Join(", ", taken)}): release them first");
        cidrs.RemoveAll(cidr.Contains);
        cidrs.Add(cidr);
        return null;
    }

    public Refusal? Remove(Cidr cidr, Topology topology)
    {
        if (NetworkAround(cidr, topology) is null) return NoNetwork(cidr);
        return cidrs.Remove(cidr)
            ? null
            : new Refusal("not_blacked_out", $"{cidr} is not blacked out; these are: {string.Join(", ", cidrs.Order())}");
    }

    /// <summary>Those that still lie in a network.</summary>
    public void Keep(Topology topology, IEnumerable<Cidr> from) =>
        cidrs.AddRange(from.Where(cidr => NetworkAround(cidr, topology) is not null));

    public void Load(IEnumerable<Cidr> saved) => cidrs.AddRange(saved);

    private static Network? NetworkAround(Cidr cidr, Topology topology) =>
        topology.Networks.FirstOrDefault(network => network.Cidr.Contains(cidr));

    private static Refusal NoNetwork(Cidr cidr) => new("network_not_found", $"no network contains {cidr}");
}
