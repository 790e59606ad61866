using System.Collections.Immutable;
using Romana.Ipam.Addressing;
using Romana.Ipam.Planning;
using Romana.Node.Linux.Netlink.Records;
using Romana.Node.Planning.Vlans;

namespace Romana.Node.Planning;

/// <summary>What the kernel shows of this host's place in the network.</summary>
internal sealed record KernelLook
{
    public required IReadOnlyList<Interface> Interfaces { get; init; }

    public required IReadOnlyList<InterfaceAddress> Addresses { get; init; }

    /// <summary>Of main, anybody's.</summary>
    public required IReadOnlyList<Route> Main { get; init; }

    /// <summary>The kernel's answer to "which way to this address": the whole route; null if it refuses.</summary>
    public required Func<IpAddress, Route?> WayTo { get; init; }

    /// <summary>Interface name -> accept_ra.</summary>
    public required Func<string, string?> AcceptsAdvertisements { get; init; }
}

internal abstract record FactsOutcome
{
    private FactsOutcome()
    {
    }

    internal sealed record Known(FabricFacts Facts) : FactsOutcome;

    /// <summary>Nothing is planned, so nothing changes. Message: what, where, remedy.</summary>
    internal sealed record Refused(string Message) : FactsOutcome;
}

/// <summary>
/// Joins what the store knows with what the kernel shows. The pod interface is the one that bears the host's pod
/// address, and adjacency is what the kernel answers: a host is adjacent if the way to one of its addresses leaves by
/// the fabric and needs no gateway.
/// </summary>
internal static class FabricReading
{
    // Of these kinds no interface leads out of the host.
    private static readonly ImmutableHashSet<string> Inward = ["bridge", "dummy", "ifb", "nlmon", "tun", "vxlan", "geneve", "ipip", "sit", "gre", "wireguard"];

    /// <param name="vlans">Their uplinks are no way out for a routed network's pods, unless the machine itself goes that way.</param>
    public static FactsOutcome Read(FabricKnowledge known, KernelLook look, ImmutableArray<PodFact> pods, VlanFacts? vlans = null)
    {
        var own = known.OwnAddresses.Select(address => look.Addresses.FirstOrDefault(item => item.Address == address)).FirstOrDefault(item => item is not null);
        if (own is null)
            return new FactsOutcome.Refused($"none of this host's addresses ({string.Join(", ", known.OwnAddresses)}) is on an interface here: compare the host's record ('romana hosts') with 'ip address'");
        var fabric = Fabric(own, look);
        if (fabric.IsEmpty)
            return new FactsOutcome.Refused($"{own.Address} is on the loopback interface and no default route says which interfaces lead out: add one");
        var ways = fabric.Select(way => way.Index).ToHashSet();
        return new FactsOutcome.Known(new FabricFacts
        {
            Known = known,
            Fabric = fabric,
            Primary = Primary(known, look, [own.Interface, .. ways]),
            Connected = [.. look.Addresses.Where(item => item.Interface == fabric[0].Index && IsShared(item)).Select(item => Cidr.Around(item.Address, item.Length)).Distinct().Order()],
            Defaults = [.. Defaults(look).Where(route => route.Hops.All(hop => ways.Contains(hop.Interface)))
                .GroupBy(route => route.Destination.Family).Select(family => family.MinBy(route => route.Metric)!)],
            HasOtherUplinks = look.Interfaces.Any(item => !ways.Contains(item.Index) && !IsVlans(item, vlans) && LeadsOut(item, look)),
            Advertised = [.. fabric.Select(way => way.Name).Where(name => look.AcceptsAdvertisements(name) is "1" or "2")],
            Adjacent = [.. known.Peers.SelectMany(peer => Adjacent(peer, look, ways)).OrderBy(block => block.Cidr)],
            Pods = pods,
        });
    }

