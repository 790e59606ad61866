using Romana.Node.Linux.Netlink.Records;
using Romana.Node.Planning.Vlans;

namespace Romana.Node.Planning;

/// <summary>
/// The order in which changes are made. What keeps the management's way comes first and goes last; guards and refusals come
/// before ways, and go after them.
/// </summary>
internal static class KernelOrder
{
    public static int Step(KernelChange change) => change switch
    {
        KernelChange.AddRule { Rule: var rule } => Coming(rule),
        KernelChange.Setting => 2,
        KernelChange.ReplaceTable or KernelChange.Elements => 3,
        KernelChange.AddRoute { Route: var route } => Coming(route),
        KernelChange.ReplaceRoute { Route: var route } => Coming(route),
        KernelChange.Forward => 14,
        KernelChange.AddLink => 23,
        KernelChange.SetUp => 24,
        KernelChange.AddAddress => 25,
        KernelChange.AddProxy => 28,
        KernelChange.RemoveProxy => 40,
        KernelChange.RemoveRoute { Route: var route } => Going(route),
        KernelChange.RemoveAddress => 75,
        KernelChange.RemoveRule { Rule: var rule } => Going(rule),
        KernelChange.RemoveLink => 130,
        _ => throw new InvalidOperationException($"there is no place for {change}"),
    };

    private static int Coming(Rule rule) => rule.Priority switch
    {
        VlanTerms.ManagementPriority => 0,
        VlanTerms.NodePriority => 1,
        FabricTerms.EgressPriority => 16,
        FabricTerms.GuardPriority or FabricTerms.MetadataPriority => 13,
        VlanTerms.WireEndPriority or VlanTerms.SourceEndPriority or VlanTerms.NodeEndPriority => 21,
        _ => 22,
    };

    private static int Going(Rule rule) => rule.Priority switch
    {
        FabricTerms.EgressPriority => 42,
        FabricTerms.GuardPriority or FabricTerms.MetadataPriority => 45,
        _ => 120 - Coming(rule),
    };

    /// <summary>
    /// What refuses in main, then the transit table (its refusal last, or transit would break while it fills), then the
    /// rules that lead there, then the ways. In a VLAN's table a gateway is looked for by way of the route to its segment.
    /// </summary>
    private static int Coming(Route route) => (route.Table, route.Type) switch
    {
        (RouteTables.Main, RouteType.Unreachable) => 10,
        (FabricTerms.TransitTable, RouteType.Unreachable) => 12,
        (FabricTerms.TransitTable, _) => 11,
        (FabricTerms.EgressTable, _) => 15,
        (RouteTables.Main, _) => 17,
        _ when route.IsRefusal => 20,
        _ when route.Hops is [{ Via: null }] => 26,
        _ => 27,
    };

    private static int Going(Route route) => (route.Table, route.Type) switch
    {
        (RouteTables.Main, RouteType.Unreachable) => 47,
        (FabricTerms.TransitTable, RouteType.Unreachable) => 46,
        (FabricTerms.TransitTable, _) => 44,
        (FabricTerms.EgressTable, _) => 43,
        (RouteTables.Main, _) => 41,
        _ => 100 - Coming(route),
    };
}
