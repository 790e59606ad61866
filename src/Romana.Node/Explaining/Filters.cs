using Romana.Ipam.Addressing;
using Romana.Node.Linux.Netlink.Records;
using Romana.Node.Planning;
using Romana.Node.Planning.Vlans;

namespace Romana.Node.Explaining;

/// <summary>What the nft table would do with one packet, rule by rule as FabricNft and VlanNft write them. Without the table: nothing. Pure.</summary>
internal sealed class Filters(NftPicture? nft, PacketQuestion packet)
{
    private readonly string _n = packet.To.Family == IpFamily.IPv4 ? "4" : "6";

    public bool IsThere => nft is not null;

    public string? Spoofed(Entrance entrance) =>
        entrance.Kind == EntranceKind.Pod && Has($"prerouting/spoof{_n}") && !nft!.HasPair($"pods{_n}", entrance.Interface, packet.From)
            ? $"nft's prerouting/spoof{_n}: {entrance.Interface} may not send with {packet.From}" : null;

    public string ZoneIn(Entrance entrance)
    {
        if (entrance.Kind == EntranceKind.Node) return "0";
        if (entrance.Kind == EntranceKind.Wire && Has($"prerouting/transit{_n}") && nft!.HasName("fabric", entrance.Interface) && nft.HasAddress($"adjacent{_n}", packet.To)) return "untracked";
        return VlanOf(entrance.Interface) is { } vlan && Has($"vlan_in/zone{vlan}") && !IsNodesOwn(vlan, packet.To) ? vlan : "0";
    }

    public string ZoneOut(string leaves) => VlanOf(leaves) is { } vlan && Has($"vlan_out/zone{vlan}") && !IsNodesOwn(vlan, packet.From) ? vlan : "0";

    /// <summary>The VLAN's number, of its uplink and of its pods' interfaces.</summary>
    public string? VlanOf(string @interface) => nft?.SetsWith("vlan", @interface).Select(set => set["vlan".Length..]).FirstOrDefault(rest => rest.All(char.IsAsciiDigit));

    public bool IsVlanUplink(string @interface) => nft?.HasName("vlan_links", @interface) == true;

    /// <summary>A pod that addresses the node in another VLAN than its own.</summary>
    public string? Elsewhere(Entrance entrance) =>
        entrance.Kind == EntranceKind.Pod && VlanOf(entrance.Interface) is { } vlan && Has($"vlan_input/elsewhere{vlan}_{_n}") && !nft!.HasAddress($"vlan{vlan}_here{_n}", packet.To)
            ? $"nft's vlan_input/elsewhere{vlan}_{_n}: pods of VLAN {vlan} reach this address by their gateway or not at all" : null;

    public string? Forwarded(string enters, string leaves)
    {
        if (nft is null) return null;
        if (Has($"forward/misrouted{_n}") && nft.HasName("fabric", enters) && nft.HasName("fabric", leaves) && nft.HasAddress($"pods_net{_n}", packet.To) && !nft.HasAddress($"group{_n}", packet.To))
            return $"nft's forward/misrouted{_n}: it came from the fabric and would return to it, for a group that is not of this link";
        return nft.Rules.Any(rule => rule.EndsWith("/untranslated", StringComparison.Ordinal)) && nft.HasName("management", enters) && nft.HasName("vlan_ports", leaves)
            ? "nft's untranslated: from outside only what a NodePort or an external address translates reaches a VLAN's pod past its gateway" : null;
    }

    public string? Translation(string leaves)
    {
        if (nft?.TranslationOf($"postrouting/egress{_n}") is not { } to || !nft.HasName("fabric", leaves)) return null;
        if (!nft.HasAddress($"own{_n}", packet.From) || nft.HasAddress($"keep{_n}", packet.To)) return null;
        return Has($"postrouting/native{_n}") && nft.HasPair($"native{_n}", packet.From, packet.To) ? null : $"source becomes {to} (postrouting/egress{_n})";
    }

    /// <summary>Either end is in a pod network: by our sets, and by our rules where there are no sets.</summary>
    public bool IsOurs(ExplainLook look) => new[] { packet.From, packet.To }.Any(end =>
        nft?.HasAddress($"pods_net{_n}", end) == true || look.Rules.Any(rule => IsOfVlan(rule, end))
        || look.Rules.Any(rule => rule is { Protocol: RouteProtocols.Romana, Priority: FabricTerms.GuardPriority, To: { } group } && group.Contains(end)));

    private static bool IsOfVlan(Rule rule, IpAddress end) =>
        rule is { Protocol: RouteProtocols.Romana, Priority: VlanTerms.SourcePriority, From: { } network } && network.Contains(end);

    private bool IsNodesOwn(string vlan, IpAddress address) => nft!.HasAddress($"vlan{vlan}_here{_n}", address);

    private bool Has(string rule) => nft?.Has(rule) == true;
}
