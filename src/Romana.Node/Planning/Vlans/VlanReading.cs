using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using Romana.Ipam.Addressing;
using Romana.Node.Linux.Netlink.Records;

namespace Romana.Node.Planning.Vlans;

/// <summary>What the kernel shows around VLANs.</summary>
internal sealed record VlanLook
{
    public required IReadOnlyList<Interface> Interfaces { get; init; }

    public required IReadOnlyList<InterfaceAddress> Addresses { get; init; }

    /// <summary>False once the kernel has said so: it makes no tagged interface.</summary>
    public bool HasTagging { get; init; } = true;

    /// <summary>The kernel keeps who made an address (Linux 5.18). Else ours are told by a prefix route that is left out.</summary>
    public bool NamesMakers { get; init; } = true;
}

/// <summary>
/// Joins what the store knows of VLANs with what the kernel shows. A VLAN that cannot be kept as it must be is refused
/// with its reason, and the others are kept: one that is kept by half would be open.
/// </summary>
internal static class VlanReading
{
    public static VlanReadingOutcome Read(VlanKnowledge known, VlanLook look, ImmutableArray<PodFact> pods)
    {
        var (vlans, refusals) = (ImmutableArray.CreateBuilder<Vlan>(), ImmutableArray.CreateBuilder<VlanRefusal>());
        var standing = Standing(known.HostAddresses, known.Networks.Select(network => network.NodeAddress).OfType<IpAddress>().ToHashSet(), look);
        foreach (var networks in known.Networks.GroupBy(Number).OrderBy(group => group.Key))
        {
            var all = networks.OrderBy(network => network.Cidr.Family).ThenBy(network => network.Cidr).ToImmutableArray();
            if (Fault(known, all) is { } fault || !TryUplink(known, look, all[0], out var uplink, out fault))
            {
                refusals.Add(new VlanRefusal([.. all.Select(network => network.Name)], $"VLAN {Shown(all[0])}: {fault}"));
                continue;
            }

            vlans.Add(new Vlan
            {
                Number = networks.Key,
                Uplink = uplink,
                Sides = [.. all.Select(network => Side(network, standing))],
                Pods = [.. from pod in pods
                           from link in look.Interfaces
                           where link.Name == pod.Interface
                           let addresses = pod.Addresses.Where(address => all.Any(network => network.Cidr.Contains(address))).ToImmutableArray()
                           where !addresses.IsEmpty
                           orderby pod.Interface
                           select new VlanPod(link.Index, pod.Interface, addresses)],
            });
        }

        var facts = new VlanFacts
        {
            Vlans = vlans.ToImmutable(),
            Standing = [.. standing.Order()],
            Management = Management(look, standing, vlans),
            Closed = [.. Refused(known, refusals).Select(network => network.Cidr).Order()],
            KeptLinks = [.. Refused(known, refusals).Select(network => network.Id).OfType<int>().Select(VlanTerms.TaggedName)],
        };
        return new VlanReadingOutcome(facts, refusals.ToImmutable());
    }

    private static IEnumerable<VlanNetwork> Refused(VlanKnowledge known, IEnumerable<VlanRefusal> refusals)
    {
        var names = refusals.SelectMany(refusal => refusal.Networks).ToHashSet(StringComparer.Ordinal);
        return known.Networks.Where(network => names.Contains(network.Name));
    }

    private static int Number(VlanNetwork network) => network.Id ?? VlanTerms.PlainNumber(network.Interface ?? "");

    private static string Shown(VlanNetwork network) => network.Id is { } id ? $"{id}" : $"on {network.Interface}";

    /// <summary>Null: as far as the store's word goes it can be kept.</summary>
    private static string? Fault(VlanKnowledge known, ImmutableArray<VlanNetwork> all)
    {
        var first = all[0];
        if (first is { Id: null, Interface: null }) return $"network {first.Name} has neither `vlan` nor `interface`: say which link its pods are on";
        if (all.Any(network => network.Interface != first.Interface))
            return $"networks {Names(all)} name different interfaces for one VLAN: name the same one";
        if (all.Select(network => network.Cidr.Family).Distinct().Count() < all.Length)
            return $"networks {Names(all)} are of one family: a VLAN has one network of each";
        if (known.Networks.FirstOrDefault(other => other.Interface is { } name && name == first.Interface && Number(other) != Number(first)) is { } beside)
            return $"{first.Interface} is also the plain interface of VLAN {Shown(beside)}, and one plain interface cannot tell two VLANs apart: leave out `interface` to use tags";
        if (known.Networks.FirstOrDefault(other => Number(other) != Number(first) && all.Any(network => network.Cidr.Overlaps(other.Cidr))) is { } overlap)
            return $"its addresses overlap network {overlap.Name} of another VLAN ({overlap.Cidr}): a source must tell the VLAN";
        foreach (var network in all)
        {
            if (network.Gateway is null) return $"network {network.Name} has no `gateway`: traffic to other VLANs has nowhere to go";
            if (network.NodeAddress is not { } node)
                return NoAddress(network);
            if (!network.Cidr.Contains(node)) return $"this host's address {node} is outside network {network.Name} ({network.Cidr})";
            if (node == network.Gateway) return $"this host's address in network {network.Name} is its gateway's ({node}): give the host another";
        }

        return null;
    }