    /// <summary>Where the default route is spread over several interfaces, they are one way into one network.</summary>
    private static ImmutableArray<FabricInterface> Fabric(InterfaceAddress own, KernelLook look)
    {
        var isLoopback = look.Interfaces.Any(item => item.Index == own.Interface && item.IsLoopback);
        var spread = Defaults(look).Where(route => isLoopback || route.Hops.Any(hop => hop.Interface == own.Interface))
            .SelectMany(route => route.Hops.Select(hop => hop.Interface)).Order();
        return [.. (isLoopback ? spread : spread.Prepend(own.Interface)).Distinct()
            .Select(index => look.Interfaces.FirstOrDefault(item => item.Index == index)).OfType<Interface>()
            .Select(item => new FabricInterface(item.Index, item.Name))];
    }

    private static IEnumerable<Route> Defaults(KernelLook look) =>
        look.Main.Where(route => route is { Destination.Length: 0, Type: RouteType.Unicast, HasUnknownParts: false } && route.Hops.All(hop => hop.Via is not null));

    /// <summary>The host's own word first; else the kernel's first lasting address of the family.</summary>
    private static ImmutableArray<IpAddress> Primary(FabricKnowledge known, KernelLook look, HashSet<int> interfaces)
    {
        var lasting = look.Addresses.Where(item => interfaces.Contains(item.Interface) && item.Scope == Scope.Global
            && (item.Flags & (AddressFlags.Deprecated | AddressFlags.Tentative | AddressFlags.Secondary | AddressFlags.DuplicateFound)) == 0)
            .Select(item => item.Address).ToList();
        return [.. known.OwnAddresses.Where(lasting.Contains).Concat(lasting).GroupBy(address => address.Family).OrderBy(family => family.Key).Select(family => family.First())];
    }

    private static bool LeadsOut(Interface item, KernelLook look) =>
        item is { IsUp: true, IsLoopback: false } && !FabricTerms.IsPodInterface(item.Name) && !(item.Kind is { } kind && Inward.Contains(kind))
        && look.Addresses.Any(address => address.Interface == item.Index && IsShared(address));

    private static bool IsVlans(Interface item, VlanFacts? vlans) =>
        vlans is not null && vlans.Vlans.Any(vlan => vlan.Uplink.Index == item.Index && vlan.Sides.All(side => !side.HoldsManagement));

    private static bool IsShared(InterfaceAddress address) =>
        address.Scope == Scope.Global && address.Peer is null && address.Length < address.Address.Family.Width();

    private static IEnumerable<AdjacentBlock> Adjacent(PeerHost peer, KernelLook look, HashSet<int> ways)
    {
        var paths = new Dictionary<IpAddress, ImmutableArray<NextHop>>();
        foreach (var block in peer.Blocks)
        {
            foreach (var address in peer.Addresses.Where(address => address.Family == block.Family))
            {
                if (!paths.TryGetValue(address, out var hops)) paths[address] = hops = Ways(address, look, ways);
                var decided = NeighbourRoutes.ToBlock(block, address, [.. hops.Select(hop => new PathToHost(hop.Via))],
                    multihop: false, (int)RouteTables.Main, multipath: true);
                if (decided is not NeighbourRoute.Route) continue;
                yield return new AdjacentBlock(block, [.. hops.Select(hop => hop with { Via = address })]);
                break;
            }
        }
    }

    /// <summary>
    /// IPv4 takes for a gateway only what a route of link scope leads to. Where the way to a host has another, as several hops of one
    /// route have unless told otherwise, the hop is said to be on the link: it is, since no gateway is before it.
    /// </summary>
    private static ImmutableArray<NextHop> Ways(IpAddress address, KernelLook look, HashSet<int> ways)
    {
        if (look.WayTo(address) is not { Type: RouteType.Unicast } route) return [];
        var isOnLink = address.Family == IpFamily.IPv4 && route.Canonical().Scope != Scope.Link;
        return [.. route.Hops.Where(hop => ways.Contains(hop.Interface)).Select(hop => hop with { OnLink = isOnLink })];
    }
}
