using System.Collections.Frozen;
using System.Globalization;
using Romana.Demo.Ec2;

namespace Romana.Demo.Wire;

/// <summary>DescribeNetworkInterfaces.</summary>
internal static class InterfaceListing
{
    public static readonly Listing<NetworkInterface> Interfaces = new()
    {
        Set = "networkInterfaceSet",
        IdParameter = "NetworkInterfaceId",
        Missing = ("networkInterface", "InvalidNetworkInterfaceID.NotFound"),
        All = state => state.Interfaces,
        Tags = one => one.Tags,
        Filters = new Dictionary<string, Func<AccountState, NetworkInterface, IEnumerable<string>>>
        {
            ["network-interface-id"] = (_, one) => [one.Id],
            ["vpc-id"] = (_, one) => [one.VpcId],
            ["subnet-id"] = (_, one) => [one.SubnetId],
            ["availability-zone"] = (_, one) => [one.Zone],
            ["private-ip-address"] = (_, one) => [one.Address.ToString()],
            ["addresses.private-ip-address"] = (_, one) => one.Secondaries.Prepend(one.Address).Select(address => address.ToString()),
            ["ipv6-addresses.ipv6-address"] = (_, one) => one.Ipv6Addresses.Select(address => address.ToString()),
            ["attachment.instance-id"] = (_, one) => one.Attachment is { } at ? [at.InstanceId] : [],
            ["attachment.attachment-id"] = (_, one) => one.Attachment is { } at ? [at.Id] : [],
            ["attachment.device-index"] = (_, one) =>
                one.Attachment is { } at ? [at.DeviceIndex.ToString(CultureInfo.InvariantCulture)] : [],
            ["attachment.status"] = (_, one) => one.Attachment is null ? [] : ["attached"],
            ["status"] = (_, one) => [Status(one)],
            ["source-dest-check"] = (_, one) => [Account.Text(one.SourceDestCheck)],
            ["group-id"] = (_, one) => one.Groups,
            ["description"] = (_, one) => [one.Description],
            ["mac-address"] = (_, one) => [one.Mac],
            ["interface-type"] = (_, _) => ["interface"],
            ["owner-id"] = (_, _) => [Account.Id],
        }.ToFrozenDictionary(StringComparer.Ordinal),
        Write = Write,
    };

    /// <summary>The shorter form inside DescribeInstances.</summary>
    public static void WriteOfInstance(Ec2Xml xml, NetworkInterface one)
    {
        WriteCommon(xml, one);
        WriteAttachment(xml, one, false);
    }

    private static void Write(Ec2Xml xml, AccountState state, NetworkInterface one)
    {
        WriteCommon(xml, one);
        WriteAttachment(xml, one, true);
        xml.Text("availabilityZone", one.Zone).Tags(one.Tags);
    }

    private static void WriteCommon(Ec2Xml xml, NetworkInterface one) => xml
        .Text("networkInterfaceId", one.Id).Text("subnetId", one.SubnetId).Text("vpcId", one.VpcId)
        .Text("description", one.Description).Text("ownerId", Account.Id).Text("status", Status(one))
        .Text("macAddress", one.Mac).Text("privateIpAddress", one.Address.ToString())
        .Text("sourceDestCheck", one.SourceDestCheck).Text("interfaceType", "interface")
        .Set("groupSet", one.Groups, group => xml.Text("groupId", group).Text("groupName", "default"))
        .Set("privateIpAddressesSet", one.Secondaries.Prepend(one.Address), address => xml
            .Text("privateIpAddress", address.ToString()).Text("primary", address == one.Address))
        .Set("ipv6AddressesSet", one.Ipv6Addresses, address => xml.Text("ipv6Address", address.ToString()));

    private static void WriteAttachment(Ec2Xml xml, NetworkInterface one, bool withInstance)
    {
        if (one.Attachment is not { } at) return;
        xml.Element("attachment", () =>
        {
            xml.Text("attachmentId", at.Id);
            if (withInstance) xml.Text("instanceId", at.InstanceId).Text("instanceOwnerId", Account.Id);
            xml.Text("deviceIndex", at.DeviceIndex).Text("status", "attached").Text("deleteOnTermination", true);
        });
    }

    private static string Status(NetworkInterface one) => one.Attachment is null ? "available" : "in-use";
}
