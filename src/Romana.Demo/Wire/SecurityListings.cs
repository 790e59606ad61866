using System.Collections.Frozen;
using System.Globalization;
using Romana.Demo.Ec2;
using Romana.Ipam.Addressing;

namespace Romana.Demo.Wire;

/// <summary>DescribeSecurityGroups and DescribeNetworkAcls.</summary>
internal static class SecurityListings
{
    public static readonly Listing<SecurityGroup> Groups = new()
    {
        Set = "securityGroupInfo",
        IdParameter = "GroupId",
        Missing = ("securityGroup", "InvalidGroup.NotFound"),
        All = state => state.SecurityGroups,
        Tags = one => one.Tags,
        Filters = new Dictionary<string, Func<AccountState, SecurityGroup, IEnumerable<string>>>
        {
            ["group-id"] = (_, one) => [one.Id],
            ["group-name"] = (_, one) => [one.Name],
            ["vpc-id"] = (_, one) => [one.VpcId],
            ["ip-permission.cidr"] = (_, one) => Cidrs(one, IpFamily.IPv4),
            ["ip-permission.ipv6-cidr"] = (_, one) => Cidrs(one, IpFamily.IPv6),
            ["owner-id"] = (_, _) => [Account.Id],
        }.ToFrozenDictionary(StringComparer.Ordinal),
        Write = (xml, _, one) => xml
            .Text("ownerId", Account.Id).Text("groupId", one.Id).Text("groupName", one.Name)
            .Text("groupDescription", one.Name).Text("vpcId", one.VpcId)
            .Set("ipPermissions", one.Ingress, permission => WritePermission(xml, permission))
            .Set("ipPermissionsEgress", one.Egress, permission => WritePermission(xml, permission))
            .Tags(one.Tags),
    };

    public static readonly Listing<NetworkAcl> Acls = new()
    {
        Set = "networkAclSet",
        IdParameter = "NetworkAclId",
        Missing = ("networkAcl", "InvalidNetworkAclID.NotFound"),
        All = state => state.NetworkAcls,
        Tags = one => one.Tags,
        Filters = new Dictionary<string, Func<AccountState, NetworkAcl, IEnumerable<string>>>
        {
            ["network-acl-id"] = (_, one) => [one.Id],
            ["vpc-id"] = (_, one) => [one.VpcId],
            ["association.subnet-id"] = (_, one) => one.Subnets,
            ["association.network-acl-id"] = (_, one) => [one.Id],
            ["default"] = (_, one) => [Account.Text(one.IsDefault)],
            ["entry.cidr"] = (_, one) => one.Entries.Select(entry => entry.Cidr.ToString()),
            ["owner-id"] = (_, _) => [Account.Id],
        }.ToFrozenDictionary(StringComparer.Ordinal),
        Write = (xml, _, one) => xml
            .Text("networkAclId", one.Id).Text("vpcId", one.VpcId).Text("default", one.IsDefault).Text("ownerId", Account.Id)
            .Set("entrySet", one.Entries, entry => WriteEntry(xml, entry))
            .Set("associationSet", one.Subnets, subnet => xml
                .Text("networkAclAssociationId", $"aclassoc-{subnet[7..]}").Text("networkAclId", one.Id).Text("subnetId", subnet))
            .Tags(one.Tags),
    };

    private static IEnumerable<string> Cidrs(SecurityGroup group, IpFamily family) =>
        group.Ingress.SelectMany(permission => permission.Sources)
            .Where(cidr => cidr.Family == family).Select(cidr => cidr.ToString());

    private static void WritePermission(Ec2Xml xml, Permission permission) => xml
        .Text("ipProtocol", permission.Protocol)
        .Text("fromPort", permission.FromPort?.ToString(CultureInfo.InvariantCulture))
        .Text("toPort", permission.ToPort?.ToString(CultureInfo.InvariantCulture))
        .Set("groups", permission.SourceGroups, group => xml.Text("userId", Account.Id).Text("groupId", group))
        .Set("ipRanges", Of(permission, IpFamily.IPv4), cidr => xml.Text("cidrIp", cidr.ToString()))
        .Set("ipv6Ranges", Of(permission, IpFamily.IPv6), cidr => xml.Text("cidrIpv6", cidr.ToString()));

    private static IEnumerable<Cidr> Of(Permission permission, IpFamily family) =>
        permission.Sources.Where(cidr => cidr.Family == family);

    private static void WriteEntry(Ec2Xml xml, AclEntry entry) => xml
        .Text("ruleNumber", entry.Number).Text("protocol", entry.Protocol).Text("ruleAction", entry.Allow ? "allow" : "deny")
        .Text("egress", entry.Egress)
        .Text(entry.Cidr.Family == IpFamily.IPv4 ? "cidrBlock" : "ipv6CidrBlock", entry.Cidr.ToString());
}
