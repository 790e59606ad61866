using System.Collections.Immutable;
using Romana.Ipam.Addressing;
using Romana.Node.Linux.Netlink.Records;
using Romana.Node.Linux.Wiring;

namespace Romana.Node.Planning.Vlans;

/// <summary>
/// Each VLAN's own table, in which no other VLAN's pods can be seen, and the table of what the node itself sends. None of
/// a VLAN's routes is in main.
/// </summary>
internal static class VlanRoutes
{
    public static ImmutableArray<Route> Of(VlanFacts facts) =>
    [
        .. facts.Vlans.SelectMany(ForNode).OrderBy(route => route.Destination),
        .. facts.Vlans.SelectMany(vlan => vlan.Sides.SelectMany(side => Table(vlan, side))),
    ];

    /// <summary>Where a pod's link leads to it: the same routes as here, so that both keep them.</summary>
    public static PodWay WayOf(Vlan vlan, VlanSide side) => new([vlan.Table, VlanTerms.NodeTable], SourceOf(vlan, side));

    private static IEnumerable<Route> ForNode(Vlan vlan) =>
        from side in vlan.Sides
        from route in Pods(vlan, side, VlanTerms.NodeTable)
        select route;

    /// <summary>One route for a key, the first: where a block is one address, its pod's stands for both.</summary>
    private static IEnumerable<Route> Table(Vlan vlan, VlanSide side) =>
        Ways(vlan, side).DistinctBy(route => (route.Destination, route.Metric)).OrderBy(route => route.Destination).ThenBy(route => route.Metric);

    private static IEnumerable<Route> Ways(Vlan vlan, VlanSide side)
    {
        yield return (Made(vlan.Table, Everywhere(side)) with { Type = RouteType.Unreachable, Metric = VlanTerms.LastMetric }).Canonical();
        foreach (var route in Pods(vlan, side, vlan.Table)) yield return route;
        foreach (var block in side.OwnBlocks) yield return (Made(vlan.Table, block) with { Type = RouteType.Unreachable }).Canonical();
        if (vlan.Uplink is not { Index: { } index, IsUp: true }) yield break;
        yield return (Made(vlan.Table, side.Cidr) with { Hops = [new NextHop(index)], Source = side.Node }).Canonical();
        foreach (var block in side.OtherBlocks)
            yield return (Made(vlan.Table, block.Cidr) with { Hops = [new NextHop(index, block.NodeAddress, OnLink: true)] }).Canonical();
        yield return (Made(vlan.Table, Everywhere(side)) with { Hops = [new NextHop(index, side.Gateway)] }).Canonical();
    }

    private static IEnumerable<Route> Pods(Vlan vlan, VlanSide side, uint table) =>
        from pod in vlan.Pods
        from address in pod.Addresses
        where side.Cidr.Contains(address)
        select (Made(table, Cidr.Of(address)) with { Hops = [new NextHop(pod.Index)], Source = SourceOf(vlan, side) }).Canonical();

    /// <summary>The kernel takes no source that is on no interface yet.</summary>
    private static IpAddress? SourceOf(Vlan vlan, VlanSide side) => vlan.Uplink.Index is null ? null : side.Node;

    private static Cidr Everywhere(VlanSide side) => Cidr.Around(new IpAddress(side.Family, 0), 0);

    private static Route Made(uint table, Cidr destination) => new() { Table = table, Destination = destination };
}
