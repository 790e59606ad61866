using System.Collections.Frozen;

namespace Romana.Demo.Wire;

/// <summary>The actions that the endpoint knows.</summary>
internal static class ActionTable
{
    public static readonly FrozenDictionary<string, Ec2Action> Actions = new Dictionary<string, Ec2Action>
    {
        ["DescribeVpcs"] = Listing.Action(NetworkListings.Vpcs),
        ["DescribeSubnets"] = Listing.Action(NetworkListings.Subnets),
        ["DescribeAvailabilityZones"] = Listing.Action(NetworkListings.Zones),
        ["DescribeInstances"] = Listing.Action(InstanceListings.Instances),
        ["DescribeInstanceStatus"] = (vpc, request) =>
            Listing.Action(InstanceListings.Statuses(request["IncludeAllInstances"] == "true"))(vpc, request),
        ["DescribeNetworkInterfaces"] = Listing.Action(InterfaceListing.Interfaces),
        ["DescribeRouteTables"] = Listing.Action(RouteTableListing.Tables),
        ["DescribeNetworkInterfaceAttribute"] = InterfaceActions.DescribeAttribute,
        ["ModifyNetworkInterfaceAttribute"] = InterfaceActions.Modify,
        ["ModifyInstanceAttribute"] = InterfaceActions.ModifyInstance,
        ["CreateRoute"] = RouteActions.Create,
        ["ReplaceRoute"] = RouteActions.Replace,
        ["DeleteRoute"] = RouteActions.Delete,
    }.ToFrozenDictionary(StringComparer.Ordinal);
}
