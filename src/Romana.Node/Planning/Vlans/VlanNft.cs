using System.Collections.Immutable;
using Romana.Ipam.Addressing;

namespace Romana.Node.Planning.Vlans;

/// <summary>
/// What nftables does for VLANs: sources of pods, a connection tracking zone for each VLAN, the node's other addresses kept
/// from pods, and traffic that the node translates on its way from outside. No way of a packet hangs on it: flushed, VLANs
/// stay apart.
/// </summary>
internal static class VlanNft
{
    private static readonly ImmutableArray<IpFamily> Families = [IpFamily.IPv4, IpFamily.IPv6];

    private const string Foreign = "iifname @management oifname @vlan_ports ct direction original";

    // Written as nft prints them.
    private static readonly string
        Ours = $"0x{VlanTerms.MarkMask:x8}", Others = $"0x{~VlanTerms.MarkMask:x8}", In = $"0x{VlanTerms.ForeignMark:x8}", Back = $"0x{VlanTerms.AnswerMark:x8}",
        Masquerade = $"0x{VlanTerms.MasqueradeMark:x8}", NoMasquerade = $"0x{~VlanTerms.MasqueradeMark:x8}";

    /// <summary>Nothing where there is no VLAN: a routed host's table is as it was.</summary>
    public static NftTable Of(VlanFacts facts) => facts.Vlans.IsEmpty ? new NftTable([], [], []) : new(Sets(facts), [],
        [Spoof(), ZonesIn(facts), ZonesOut(facts), Input(facts), Marks(), Forward(), Postrouting(facts)]);

    /// <summary>One table for everything of the host's: a set of both holds what either wants, a chain of both is one.</summary>
    public static NftTable Onto(this NftTable vlans, NftTable host) => new(
        [
            .. host.Sets.Select(set => vlans.Sets.FirstOrDefault(other => other.Name == set.Name) is { } same ? set with { Elements = set.Elements.Union(same.Elements) } : set),
            .. vlans.Sets.Where(set => host.Sets.All(other => other.Name != set.Name)),
        ],
        host.Maps,
        [
            .. host.Chains,
            .. vlans.Chains.Where(chain => host.Chains.All(other => other.Name != chain.Name)),
        ]);

    /// <summary>One pod's elements of each set that it is in.</summary>
    public static IEnumerable<(string Set, ImmutableArray<string> Elements)> Elements(VlanFacts facts, PodFact pod)
    {
        foreach (var vlan in facts.Vlans)
        {
            ImmutableArray<IpAddress> addresses = [.. pod.Addresses.Where(address => vlan.Sides.Any(side => side.Cidr.Contains(address)))];
            if (addresses.IsEmpty) continue;
            foreach (var set in FabricNft.Elements(pod with { Addresses = addresses })) yield return set;
            foreach (var set in new[] { PodsSet, PortsSet, PortsOf(vlan), PodsOf(vlan) }) yield return (set, [$"\"{pod.Interface}\""]);
        }
    }

    private const string PodsSet = "vlan_pods", PortsSet = "vlan_ports";

    private static string PortsOf(Vlan vlan) => $"vlan{vlan.Number}";

    private static string PodsOf(Vlan vlan) => $"vlan{vlan.Number}_pods";

    private static ImmutableArray<NftSet> Sets(VlanFacts facts) =>
    [
        .. Families.Select(family => new NftSet(FabricNft.PodsSet(family), $"ifname . {Type(family)}", false,
            [.. facts.Vlans.SelectMany(vlan => vlan.Pods).SelectMany(pod => FabricNft.Elements(new PodFact(pod.Interface, pod.Addresses), family))])),
        Names("management", facts.Management),
        Names("vlan_links", facts.Vlans.Select(vlan => vlan.Uplink.Name)),
        Names(PodsSet, facts.Vlans.SelectMany(vlan => vlan.Pods).Select(pod => pod.Interface)),
        Names(PortsSet, facts.Vlans.SelectMany(Ports)),
        .. Families.Select(family => new NftSet($"foreign{N(family)}", $"{Type(family)} . inet_proto . inet_service . {Type(family)} . inet_service", false, [])
        {
            IsFilledByRules = true,
        }),
        .. facts.Vlans.SelectMany(vlan => SetsOf(facts, vlan)),
    ];

    private static IEnumerable<NftSet> SetsOf(VlanFacts facts, Vlan vlan)
    {
        yield return Names(PortsOf(vlan), Ports(vlan));
        yield return Names(PodsOf(vlan), vlan.Pods.Select(pod => pod.Interface));
        foreach (var family in Families)
        {
            // Another VLAN's address of this node is reached by the gateway, or not at all.
            var here = facts.Standing.Where(address => facts.Vlans.All(other => other == vlan || other.Sides.All(side => !side.Cidr.Contains(address))))
                .Concat(vlan.Sides.Select(side => side.Node)).Where(address => address.Family == family);
            yield return new NftSet($"vlan{vlan.Number}_here{N(family)}", Type(family), false, [.. here.Select(address => address.ToString())]);
        }
    }

    /// <summary>The same as a routed host's: a pod's interface that no set names yet sends nothing.</summary>
    private static NftChain Spoof() => new("prerouting", "filter hook prerouting priority raw",
    [
        .. Families.Select(family => new NftRule($"spoof{N(family)}",
            $"iifname \"{FabricTerms.PodPrefix}*\" meta nfproto {Proto(family)} iifname . {Ip(family)} saddr != @{FabricNft.PodsSet(family)} counter drop")),
    ]);

