using System.Collections.Frozen;
using Romana.Demo.Ec2;

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
            Listing.Action(InstanceStatusListings.Statuses(request["IncludeAllInstances"] == "true"))(vpc, request),
        ["DescribeSpotInstanceRequests"] = Listing.Action(InstanceStatusListings.SpotRequests),
        ["DescribeNetworkInterfaces"] = Listing.Action(InterfaceListing.Interfaces),
        ["DescribeRouteTables"] = Listing.Action(RouteTableListing.Tables),
        ["DescribeNetworkInterfaceAttribute"] = InterfaceActions.DescribeAttribute,
        ["ModifyNetworkInterfaceAttribute"] = InterfaceActions.Modify,
        ["ModifyInstanceAttribute"] = InterfaceActions.ModifyInstance,
        ["DescribeSecurityGroups"] = Listing.Action(SecurityListings.Groups),
        ["DescribeNetworkAcls"] = Listing.Action(SecurityListings.Acls),
        ["DescribeManagedPrefixLists"] = Listing.Action(PrefixListListings.Managed),
        ["DescribePrefixLists"] = Listing.Action(PrefixListListings.OfServices),
        ["GetManagedPrefixListEntries"] = PrefixListListings.Entries,
        ["DescribeVpcPeeringConnections"] = Listing.Action(PrefixListListings.Peerings),
        ["DescribeTags"] = Listing.Action(TagActions.Tags),
        ["CreateTags"] = TagActions.Create,
        ["DeleteTags"] = TagActions.Delete,
        ["RunInstances"] = InstanceActions.Run,
        ["StartInstances"] = InstanceActions.Move((state, id, _) => InstanceRules.Start(state, id)),
        ["StopInstances"] = InstanceActions.Move((state, id, _) => InstanceRules.Stop(state, id)),
        ["TerminateInstances"] = InstanceActions.Move(InstanceRules.Terminate),
        ["CreateRoute"] = RouteActions.Create,
        ["ReplaceRoute"] = RouteActions.Replace,
        ["DeleteRoute"] = RouteActions.Delete,
    }.ToFrozenDictionary(StringComparer.Ordinal);
}
