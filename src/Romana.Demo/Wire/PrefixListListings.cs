using System.Collections.Frozen;
using System.Globalization;
using Romana.Demo.Ec2;
using Romana.Ipam.Addressing;

namespace Romana.Demo.Wire;

/// <summary>DescribeManagedPrefixLists, DescribePrefixLists, GetManagedPrefixListEntries and DescribeVpcPeeringConnections.</summary>
internal static class PrefixListListings
{
    private const string NotFound = "InvalidPrefixListID.NotFound";

    private static readonly FrozenDictionary<string, Func<AccountState, PrefixList, IEnumerable<string>>> Filters =
        new Dictionary<string, Func<AccountState, PrefixList, IEnumerable<string>>>
        {
            ["prefix-list-id"] = (_, one) => [one.Id],
            ["prefix-list-name"] = (_, one) => [one.Name],
            ["owner-id"] = (_, one) => [one.Owner],
        }.ToFrozenDictionary(StringComparer.Ordinal);

    public static readonly Listing<PrefixList> Managed = new()
    {
        Set = "prefixListSet",
        IdParameter = "PrefixListId",
        Missing = ("prefixList", NotFound),
        All = state => state.PrefixLists,
        Filters = Filters,
        PageMax = 100,
        // AWS does not say what its own lists weigh: MaxEntries is there for customers' lists alone.
        Write = (xml, _, one) => xml
            .Text("prefixListId", one.Id).Text("prefixListName", one.Name).Text("ownerId", one.Owner)
            .Text("addressFamily", one.Family.ToString()).Text("state", "create-complete").Text("version", 1)
            .Text("maxEntries", one.Owner == "AWS" ? null : one.MaxEntries.ToString(CultureInfo.InvariantCulture)),
    };

    /// <summary>The older action, which shows AWS's own lists alone.</summary>
    public static readonly Listing<PrefixList> OfServices = Managed with
    {
        Hidden = (one, _) => one.Owner != "AWS",
        Write = (xml, _, one) => xml
            .Text("prefixListId", one.Id).Text("prefixListName", one.Name)
            .Element("cidrSet", () =>
            {
                foreach (var entry in one.Entries) xml.Text("item", entry.ToString());
            }),
    };

    public static readonly Listing<Peering> Peerings = new()
    {
        Set = "vpcPeeringConnectionSet",
        IdParameter = "VpcPeeringConnectionId",
        Missing = ("vpcPeeringConnection", "InvalidVpcPeeringConnectionID.NotFound"),
        All = state => state.Peerings,
        Filters = new Dictionary<string, Func<AccountState, Peering, IEnumerable<string>>>
        {
            ["vpc-peering-connection-id"] = (_, one) => [one.Id],
            ["requester-vpc-info.vpc-id"] = (_, one) => [one.RequesterVpcId],
            ["accepter-vpc-info.vpc-id"] = (_, one) => [one.AccepterVpcId],
            ["accepter-vpc-info.cidr-block"] = (_, one) => one.AccepterCidrs.Select(cidr => cidr.ToString()),
            ["status-code"] = (_, _) => ["active"],
        }.ToFrozenDictionary(StringComparer.Ordinal),
        Write = (xml, state, one) =>
        {
            xml.Text("vpcPeeringConnectionId", one.Id);
            WriteSide(xml, "requesterVpcInfo", one.RequesterVpcId, state.Vpcs.GetValueOrDefault(one.RequesterVpcId)?.Cidrs ?? []);
            WriteSide(xml, "accepterVpcInfo", one.AccepterVpcId, one.AccepterCidrs);
            xml.Element("status", () => xml.Text("code", "active").Text("message", "Active"));
        },
    };

    public static Reply Entries(SimulatedVpc vpc, QueryRequest request)
    {
        if (request["PrefixListId"] is not { } id) return new Reply.Refused(Ec2Error.Missing("prefixListId"));
        return vpc.Seen.PrefixLists.TryGetValue(id, out var list)
            ? new Reply.Answered(xml => xml.Set("entrySet", list.Entries, entry => xml.Text("cidr", entry.ToString())))
            : new Reply.Refused(Ec2Error.NotFound(NotFound, "prefixList", id));
    }

    private static void WriteSide(Ec2Xml xml, string element, string vpc, IReadOnlyCollection<Cidr> cidrs)
    {
        var ipv4 = cidrs.Where(cidr => cidr.Family == IpFamily.IPv4).Select(cidr => cidr.ToString()).ToList();
        xml.Element(element, () => xml
            .Text("ownerId", Account.Id).Text("vpcId", vpc).Text("cidrBlock", ipv4.FirstOrDefault())
            .Set("cidrBlockSet", ipv4, cidr => xml.Text("cidrBlock", cidr))
            .Set("ipv6CidrBlockSet", cidrs.Where(cidr => cidr.Family == IpFamily.IPv6), cidr => xml.Text("ipv6CidrBlock", cidr.ToString())));
    }
}
