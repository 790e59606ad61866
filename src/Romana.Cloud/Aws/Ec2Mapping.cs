using System.Collections.Immutable;
using Amazon.EC2.Model;
using Romana.Cloud.Planning;
using Romana.Ipam.Addressing;

namespace Romana.Cloud.Aws;

/// <summary>EC2's shapes to ours. The SDK's lists are null when empty unless it was told otherwise, so none is trusted.</summary>
internal static class Ec2Mapping
{
    public static SeenTable Table(RouteTable table)
    {
        var associations = table.Associations ?? [];
        return new SeenTable
        {
            Id = table.RouteTableId,
            Main = associations.Any(one => one.Main == true && string.IsNullOrEmpty(one.SubnetId)),
            Subnets = [.. associations.Where(Stands).Select(one => one.SubnetId).Order(StringComparer.Ordinal)],
            Tags = Tags(table.Tags),
            Routes = [.. (table.Routes ?? []).Select(Route).OfType<InventoryRoute>()],
        };
    }

    public static SeenPrefixList PrefixList(ManagedPrefixList list) => new()
    {
        Id = list.PrefixListId,
        Name = list.PrefixListName ?? "",
        ByAws = list.OwnerId == "AWS",
        MaxEntries = list.MaxEntries is > 0 and var most ? most : null,
        Family = list.AddressFamily switch
        {
            "IPv4" => IpFamily.IPv4,
            "IPv6" => IpFamily.IPv6,
            _ => null,
        },
    };

    public static SeenInstance Instance(Instance instance) => new()
    {
        Id = instance.InstanceId,
        State = instance.State?.Name?.Value ?? "unknown",
        Zone = Text(instance.Placement?.AvailabilityZone),
        Vpc = Text(instance.VpcId),
        PrivateDnsName = Text(instance.PrivateDnsName),
        Spot = instance.InstanceLifecycle?.Value == "spot",
        Tags = Tags(instance.Tags),
        Interfaces = [.. (instance.NetworkInterfaces ?? []).Select(one => Interface(instance, one))],
    };

    public static SeenInterface Interface(NetworkInterface one) => new()
    {
        Id = one.NetworkInterfaceId,
        Subnet = one.SubnetId,
        Zone = Text(one.AvailabilityZone),
        Mac = Text(one.MacAddress),
        DeviceIndex = one.Attachment?.DeviceIndex ?? -1,
        InstanceId = Text(one.Attachment?.InstanceId),
        SourceDestCheck = one.SourceDestCheck == true,
        Addresses = Addresses(one.PrivateIpAddress,
            (one.PrivateIpAddresses ?? []).Select(address => address.PrivateIpAddress),
            (one.Ipv6Addresses ?? []).Select(address => address.Ipv6Address)),
        Tags = Tags(one.TagSet),
    };

    private static SeenInterface Interface(Instance instance, InstanceNetworkInterface one) => new()
    {
        Id = one.NetworkInterfaceId,
        Subnet = one.SubnetId,
        Mac = Text(one.MacAddress),
        DeviceIndex = one.Attachment?.DeviceIndex ?? -1,
        InstanceId = instance.InstanceId,
        SourceDestCheck = one.SourceDestCheck == true,
        Addresses = Addresses(one.PrivateIpAddress,
            (one.PrivateIpAddresses ?? []).Select(address => address.PrivateIpAddress),
            (one.Ipv6Addresses ?? []).Select(address => address.Ipv6Address)),
    };

    private static bool Stands(RouteTableAssociation one) =>
        !string.IsNullOrEmpty(one.SubnetId) && (one.AssociationState?.State?.Value is null or "associated" or "associating");

    private static InventoryRoute? Route(Route route)
    {
        var destination = Text(route.DestinationCidrBlock) ?? Text(route.DestinationIpv6CidrBlock) ?? Text(route.DestinationPrefixListId);
        if (destination is null) return null;
        return new InventoryRoute
        {
            Destination = Canonical(destination),
            Target = Target(route),
            State = route.State?.Value == "blackhole" ? RouteState.Blackhole : RouteState.Active,
            Propagated = route.Origin?.Value == "EnableVgwRoutePropagation",
        };
    }

    /// <summary>The interface first: for one of an instance EC2 gives both ids, and only the interface can be written.</summary>
    private static string Target(Route route) =>
        Text(route.NetworkInterfaceId) ?? Text(route.GatewayId) ?? Text(route.NatGatewayId) ?? Text(route.TransitGatewayId)
        ?? Text(route.VpcPeeringConnectionId) ?? Text(route.EgressOnlyInternetGatewayId) ?? Text(route.LocalGatewayId)
        ?? Text(route.CarrierGatewayId) ?? Text(route.CoreNetworkArn) ?? Text(route.InstanceId) ?? "unknown";

    /// <summary>One spelling, so that text comparison is address comparison (IPv6 has many).</summary>
    private static string Canonical(string destination) =>
        Cidr.TryParse(destination, out var cidr, out _) ? cidr.ToString() : destination;

    private static ImmutableArray<IpAddress> Addresses(string? primary, IEnumerable<string> others, IEnumerable<string> six)
    {
        var seen = new HashSet<IpAddress>();
        var builder = ImmutableArray.CreateBuilder<IpAddress>();
        foreach (var text in others.Prepend(primary).Concat(six))
        {
            if (IpAddress.TryParse(text, out var address, out _) && seen.Add(address)) builder.Add(address);
        }

        return builder.ToImmutable();
    }

    private static ImmutableSortedDictionary<string, string> Tags(IEnumerable<Tag>? tags) =>
        (tags ?? []).ToImmutableSortedDictionary(tag => tag.Key, tag => tag.Value ?? "", StringComparer.Ordinal);

    private static string? Text(string? text) => string.IsNullOrEmpty(text) ? null : text;
}
