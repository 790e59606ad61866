using System.Collections.Frozen;
using Romana.Demo.Ec2;
using Romana.Ipam.Addressing;

namespace Romana.Demo.Wire;

/// <summary>DescribeRouteTables. EC2 gives at most 100 tables a page.</summary>
internal static class RouteTableListing
{
    public static readonly Listing<RouteTable> Tables = new()
    {
        Set = "routeTableSet",
        IdParameter = "RouteTableId",
        Missing = ("routeTable", "InvalidRouteTableID.NotFound"),
        All = state => state.Tables,
        Tags = one => one.Tags,
        PageMax = 100,
        Filters = new Dictionary<string, Func<AccountState, RouteTable, IEnumerable<string>>>
        {
            ["route-table-id"] = (_, one) => [one.Id],
            ["vpc-id"] = (_, one) => [one.VpcId],
            ["owner-id"] = (_, _) => [Account.Id],
            ["association.main"] = (_, one) => [Account.Text(one.Main)],
            ["association.route-table-id"] = (_, one) => [one.Id],
            ["association.route-table-association-id"] = (_, one) => AssociationsOf(one).Select(association => association.Id),
            ["association.subnet-id"] = (_, one) => one.Subnets,
            ["association.gateway-id"] = (_, one) => one.EdgeOf is { } gateway ? [gateway] : [],
            ["route.destination-cidr-block"] = (_, one) => Destinations(one, IpFamily.IPv4),
            ["route.destination-ipv6-cidr-block"] = (_, one) => Destinations(one, IpFamily.IPv6),
            ["route.destination-prefix-list-id"] = (_, one) =>
                one.AllRoutes.Where(route => route.Cidr is null).Select(route => route.Destination),
            ["route.state"] = (state, one) => one.AllRoutes.Select(route => State(state, route)),
            ["route.origin"] = (_, one) => one.AllRoutes.Select(route => route.Origin.ToString()),
            ["route.gateway-id"] = (_, one) => Targets(one, "local", "igw-", "vgw-", "vpce-"),
            ["route.nat-gateway-id"] = (_, one) => Targets(one, "nat-"),
            ["route.transit-gateway-id"] = (_, one) => Targets(one, "tgw-"),
            ["route.vpc-peering-connection-id"] = (_, one) => Targets(one, "pcx-"),
            ["route.egress-only-internet-gateway-id"] = (_, one) => Targets(one, "eigw-"),
            ["route.instance-id"] = (state, one) => one.AllRoutes.Select(route => InstanceOf(state, route)).OfType<string>(),
        }.ToFrozenDictionary(StringComparer.Ordinal),
        Write = Write,
    };

    private static void Write(Ec2Xml xml, AccountState state, RouteTable table) => xml
        .Text("routeTableId", table.Id).Text("vpcId", table.VpcId).Text("ownerId", Account.Id)
        .Set("routeSet", table.AllRoutes, route => WriteRoute(xml, state, route))
        .Set("associationSet", AssociationsOf(table), association => xml
            .Text("routeTableAssociationId", association.Id).Text("routeTableId", table.Id)
            .Text("subnetId", association.Subnet).Text("gatewayId", association.Gateway).Text("main", association.Main)
            .Element("associationState", () => xml.Text("state", "associated")))
        .Set("propagatingVgwSet", table.Propagated.Select(route => route.Target).Distinct(), vgw => xml.Text("gatewayId", vgw))
        .Tags(table.Tags);

    private static void WriteRoute(Ec2Xml xml, AccountState state, Route route)
    {
        var destination = route.Cidr?.Family switch
        {
            IpFamily.IPv4 => "destinationCidrBlock",
            IpFamily.IPv6 => "destinationIpv6CidrBlock",
            _ => "destinationPrefixListId",
        };
        xml.Text(destination, route.Destination).Text(TargetElement(route.Target), route.Target);
        // For an interface of an instance EC2 gives both ids, whichever of them the route was made with.
        if (InstanceOf(state, route) is { } instance) xml.Text("instanceId", instance).Text("instanceOwnerId", Account.Id);
        xml.Text("state", State(state, route)).Text("origin", route.Origin.ToString());
    }

    private static string TargetElement(string target) => target[..Math.Max(0, target.IndexOf('-', StringComparison.Ordinal))] switch
    {
        "eni" => "networkInterfaceId",
        "nat" => "natGatewayId",
        "tgw" => "transitGatewayId",
        "pcx" => "vpcPeeringConnectionId",
        "eigw" => "egressOnlyInternetGatewayId",
        _ => "gatewayId",
    };

    private static string? InstanceOf(AccountState state, Route route) =>
        state.Interfaces.GetValueOrDefault(route.Target)?.Attachment?.InstanceId;

    private static string State(AccountState state, Route route) => state.IsBlackhole(route) ? "blackhole" : "active";

    /// <summary>The main association has no subnet; each explicit one has.</summary>
    private static IEnumerable<(string Id, string? Subnet, string? Gateway, bool Main)> AssociationsOf(RouteTable table)
    {
        if (table.Main) yield return ($"rtbassoc-{table.Id[4..]}", null, null, true);
        foreach (var subnet in table.Subnets) yield return ($"rtbassoc-{subnet[7..]}", subnet, null, false);
        if (table.EdgeOf is { } gateway) yield return ($"rtbassoc-{gateway[4..]}", null, gateway, false);
    }

    private static IEnumerable<string> Destinations(RouteTable table, IpFamily family) =>
        table.AllRoutes.Where(route => route.Cidr?.Family == family).Select(route => route.Destination);

    private static IEnumerable<string> Targets(RouteTable table, params string[] prefixes) =>
        table.AllRoutes.Select(route => route.Target).Where(target => prefixes.Any(prefix => target.StartsWith(prefix, StringComparison.Ordinal)));
}
