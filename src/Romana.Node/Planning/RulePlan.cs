using System.Collections.Immutable;
using Romana.Ipam.Addressing;
using Romana.Node.Linux.Netlink.Records;

namespace Romana.Node.Planning;

/// <summary>Policy rules and settings of a routed host.</summary>
internal static class RulePlan
{
    public static ImmutableArray<Rule> Of(FabricFacts facts) =>
    [
        .. facts.Fabric.SelectMany(way => facts.Known.LinkGroups.Select(group =>
            Made(FabricTerms.GuardPriority, group.Family, FabricTerms.TransitTable) with { InterfaceIn = way.Name, To = group })),
        .. facts.Known.Networks.Where(network => network.ImdsDenied).Select(network =>
            Made(FabricTerms.MetadataPriority, network.Cidr.Family, 0) with
            {
                From = network.Cidr,
                To = Cidr.Of(FabricTerms.Metadata(network.Cidr.Family)),
                Action = RuleAction.Prohibit,
            }),
        .. facts.Known.Networks.Where(network => facts.HasOtherUplinks && HasDefault(facts, network.Cidr.Family)).Select(network =>
            Made(FabricTerms.EgressPriority, network.Cidr.Family, FabricTerms.EgressTable) with { From = network.Cidr }),
    ];

    /// <summary>
    /// Redirects would teach a sender to go round this host. Interfaces that live on router advertisements must take
    /// them also while they forward, and so before they do.
    /// </summary>
    public static ImmutableArray<KernelSetting> Settings(FabricFacts facts) =>
    [
        .. facts.Advertised.Select(name => new KernelSetting($"net/ipv6/conf/{name}/accept_ra", "2")),
        new("net/ipv4/ip_forward", "1"),
        new("net/ipv6/conf/all/forwarding", "1"),
        .. facts.Fabric.Select(way => way.Name).Prepend("default").Prepend("all")
            .Select(name => new KernelSetting($"net/ipv4/conf/{name}/send_redirects", "0")),
    ];

    /// <summary>Without a way out by the fabric pods follow main: better a wrong way than none.</summary>
    private static bool HasDefault(FabricFacts facts, IpFamily family) => facts.Defaults.Any(way => way.Destination.Family == family);

    private static Rule Made(uint priority, IpFamily family, uint table) => new() { Priority = priority, Family = family, Table = table };
}