    /// <summary>
    /// A flow between two pods of this host is seen twice; in one zone its second half would be taken for a clash and
    /// lose its port. What begins or ends at the node's own address stays outside: there foreign traffic is translated.
    /// </summary>
    private static NftChain ZonesIn(VlanFacts facts) => new("vlan_in", "filter hook prerouting priority raw",
    [
        .. Families.Select(family => new NftRule($"foreign{N(family)}",
            $"{Ip(family)} saddr . meta l4proto . th sport . {Ip(family)} daddr . th dport @foreign{N(family)} return")),
        .. facts.Vlans.SelectMany(vlan => vlan.Sides.Select(side => new NftRule($"node{vlan.Number}_{N(side.Family)}",
            $"iifname @vlan{vlan.Number} {Ip(side.Family)} daddr {side.Node} return"))),
        .. facts.Vlans.Select(vlan => new NftRule($"zone{vlan.Number}", $"iifname @vlan{vlan.Number} ct zone set {vlan.Number}")),
    ]);

    private static NftChain ZonesOut(VlanFacts facts) => new("vlan_out", "filter hook output priority raw",
    [
        .. facts.Vlans.SelectMany(vlan => vlan.Sides.Select(side => new NftRule($"node{vlan.Number}_{N(side.Family)}",
            $"oifname @vlan{vlan.Number} {Ip(side.Family)} saddr {side.Node} return"))),
        .. facts.Vlans.Select(vlan => new NftRule($"zone{vlan.Number}", $"oifname @vlan{vlan.Number} ct zone set {vlan.Number}")),
    ]);

    private static NftChain Input(VlanFacts facts) => new("vlan_input", "filter hook input priority filter",
    [
        .. facts.Vlans.SelectMany(vlan => Families.Select(family => new NftRule($"elsewhere{vlan.Number}_{N(family)}",
            $"iifname @vlan{vlan.Number}_pods {Ip(family)} daddr != @vlan{vlan.Number}_here{N(family)} counter drop"))),
    ]);

    /// <summary>After translation (-100), before the way is chosen.</summary>
    private static NftChain Marks() => new("vlan_marks", "filter hook prerouting priority -90",
    [
        new("translated", $"iifname @management ct direction original ct status dnat ct mark set ct mark & {Others} | {In}"),
        new("inward", $"iifname @management ct direction original ct mark & {Ours} == {In} meta mark set meta mark & {Others} | {In}"),
        new("back", $"iifname != @management ct direction reply ct mark & {Ours} == {In} meta mark set meta mark & {Others} | {Back}"),
    ]);

    /// <summary>
    /// From outside only what was translated here reaches a VLAN's pod past its gateway. Where the caller's address is
    /// kept, the answer is found again by its five parts, and stays outside the VLAN's zone.
    /// </summary>
    private static NftChain Forward() => new("vlan_forward", "filter hook forward priority -5",
    [
        .. Families.Select(family => new NftRule($"kept{N(family)}",
            $"{Foreign} ct status dnat ct status & snat == 0 meta mark & {Masquerade} == 0x00000000 oifname @vlan_pods meta nfproto {Proto(family)} meta l4proto {{ tcp, udp }}"
            + $" update @foreign{N(family)} {{ {Ip(family)} daddr . meta l4proto . th dport . {Ip(family)} saddr . th sport }}")),
        new("untranslated", $"{Foreign} ct status & dnat == 0 counter drop"),
    ]);

    /// <summary>Before kube-proxy's own (100). A pod's call to its own node's port keeps its address: the node's would come back as a martian.</summary>
    private static NftChain Postrouting(VlanFacts facts) => new("vlan_postrouting", "nat hook postrouting priority 95",
    [
        new("own_port", $"iifname @vlan_pods oifname @vlan_links meta mark set meta mark & {NoMasquerade}"),
        .. facts.Vlans.SelectMany(vlan => vlan.Sides.SelectMany(side => new[]
        {
            new NftRule($"from_outside{vlan.Number}_{N(side.Family)}",
                $"meta mark & {Ours} == {In} meta mark & {Masquerade} != 0x00000000 oifname @vlan{vlan.Number} meta nfproto {Proto(side.Family)}"
                + $" counter snat {Ip(side.Family)} to {side.Node} fully-random"),
            new NftRule($"from_node{vlan.Number}_{N(side.Family)}",
                $"ct status dnat fib saddr type local oifname @vlan{vlan.Number} {Ip(side.Family)} saddr != {side.Node} counter snat {Ip(side.Family)} to {side.Node}"),
        })),
    ]);

    private static IEnumerable<string> Ports(Vlan vlan) => vlan.Pods.Select(pod => pod.Interface).Prepend(vlan.Uplink.Name);

    private static NftSet Names(string name, IEnumerable<string> interfaces) =>
        new(name, "ifname", false, [.. interfaces.Select(item => $"\"{item}\"")]);

    private static string N(IpFamily family) => VlanTerms.N(family);

    private static string Ip(IpFamily family) => family == IpFamily.IPv4 ? "ip" : "ip6";

    private static string Proto(IpFamily family) => family == IpFamily.IPv4 ? "ipv4" : "ipv6";

    private static string Type(IpFamily family) => family == IpFamily.IPv4 ? "ipv4_addr" : "ipv6_addr";
}
