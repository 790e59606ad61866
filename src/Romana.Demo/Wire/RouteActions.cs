using Romana.Demo.Ec2;

namespace Romana.Demo.Wire;

/// <summary>CreateRoute, ReplaceRoute and DeleteRoute: parameters to rules.</summary>
internal static class RouteActions
{
    private static readonly string[] Destinations = ["DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId"];

    public static Reply Create(SimulatedVpc vpc, QueryRequest request) =>
        Read(request, out var route) is { } error
            ? new Reply.Refused(error)
            : Reply.Of(vpc.Apply(state => RouteRules.Create(state, route, vpc.Behaviour.RouteQuota)));

    public static Reply Replace(SimulatedVpc vpc, QueryRequest request) =>
        Read(request, out var route) is { } error
            ? new Reply.Refused(error)
            : Reply.Of(vpc.Apply(state => RouteRules.Replace(state, route)));

    public static Reply Delete(SimulatedVpc vpc, QueryRequest request)
    {
        if (request["RouteTableId"] is not { } table) return new Reply.Refused(Ec2Error.Missing("routeTableId"));
        return DestinationOf(request, out var destination) is { } error
            ? new Reply.Refused(error)
            : Reply.Of(vpc.Apply(state => RouteRules.Delete(state, table, destination)));
    }

    private static Ec2Error? Read(QueryRequest request, out RouteRequest route)
    {
        route = new RouteRequest("", "", "");
        if (request["RouteTableId"] is not { } table) return Ec2Error.Missing("routeTableId");
        if (DestinationOf(request, out var destination) is { } bad) return bad;
        if (TargetOf(request, out var target) is { } error) return error;
        route = new RouteRequest(table, destination, target);
        return null;
    }

    private static Ec2Error? DestinationOf(QueryRequest request, out string destination)
    {
        var given = Destinations.Where(name => request[name] is not null).ToList();
        destination = given.Count == 1 ? request[given[0]]! : "";
        return given.Count switch
        {
            0 => Ec2Error.Missing("destinationCidrBlock"),
            1 => null,
            _ => Combination(given),
        };
    }

    private static Ec2Error? TargetOf(QueryRequest request, out string target)
    {
        target = "";
        var given = RouteTargets.Parameters.Keys.Where(name => request[name] is not null).ToList();
        if (request["LocalTarget"] == "true") given.Add("LocalTarget");
        if (given.Count == 0)
            return new Ec2Error("MissingParameter", "The request must contain exactly one of gatewayId, natGatewayId, networkInterfaceId, "
                + "vpcPeeringConnectionId, egressOnlyInternetGatewayId, transitGatewayId, vpcEndpointId, instanceId");
        if (given.Count > 1) return Combination(given);
        target = given[0] == "LocalTarget" ? "local" : request[given[0]]!;
        return given[0] == "LocalTarget" || FitsParameter(given[0], target)
            ? null
            : new Ec2Error($"Invalid{given[0]}.Malformed", $"Invalid id: \"{target}\"");
    }

    private static bool FitsParameter(string parameter, string id) =>
        RouteTargets.Parameters[parameter].Any(prefix => id.StartsWith(prefix, StringComparison.Ordinal));

    private static Ec2Error Combination(List<string> given) =>
        new("InvalidParameterCombination", $"The parameters {string.Join(" and ", given)} may not be used together");
}
