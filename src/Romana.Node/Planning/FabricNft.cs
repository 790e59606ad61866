using System.Collections.Immutable;
using Romana.Ipam.Addressing;

namespace Romana.Node.Planning;

/// <summary>
/// The table `inet romana` of a routed host. Each set is there for both families, empty where a family has nothing.
/// Nothing here accepts: an accept in a base chain of ours would win over nobody's drop anyway.
/// </summary>
internal static class FabricNft
{
    private static readonly ImmutableArray<IpFamily> Families = [IpFamily.IPv4, IpFamily.IPv6];

    public static NftTable Of(FabricFacts facts) => new(Sets(facts), Maps, [Prerouting(), Forward(), Postrouting(facts)]);

    /// <summary>For policies of single pods: what a pod sends, and what is sent to it.</summary>
    private static readonly ImmutableArray<NftMap> Maps = [new("from_pod", "ifname : verdict"), new("to_pod", "ifname : verdict")];

    private static ImmutableArray<NftSet> Sets(FabricFacts facts) =>
    [
        new("fabric", "ifname", false, [.. facts.Fabric.Select(way => $"\"{way.Name}\"")]),
        .. Families.SelectMany(family => SetsOf(facts, family)),
    ];

    /// <summary>Of the set of pods' interfaces and their sources.</summary>
    public static IEnumerable<string> Elements(PodFact pod, IpFamily family) =>
        pod.Addresses.Where(address => address.Family == family).Select(address => $"\"{pod.Interface}\" . {address}");

    /// <summary>One pod's elements of each set that it is in.</summary>
    public static IEnumerable<(string Set, ImmutableArray<string> Elements)> Elements(PodFact pod) =>
        pod.Addresses.Select(address => address.Family).Distinct().Order().Select(family => (PodsSet(family), Elements(pod, family).ToImmutableArray()));

    public static string PodsSet(IpFamily family) => $"pods{N(family)}";

    private static IEnumerable<NftSet> SetsOf(FabricFacts facts, IpFamily family)
    {
        var (known, type) = (facts.Known, Type(family));
        yield return new(PodsSet(family), $"ifname . {type}", false, [.. facts.Pods.SelectMany(pod => Elements(pod, family))]);
        yield return Ranges("own", family, known.OwnBlocks.Where(block => NetworkOf(facts, block) is { Snat: true }));
        yield return Ranges("adjacent", family, facts.Adjacent.Select(block => block.Cidr).Where(block => known.LinkGroups.Any(group => group.Contains(block))));
        yield return Ranges("group", family, known.LinkGroups);
        yield return Ranges("pods_net", family, known.Networks.Select(network => network.Cidr));
        yield return Ranges("keep", family, [.. known.Networks.Select(network => network.Cidr), .. known.Elsewhere, .. known.HostAddresses.Select(Cidr.Of)]);
        yield return new($"native{N(family)}", $"{type} . {type}", true, [.. known.Networks.Where(network => network.Cidr.Family == family)
            .SelectMany(network => Widest(network.Native, family).Select(native => $"{Shown(network.Cidr)} . {Shown(native)}"))]);
    }

    /// <summary>
    /// A pod's interface that no set names yet sends nothing. Transit is seen by half only, the answer goes straight:
    /// tracked, kube-proxy's drop of invalid packets would end every TCP stream while ping works.
    /// </summary>
    private static NftChain Prerouting() => new("prerouting", "filter hook prerouting priority raw",
    [
        .. Families.Select(family => new NftRule($"spoof{N(family)}",
            $"iifname \"{FabricTerms.PodPrefix}*\" meta nfproto {Proto(family)} iifname . {Ip(family)} saddr != @pods{N(family)} counter drop")),
        .. Families.Select(family => new NftRule($"transit{N(family)}", $"iifname @fabric {Ip(family)} daddr @adjacent{N(family)} counter notrack")),
    ]);

    /// <summary>
    /// Out where it came in, to a pod of no group of this link: a wrong route upstream. The guard does not refuse those,
    /// since the reverse-path check of transit looks up sources of other groups with the fabric as the way in.
    /// </summary>
    private static NftChain Forward() => new("forward", "filter hook forward priority -10",
    [
        .. Families.Select(family => new NftRule($"misrouted{N(family)}",
            $"iifname @fabric oifname @fabric {Ip(family)} daddr @pods_net{N(family)} {Ip(family)} daddr != @group{N(family)} counter drop")),
        new("from_pod", "iifname vmap @from_pod"),
        new("to_pod", "oifname vmap @to_pod"),
    ]);

    /// <summary>To a fixed address: masquerade asks the kernel for one, and has been given another interface's.</summary>
    private static NftChain Postrouting(FabricFacts facts) => new("postrouting", "nat hook postrouting priority srcnat",
    [
        .. Families.Select(family => new NftRule($"native{N(family)}", $"oifname @fabric {Ip(family)} saddr . {Ip(family)} daddr @native{N(family)} counter return")),
        .. facts.Primary.OrderBy(address => address.Family).Select(address => new NftRule($"egress{N(address.Family)}",
            $"oifname @fabric {Ip(address.Family)} saddr @own{N(address.Family)} {Ip(address.Family)} daddr != @keep{N(address.Family)}"
            + $" counter snat {Ip(address.Family)} to {address} fully-random")),
    ]);

    private static RoutedNetwork? NetworkOf(FabricFacts facts, Cidr block) =>
        facts.Known.Networks.FirstOrDefault(network => network.Cidr.Contains(block));

    private static NftSet Ranges(string name, IpFamily family, IEnumerable<Cidr> ranges) =>
        new(name + N(family), Type(family), true, [.. Widest(ranges, family).Select(Shown)]);

    /// <summary>Intervals of one set may not overlap, so what lies inside another is left out.</summary>
    private static IEnumerable<Cidr> Widest(IEnumerable<Cidr> ranges, IpFamily family)
    {
        Cidr? last = null;
        foreach (var range in ranges.Where(range => range.Family == family).Order())
        {
            if (last is { } wider && wider.Contains(range)) continue;
            last = range;
            yield return range;
        }
    }

    /// <summary>As nft prints it: a single address without its length.</summary>
    private static string Shown(Cidr range) => range.Length == range.Family.Width() ? range.First.ToString() : range.ToString();

    private static string N(IpFamily family) => family == IpFamily.IPv4 ? "4" : "6";

    private static string Ip(IpFamily family) => family == IpFamily.IPv4 ? "ip" : "ip6";

    private static string Proto(IpFamily family) => family == IpFamily.IPv4 ? "ipv4" : "ipv6";

    private static string Type(IpFamily family) => family == IpFamily.IPv4 ? "ipv4_addr" : "ipv6_addr";
}
