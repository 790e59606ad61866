using System.Collections.Immutable;
using Romana.Ipam.Addressing;
using Romana.Node.Linux.Netlink.Records;

namespace Romana.Node.Planning.Vlans;

/// <summary>Which table a packet may see: by the wire that it came from, or by its source. Rules grow with VLANs, not with pods.</summary>
internal static class VlanRules
{
    private static readonly ImmutableArray<IpFamily> Families = [IpFamily.IPv4, IpFamily.IPv6];

    public static ImmutableArray<Rule> Of(VlanFacts facts) => facts is { Vlans.IsEmpty: true, Closed.IsEmpty: true } ? [] :
    [
        .. Families.SelectMany(family => OfFamily(facts, family)).OrderBy(rule => rule.Family).ThenBy(rule => rule.Priority).Select(rule => rule.Canonical()),
    ];

    public static ImmutableArray<KernelSetting> Settings(VlanFacts facts) => facts.Vlans.IsEmpty ? [] :
    [
        new("net/ipv4/ip_forward", "1"),
        new("net/ipv6/conf/all/forwarding", "1"),
        // The kernel takes the wider of "all" and the interface.
        new("net/ipv4/conf/all/send_redirects", "0"),
        // The strict reverse path of a pod's interface must see the mark of an answer, or drops it.
        new("net/ipv4/conf/all/src_valid_mark", "1"),
        .. facts.Vlans.Where(vlan => vlan.Uplink.Index is not null).SelectMany(OfUplink),
    ];

    private static IEnumerable<Rule> OfFamily(VlanFacts facts, IpFamily family)
    {
        yield return Made(VlanTerms.NodePriority, family) with { InterfaceIn = "lo", Table = VlanTerms.NodeTable };
        foreach (var address in facts.Standing.Where(address => address.Family == family))
            yield return Made(VlanTerms.ManagementPriority, family) with { InterfaceIn = "lo", From = Cidr.Of(address), Table = RouteTables.Main };
        // Refused means closed: without this a pod that stands would follow main.
        foreach (var network in facts.Closed.Where(network => network.Family == family))
            yield return Made(VlanTerms.SourceEndPriority, family) with { From = network, Action = RuleAction.Unreachable };
        foreach (var vlan in facts.Vlans)
        {
            foreach (var side in vlan.Sides.Where(side => side.Family == family))
            {
                foreach (var rule in OfSide(vlan, side, facts)) yield return rule;
            }

            // Also of a family that the VLAN has no network of, unless it is how this machine is reached: main forwards nothing from it.
            if (vlan.Sides.All(side => !side.HoldsManagement && side.Family != family))
                yield return Made(VlanTerms.WireEndPriority, family) with { InterfaceIn = vlan.Uplink.Name, Action = RuleAction.Unreachable };
        }

        yield return Made(VlanTerms.AnswerPriority, family) with { Mark = VlanTerms.AnswerMark, MarkMask = VlanTerms.MarkMask, Table = RouteTables.Main };
    }

    private static IEnumerable<Rule> OfSide(Vlan vlan, VlanSide side, VlanFacts facts)
    {
        var (family, table, name) = (side.Family, vlan.Table, vlan.Uplink.Name);
        yield return Made(VlanTerms.WirePriority, family) with { InterfaceIn = name, Table = table };
        yield return Made(VlanTerms.WireEndPriority, family) with { InterfaceIn = name, Action = RuleAction.Unreachable };
        yield return Made(VlanTerms.ForeignPriority, family) with { Mark = VlanTerms.ForeignMark, MarkMask = VlanTerms.MarkMask, To = side.Cidr, Table = table };
        // For the reverse path alone: the kernel looks back at an answer with the way out as the way in.
        foreach (var management in facts.Management)
        {
            yield return Made(VlanTerms.AnswerBackPriority, family) with
            {
                Mark = VlanTerms.AnswerMark,
                MarkMask = VlanTerms.MarkMask,
                InterfaceIn = management,
                To = side.Cidr,
                Table = table,
            };
        }

        yield return Made(VlanTerms.SourcePriority, family) with { From = side.Cidr, Table = table };
        yield return Made(VlanTerms.SourceEndPriority, family) with { From = side.Cidr, Action = RuleAction.Unreachable };
        if (side.HoldsManagement) yield break;
        yield return Made(VlanTerms.NodeToVlanPriority, family) with { InterfaceIn = "lo", To = side.Cidr, Table = table };
        yield return Made(VlanTerms.NodeEndPriority, family) with { InterfaceIn = "lo", To = side.Cidr, Action = RuleAction.Unreachable };
    }

    /// <summary>
    /// No answer for another VLAN's address, and none with one; no delay before an answer for a pod. IPv6 addresses stay
    /// while the cable is out, as IPv4's do by themselves.
    /// </summary>
    private static IEnumerable<KernelSetting> OfUplink(Vlan vlan)
    {
        var name = vlan.Uplink.Name;
        yield return new($"net/ipv4/conf/{name}/rp_filter", "2");
        yield return new($"net/ipv4/conf/{name}/arp_ignore", "1");
        yield return new($"net/ipv4/conf/{name}/arp_announce", "2");
        yield return new($"net/ipv4/conf/{name}/send_redirects", "0");
        yield return new($"net/ipv4/neigh/{name}/proxy_delay", "0");
        yield return new($"net/ipv6/conf/{name}/proxy_ndp", "1");
        yield return new($"net/ipv6/conf/{name}/keep_addr_on_down", "1");
        yield return new($"net/ipv6/neigh/{name}/proxy_delay", "0");
        // A gateway's advertisement would give main a way into the VLAN.
        if (vlan.Sides.All(side => !side.HoldsManagement)) yield return new($"net/ipv6/conf/{name}/accept_ra", "0");
    }

    private static Rule Made(uint priority, IpFamily family) => new() { Priority = priority, Family = family };
}
