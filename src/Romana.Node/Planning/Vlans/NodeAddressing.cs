using System.Collections.Immutable;
using Romana.Ipam.Addressing;
using Romana.Ipam.Blocks;
using Romana.Ipam.Hosts;
using Romana.Ipam.Topologies;
using Romana.Node.Linux.Netlink.Records;

namespace Romana.Node.Planning.Vlans;

/// <summary>What this host's own addresses in its VLANs follow from.</summary>
internal sealed record NodeAddressFacts
{
    public required HostSpec Own { get; init; }

    /// <summary>What its record said when the pass began: others can have seen it.</summary>
    public required ImmutableSortedDictionary<string, NodeAddress> Written { get; init; }

    /// <summary>Of every other host, read after <see cref="Written"/>.</summary>
    public required IReadOnlyCollection<(HostUid Uid, HostStatus Status)> Others { get; init; }

    public required CommittedSpace Space { get; init; }

    /// <summary>Blocks that this host holds by its journal.</summary>
    public required ImmutableArray<Cidr> Held { get; init; }

    public required VlanLook Here { get; init; }
}

/// <param name="Say">Belongs into this host's record.</param>
/// <param name="Use">May be on the VLAN: it was said before, and nobody else said the same.</param>
internal sealed record NodeAddresses(ImmutableSortedDictionary<string, NodeAddress> Say, ImmutableSortedDictionary<string, IpAddress> Use)
{
    public static readonly NodeAddresses None = new(ImmutableSortedDictionary<string, NodeAddress>.Empty, ImmutableSortedDictionary<string, IpAddress>.Empty);
}

/// <summary>
/// A host's own address in each VLAN (`node_addresses`), by docs/decisions/0041-a-hosts-own-address-on-a-vlan.md: whoever
/// says an address and then sees another say it too does not use it, so that of two only one ever can; the one with the
/// higher id looks for another.
/// </summary>
internal static class NodeAddressing
{
    /// <summary>Of a range that nobody could go through in a day, so many are tried.</summary>
    private const int MostTried = 65_536;

    public static NodeAddresses Plan(NodeAddressFacts facts)
    {
        var (say, use) = (ImmutableSortedDictionary.CreateBuilder<string, NodeAddress>(StringComparer.Ordinal), ImmutableSortedDictionary.CreateBuilder<string, IpAddress>(StringComparer.Ordinal));
        foreach (var network in facts.Space.Layout.Networks.Where(network => network.IsL2 && facts.Own.Groups.ContainsKey(network.Name)))
        {
            var taken = facts.Others.Select(other => (other.Uid, Said: other.Status.NodeAddresses.GetValueOrDefault(network.Name)?.Address))
                .Where(other => other.Said is not null).ToLookup(other => other.Said!.Value, other => other.Uid);
            var written = facts.Written.GetValueOrDefault(network.Name)?.Address;
            var standing = Standing(facts, network);
            if ((standing ?? Wanted(facts, network, written, taken)) is not { } address) continue;
            say[network.Name] = new NodeAddress(address, MacOf(facts, network));
            // What is on the machine anyway is used by it already.
            if (address == standing || address == written && !taken.Contains(address)) use[network.Name] = address;
        }

        return new NodeAddresses(say.ToImmutable(), use.ToImmutable());
    }

    private static IpAddress? Wanted(NodeAddressFacts facts, Network network, IpAddress? written, ILookup<IpAddress, HostUid> taken)
    {
        if (network.NodeAddresses == "first-of-block") return FirstOfBlock(facts, network, written);
        if (!Cidr.TryParse(network.NodeAddresses, out var range, out _)) return null;
        if (written is { } kept && range.Contains(kept) && IsPossible(kept)
            && taken[kept].All(other => string.CompareOrdinal(facts.Own.Uid.Text, other.Text) < 0)) return kept;
        var size = UInt128.Min(range.CountLessOne, MostTried - 1) + 1;
        // Each host begins elsewhere, so that two seldom say the same.
        var begin = (UInt128)VlanTerms.Hash(facts.Own.Uid.Text) % size;
        for (var step = UInt128.Zero; step < size; step++)
        {
            var address = range.First.Plus((begin + step) % size);
            if (!taken.Contains(address) && IsPossible(address)) return address;
        }

        return null;

        bool IsPossible(IpAddress address) => address != network.Gateway && address != network.Cidr.First
            && !(address.Family == IpFamily.IPv4 && address == network.Cidr.Last) && !network.Reserved.Any(reserved => reserved.Contains(address));
    }

    /// <summary>Blocks come and go: the address stays while its block does.</summary>
    private static IpAddress? FirstOfBlock(NodeAddressFacts facts, Network network, IpAddress? written)
    {
        var exclusions = facts.Space.Exclusions(network);
        var firsts = facts.Held.Where(network.Cidr.Contains).Order().Select(block => exclusions.FirstUsable(block, 0)).OfType<IpAddress>().ToList();
        return written is { } kept && firsts.Contains(kept) ? kept : firsts.Count > 0 ? firsts[0] : null;
    }

    /// <summary>An address that the machine has in the network, whoever gave it one: DHCP, or the operator.</summary>
    private static IpAddress? Standing(NodeAddressFacts facts, Network network)
    {
        var ours = facts.Written.Values.Select(said => said.Address).ToHashSet();
        return VlanReading.Standing(facts.Own.Addresses, ours, facts.Here).Where(network.Cidr.Contains).Order().Select(address => (IpAddress?)address).FirstOrDefault();
    }

    /// <summary>A tagged interface has its trunk's.</summary>
    private static string MacOf(NodeAddressFacts facts, Network network)
    {
        var name = network.Interface ?? VlanReading.TrunkOf(VlanKnowing.TrunkOf(facts.Own), facts.Own.Addresses, facts.Here);
        return facts.Here.Interfaces.FirstOrDefault(item => item.Name == name)?.Mac?.ToString() ?? "";
    }
}
