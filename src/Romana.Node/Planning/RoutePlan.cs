using System.Collections.Immutable;
using Romana.Ipam.Addressing;
using Romana.Node.Linux.Netlink.Records;

namespace Romana.Node.Planning;

/// <summary>
/// The routes of a routed host. Main is what everything follows that pods and the node send; the transit table is what
/// the guard sends arrivals from the fabric to; the egress table is main as pods may see it on a host with several uplinks.
/// </summary>
internal static class RoutePlan
{
    public static ImmutableArray<Route> Of(FabricFacts facts) =>
        [.. InMain(facts), .. Transit(facts), .. facts.HasOtherUplinks ? Egress(facts) : []];

    /// <summary>
    /// Pods' own routes are their links'. A source on every route to pods elsewhere: else the node's own IPv6 calls take an address that
    /// every host has, such as that of the node-local resolver.
    /// </summary>
    private static IEnumerable<Route> InMain(FabricFacts facts) => Distinct(
    [
        .. facts.Known.OwnBlocks.Select(block => Made(RouteTables.Main, block) with { Type = RouteType.Unreachable }),
        .. facts.Adjacent.Select(block => Adjacent(facts, RouteTables.Main, block)),
    ]);

    /// <summary>Refuses the free space of the link's groups and nothing else: the reverse-path check of transit asks this table too.</summary>
    private static IEnumerable<Route> Transit(FabricFacts facts) => Distinct(
    [
        .. Own(facts, FabricTerms.TransitTable),
        .. facts.Adjacent.Where(block => facts.Known.LinkGroups.Any(group => group.Contains(block.Cidr)))
            .Select(block => Adjacent(facts, FabricTerms.TransitTable, block)),
        .. facts.Known.LinkGroups.Select(group => Made(FabricTerms.TransitTable, group) with { Type = RouteType.Unreachable }),
    ]);

    private static IEnumerable<Route> Egress(FabricFacts facts) => Distinct(
    [
        .. Own(facts, FabricTerms.EgressTable),
        .. facts.Adjacent.Select(block => Adjacent(facts, FabricTerms.EgressTable, block)),
        .. facts.Connected.Select(prefix => Made(FabricTerms.EgressTable, prefix) with { Hops = [new NextHop(facts.PodInterface.Index)] }),
        .. facts.Defaults.Select(way => Made(FabricTerms.EgressTable, way.Destination) with { Hops = way.Hops }),
    ]);

    /// <summary>Own blocks are main's: there are the pods, and the refusal of what no pod has.</summary>
    private static IEnumerable<Route> Own(FabricFacts facts, uint table) =>
        facts.Known.OwnBlocks.Select(block => Made(table, block) with { Type = RouteType.Throw });

    private static Route Adjacent(FabricFacts facts, uint table, AdjacentBlock block) =>
        Made(table, block.Cidr) with { Hops = block.Hops, Source = facts.PrimaryOf(block.Cidr.Family) };

    private static Route Made(uint table, Cidr destination) => new() { Table = table, Destination = destination };

    /// <summary>One route for a destination, the first: a block that fills its group leaves no free space to refuse.</summary>
    private static IEnumerable<Route> Distinct(IEnumerable<Route> routes) =>
        routes.DistinctBy(route => route.Destination).OrderBy(route => route.Destination).Select(route => route.Canonical());
}
