using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Globalization;
using Romana.Demo.Ec2;
using Romana.Ipam.Addressing;

namespace Romana.Demo.Wire;

/// <summary>DescribeVpcs, DescribeSubnets and DescribeAvailabilityZones.</summary>
internal static class NetworkListings
{
    public static readonly Listing<Vpc> Vpcs = new()
    {
        Set = "vpcSet",
        IdParameter = "VpcId",
        Missing = ("vpc", "InvalidVpcID.NotFound"),
        All = state => state.Vpcs,
        Tags = one => one.Tags,
        Filters = new Dictionary<string, Func<AccountState, Vpc, IEnumerable<string>>>
        {
            ["vpc-id"] = (_, one) => [one.Id],
            ["cidr"] = (_, one) => Texts(one, IpFamily.IPv4).Take(1),
            ["cidr-block-association.cidr-block"] = (_, one) => Texts(one, IpFamily.IPv4),
            ["ipv6-cidr-block-association.ipv6-cidr-block"] = (_, one) => Texts(one, IpFamily.IPv6),
            ["state"] = (_, _) => ["available"],
            ["is-default"] = (_, _) => ["false"],
            ["owner-id"] = (_, _) => [Account.Id],
        }.ToFrozenDictionary(StringComparer.Ordinal),
        Write = (xml, _, one) => xml
            .Text("vpcId", one.Id).Text("ownerId", Account.Id).Text("state", "available")
            .Text("cidrBlock", Texts(one, IpFamily.IPv4).First())
            .Set("cidrBlockAssociationSet", Texts(one, IpFamily.IPv4), cidr => xml
                .Text("cidrBlock", cidr).Text("associationId", "vpc-cidr-assoc-1")
                .Element("cidrBlockState", () => xml.Text("state", "associated")))
            .Set("ipv6CidrBlockAssociationSet", Texts(one, IpFamily.IPv6), cidr => xml
                .Text("ipv6CidrBlock", cidr).Text("associationId", "vpc-cidr-assoc-6")
                .Element("ipv6CidrBlockState", () => xml.Text("state", "associated")))
            .Text("instanceTenancy", "default").Text("isDefault", false).Tags(one.Tags),
    };

    public static readonly Listing<Subnet> Subnets = new()
    {
        Set = "subnetSet",
        IdParameter = "SubnetId",
        Missing = ("subnet", "InvalidSubnetID.NotFound"),
        All = state => state.Subnets,
        Tags = one => one.Tags,
        Filters = new Dictionary<string, Func<AccountState, Subnet, IEnumerable<string>>>
        {
            ["subnet-id"] = (_, one) => [one.Id],
            ["vpc-id"] = (_, one) => [one.VpcId],
            ["availability-zone"] = (_, one) => [one.Zone],
            ["availabilityZone"] = (_, one) => [one.Zone],
            ["availability-zone-id"] = (_, one) => [ZoneId(one.Zone)],
            ["cidr"] = (_, one) => [one.Cidr.ToString()],
            ["cidr-block"] = (_, one) => [one.Cidr.ToString()],
            ["cidrBlock"] = (_, one) => [one.Cidr.ToString()],
            ["ipv6-cidr-block-association.ipv6-cidr-block"] = (_, one) => one.Ipv6Cidr is { } cidr ? [cidr.ToString()] : [],
            ["state"] = (_, _) => ["available"],
            ["default-for-az"] = (_, _) => ["false"],
            ["owner-id"] = (_, _) => [Account.Id],
        }.ToFrozenDictionary(StringComparer.Ordinal),
        Write = WriteSubnet,
    };

    public static readonly Listing<string> Zones = new()
    {
        Set = "availabilityZoneInfo",
        IdParameter = "ZoneName",
        Missing = ("availabilityZone", "InvalidParameterValue"),
        All = state => state.Subnets.Values.Select(subnet => subnet.Zone).Distinct()
            .ToImmutableSortedDictionary(zone => zone, zone => zone, StringComparer.Ordinal),
        Filters = new Dictionary<string, Func<AccountState, string, IEnumerable<string>>>
        {
            ["zone-name"] = (_, zone) => [zone],
            ["zone-id"] = (_, zone) => [ZoneId(zone)],
            ["region-name"] = (_, zone) => [zone[..^1]],
            ["state"] = (_, _) => ["available"],
            ["zone-type"] = (_, _) => ["availability-zone"],
        }.ToFrozenDictionary(StringComparer.Ordinal),
        Write = (xml, _, zone) => xml
            .Text("zoneName", zone).Text("zoneId", ZoneId(zone)).Text("zoneState", "available").Text("regionName", zone[..^1])
            .Text("zoneType", "availability-zone").Text("groupName", zone[..^1]).Text("optInStatus", "opt-in-not-required"),
    };

    private static void WriteSubnet(Ec2Xml xml, AccountState state, Subnet one)
    {
        var free = (int)UInt128.Min(one.Cidr.Count, int.MaxValue) - one.NextOffset - 1;
        xml.Text("subnetId", one.Id).Text("subnetArn", $"arn:aws:ec2:{one.Zone[..^1]}:{Account.Id}:subnet/{one.Id}")
            .Text("state", "available").Text("ownerId", Account.Id).Text("vpcId", one.VpcId)
            .Text("cidrBlock", one.Cidr.ToString())
            .Set("ipv6CidrBlockAssociationSet", one.Ipv6Cidr is { } cidr ? [cidr] : Array.Empty<Cidr>(), ipv6 => xml
                .Text("ipv6CidrBlock", ipv6.ToString()).Text("associationId", "subnet-cidr-assoc-6")
                .Element("ipv6CidrBlockState", () => xml.Text("state", "associated")))
            .Text("availableIpAddressCount", free).Text("availabilityZone", one.Zone).Text("availabilityZoneId", ZoneId(one.Zone))
            .Text("defaultForAz", false).Text("mapPublicIpOnLaunch", false).Tags(one.Tags);
    }

    /// <summary>"us-west-2a" is "usw2-az1".</summary>
    private static string ZoneId(string zone)
    {
        var parts = zone.Split('-');
        var number = (zone[^1] - 'a' + 1).ToString(CultureInfo.InvariantCulture);
        return parts.Length == 3 ? $"{parts[0]}{parts[1][0]}{parts[2][..^1]}-az{number}" : $"{zone}-az{number}";
    }

    private static IEnumerable<string> Texts(Vpc vpc, IpFamily family) =>
        vpc.Cidrs.Where(cidr => cidr.Family == family).Select(cidr => cidr.ToString());
}
