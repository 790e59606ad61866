using System.Collections.Frozen;
using System.Globalization;
using Romana.Demo.Ec2;
using Romana.Ipam.Addressing;

namespace Romana.Demo.Wire;

/// <summary>DescribeInstances.</summary>
internal static class InstanceListings
{
    /// <summary>EC2 goes on showing a terminated instance for about an hour.</summary>
    public static readonly TimeSpan ShownAfterEnd = TimeSpan.FromHours(1);

    private static readonly FrozenDictionary<string, Func<AccountState, Instance, IEnumerable<string>>> Filters =
        new Dictionary<string, Func<AccountState, Instance, IEnumerable<string>>>
        {
            ["instance-id"] = (_, one) => [one.Id],
            ["instance-state-name"] = (_, one) => [StateName(one.State)],
            ["instance-state-code"] = (_, one) => [StateCode(one.State)],
            ["instance-type"] = (_, one) => [one.Type],
            ["instance-lifecycle"] = (_, one) => one.Spot ? ["spot"] : [],
            ["availability-zone"] = (_, one) => [one.Zone],
            ["vpc-id"] = (_, one) => one.Interfaces.IsEmpty ? [] : [one.VpcId],
            ["subnet-id"] = (_, one) => one.Interfaces.IsEmpty ? [] : [one.SubnetId],
            ["private-ip-address"] = (state, one) => Enis(state, one).Take(1).Select(eni => eni.Address.ToString()),
            ["private-dns-name"] = (state, one) => Enis(state, one).Take(1).Select(DnsName),
            ["source-dest-check"] = (state, one) => Enis(state, one).Take(1).Select(eni => Account.Text(eni.SourceDestCheck)),
            ["network-interface.network-interface-id"] = (_, one) => one.Interfaces,
            ["network-interface.subnet-id"] = (state, one) => Enis(state, one).Select(eni => eni.SubnetId),
            ["network-interface.vpc-id"] = (state, one) => Enis(state, one).Select(eni => eni.VpcId),
            ["network-interface.source-dest-check"] = (state, one) => Enis(state, one).Select(eni => Account.Text(eni.SourceDestCheck)),
            ["network-interface.addresses.private-ip-address"] = (state, one) =>
                Enis(state, one).SelectMany(eni => eni.Secondaries.Prepend(eni.Address)).Select(address => address.ToString()),
            ["network-interface.ipv6-addresses.ipv6-address"] = (state, one) =>
                Enis(state, one).SelectMany(eni => eni.Ipv6Addresses).Select(address => address.ToString()),
        }.ToFrozenDictionary(StringComparer.Ordinal);

    public static readonly Listing<Instance> Instances = new()
    {
        Set = "reservationSet",
        IdParameter = "InstanceId",
        Missing = ("instance", "InvalidInstanceID.NotFound"),
        All = state => state.Instances,
        Filters = Filters,
        Tags = one => one.Tags,
        Write = (xml, state, one) => xml
            .Text("reservationId", $"r-{one.Id[2..]}").Text("ownerId", Account.Id)
            .Set("groupSet", Array.Empty<string>(), _ => { })
            .Set("instancesSet", [one], instance => Write(xml, state, instance)),
        IdsExcludePaging = true,
        Hidden = (one, now) => one.TerminatedAt + ShownAfterEnd < now,
    };

    public static string StateName(InstanceState state) => state switch
    {
        InstanceState.Pending => "pending",
        InstanceState.Running => "running",
        InstanceState.ShuttingDown => "shutting-down",
        InstanceState.Terminated => "terminated",
        InstanceState.Stopping => "stopping",
        _ => "stopped",
    };

    public static void WriteState(Ec2Xml xml, string element, InstanceState state) =>
        xml.Element(element, () => xml.Text("code", (int)state).Text("name", StateName(state)));

    public static void Write(Ec2Xml xml, AccountState state, Instance one)
    {
        var first = one.Interfaces.IsEmpty ? null : state.Interfaces.GetValueOrDefault(one.Interfaces[0]);
        xml.Text("instanceId", one.Id).Text("imageId", "ami-00000001");
        WriteState(xml, "instanceState", one.State);
        xml.Text("privateDnsName", first is null ? "" : DnsName(first))
            .Text("amiLaunchIndex", 0).Text("instanceType", one.Type).Text("launchTime", one.LaunchedAt)
            .Element("placement", () => xml.Text("availabilityZone", one.Zone).Text("tenancy", "default"))
            .Element("monitoring", () => xml.Text("state", "disabled"));
        if (first is not null)
            xml.Text("subnetId", one.SubnetId).Text("vpcId", one.VpcId).Text("privateIpAddress", first.Address.ToString())
                .Text("sourceDestCheck", first.SourceDestCheck);
        if (one.Spot) xml.Text("instanceLifecycle", "spot");
        xml.Text("architecture", "x86_64").Tags(one.Tags)
            .Set("networkInterfaceSet", Enis(state, one), eni => InterfaceListing.WriteOfInstance(xml, eni));
    }

    private static IEnumerable<NetworkInterface> Enis(AccountState state, Instance one) =>
        one.Interfaces.Select(id => state.Interfaces.GetValueOrDefault(id)).OfType<NetworkInterface>();

    private static string DnsName(NetworkInterface eni) =>
        $"ip-{eni.Address.ToString().Replace('.', '-')}.us-west-2.compute.internal";

    public static string StateCode(InstanceState state) => ((int)state).ToString(CultureInfo.InvariantCulture);
}