    private static string NoAddress(VlanNetwork network) => network.NodeAddresses switch
    {
        "first-of-block" => $"this host has no block of network {network.Name} yet, whose first address would be its own",
        "dhcp" => $"no interface of this host has an address of network {network.Name} by DHCP: start a DHCP client on it, or write first-of-block into `node_addresses`",
        null => $"this host has no address in network {network.Name}: set `node_addresses`, or give the host one",
        var range => $"this host has no address of {range} in network {network.Name} yet: all of them are other hosts', or it was told just now",
    };

    /// <summary>Name of the interface that carries tagged frames; null if there is none.</summary>
    public static string? TrunkOf(string? said, ImmutableArray<IpAddress> hostAddresses, VlanLook look)
    {
        if (said is not null) return said;
        var bearer = hostAddresses.Select(address => look.Addresses.FirstOrDefault(item => item.Address == address)).FirstOrDefault(item => item is not null);
        return look.Interfaces.FirstOrDefault(item => item.Index == bearer?.Interface && !item.IsLoopback)?.Name;
    }

    private static bool TryUplink(
        VlanKnowledge known, VlanLook look, VlanNetwork network, [NotNullWhen(true)] out VlanUplink? uplink, [NotNullWhen(false)] out string? fault)
    {
        (uplink, fault) = (null, null);
        if (network.Interface is { } plain)
        {
            if (look.Interfaces.FirstOrDefault(item => item.Name == plain) is not { } found) fault = $"there is no interface {plain} on this host: plug it in, or correct `interface`";
            else if (found.Master is not null) fault = $"{plain} is a port of a bridge or bond: name that as `interface`";
            else if (FabricTerms.IsPodInterface(plain)) fault = $"{plain} is a pod's interface: name the one that leads to the gateway";
            else uplink = new VlanUplink(plain, found.Index, found.IsUp);
            return uplink is not null;
        }

        if (TrunkOf(known.Trunk, known.HostAddresses, look) is not { } trunkName)
            fault = $"no interface bears one of this host's addresses: label the host {VlanKnowing.TrunkLabel} with the one that carries tagged frames, or set `interface`";
        else if (look.Interfaces.FirstOrDefault(item => item.Name == trunkName) is not { } trunk) fault = $"there is no interface {trunkName} on this host to carry tagged frames";
        else
        {
            var id = network.Id!.Value;
            var standing = look.Interfaces.FirstOrDefault(item => item.VlanId == id && item.Lower == trunk.Index && item.LowerNamespace is null);
            var tagged = new TaggedLink(standing?.Name ?? VlanTerms.TaggedName(id), trunk.Index, id);
            if (standing is null && !look.HasTagging) fault = "this kernel has no 802.1Q: load the module 8021q, or set `interface` to a plain one; networks without tags are served";
            else if (standing is null && look.Interfaces.Any(item => item.Name == tagged.Name)) fault = $"an interface {tagged.Name} is in the way that is not VLAN {id} of {trunkName}: rename it";
            else uplink = new VlanUplink(tagged.Name, standing?.Index, standing?.IsUp ?? false) { Tagged = tagged };
        }

        return uplink is not null;
    }

    private static VlanSide Side(VlanNetwork network, HashSet<IpAddress> standing)
    {
        // Another of the machine's own addresses inside the VLAN serves as well, and a second one would split its neighbours' view.
        var held = standing.Where(network.Cidr.Contains).Order().Select(address => (IpAddress?)address).FirstOrDefault();
        return new VlanSide
        {
            Cidr = network.Cidr,
            Gateway = network.Gateway!.Value,
            Node = held ?? network.NodeAddress!.Value,
            Reach = network.Reach,
            HoldsManagement = held is not null,
            OwnBlocks = [.. network.OwnBlocks.Order()],
            OtherBlocks = [.. network.OtherBlocks.OrderBy(block => block.Cidr)],
        };
    }

    /// <summary>
    /// Every lasting address that is not of our making was there before. One that the store calls the host's is never ours.
    /// </summary>
    /// <param name="nodes">Addresses that we may have put there ourselves.</param>
    public static HashSet<IpAddress> Standing(ImmutableArray<IpAddress> hostAddresses, HashSet<IpAddress> nodes, VlanLook look)
    {
        var inward = look.Interfaces.Where(item => item.IsLoopback || FabricTerms.IsPodInterface(item.Name)).Select(item => item.Index).ToHashSet();
        return [.. from item in look.Addresses
                   where item.Scope == Scope.Global && !inward.Contains(item.Interface)
                   where hostAddresses.Contains(item.Address) || !IsOurs(item)
                   select item.Address];

        bool IsOurs(InterfaceAddress item) => look.NamesMakers ? item.Protocol == RouteProtocols.Romana
            : nodes.Contains(item.Address) && (item.Flags & AddressFlags.NoPrefixRoute) != 0;
    }

    private static ImmutableArray<string> Management(VlanLook look, HashSet<IpAddress> standing, ImmutableArray<Vlan>.Builder vlans)
    {
        var uplinks = vlans.Select(vlan => vlan.Uplink.Index).ToHashSet();
        return [.. look.Addresses.Where(item => standing.Contains(item.Address)).Select(item => item.Interface).Distinct()
            .Where(index => !uplinks.Contains(index))
            .Select(index => look.Interfaces.FirstOrDefault(item => item.Index == index)?.Name).OfType<string>().Order(StringComparer.Ordinal)];
    }

    private static string Names(ImmutableArray<VlanNetwork> all) => string.Join(" and ", all.Select(network => network.Name));
}
