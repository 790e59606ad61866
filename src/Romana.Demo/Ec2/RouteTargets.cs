namespace Romana.Demo.Ec2;

/// <summary>What a route may point to.</summary>
internal static class RouteTargets
{
    /// <summary>Parameter of CreateRoute -> the prefixes of the ids it takes.</summary>
    public static readonly IReadOnlyDictionary<string, string[]> Parameters = new Dictionary<string, string[]>
    {
        ["NetworkInterfaceId"] = ["eni-"],
        ["InstanceId"] = ["i-"],
        ["GatewayId"] = ["igw-", "vgw-", "vpce-"],
        ["NatGatewayId"] = ["nat-"],
        ["TransitGatewayId"] = ["tgw-"],
        ["VpcPeeringConnectionId"] = ["pcx-"],
        ["EgressOnlyInternetGatewayId"] = ["eigw-"],
        ["VpcEndpointId"] = ["vpce-"],
    };

    /// <summary>Null when the target exists and fits; an instance resolves to its only interface.</summary>
    public static Ec2Error? Resolve(AccountState state, string vpcId, string id, out string target)
    {
        target = id;
        if (id == "local") return null;
        if (id.StartsWith("i-", StringComparison.Ordinal)) return ResolveInstance(state, id, out target);
        if (id.StartsWith("eni-", StringComparison.Ordinal)) return ResolveInterface(state, vpcId, id);
        return state.Gateways.ContainsKey(id) || state.Peerings.ContainsKey(id) ? null : Ec2Error.NotFound(MissingCode(id), "gateway", id);
    }

    private static Ec2Error? ResolveInterface(AccountState state, string vpcId, string id)
    {
        if (!state.Interfaces.TryGetValue(id, out var eni)) return Ec2Error.NoInterface(id);
        return eni.VpcId == vpcId
            ? null
            : Ec2Error.BadValue($"route table and network interface {id} belong to different networks");
    }

    private static Ec2Error? ResolveInstance(AccountState state, string id, out string target)
    {
        target = id;
        if (!state.Instances.TryGetValue(id, out var instance)) return Ec2Error.NoInstance(id);
        if (instance.State is InstanceState.Terminated or InstanceState.ShuttingDown)
            return new Ec2Error("IncorrectInstanceState", $"The instance '{id}' is not in a state that allows this operation.");
        if (instance.Interfaces.Length != 1) return Ec2Error.SeveralInterfaces(id);
        target = instance.Interfaces[0];
        return null;
    }

    private static string MissingCode(string id) => id[..Math.Max(0, id.IndexOf('-', StringComparison.Ordinal))] switch
    {
        "igw" or "eigw" => "InvalidInternetGatewayID.NotFound",
        "vgw" => "InvalidVpnGatewayID.NotFound",
        "nat" => "NatGatewayNotFound",
        "tgw" => "InvalidTransitGatewayID.NotFound",
        "pcx" => "InvalidVpcPeeringConnectionID.NotFound",
        "vpce" => "InvalidVpcEndpointId.NotFound",
        _ => "InvalidGatewayID.NotFound",
    };
}
