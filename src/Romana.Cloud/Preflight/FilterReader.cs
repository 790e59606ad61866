using System.Collections.Immutable;
using Amazon.EC2;
using Amazon.EC2.Model;
using Romana.Cloud.Aws;
using Romana.Ipam.Addressing;

namespace Romana.Cloud.Preflight;

/// <summary>Security groups, network ACLs and peerings: what only preflight reads. All throw <see cref="Ec2UnavailableException"/>.</summary>
internal sealed class FilterReader(IAmazonEC2 client, CallGate gate)
{
    private const int IdsPerCall = 200;

    /// <summary>EC2's limit for each of the paged actions.</summary>
    private const int PerPage = 1000;

    private static readonly Ec2Action Groups = new("DescribeSecurityGroups", 100, 20, false);
    private static readonly Ec2Action Acls = new("DescribeNetworkAcls", 100, 20, false);
    private static readonly Ec2Action Peerings = new("DescribeVpcPeeringConnections", 100, 20, false);

    /// <summary>Interface of the VPC -> its security groups. By pages and not by ids: one that is gone hides no other.</summary>
    public async Task<Dictionary<string, ImmutableArray<string>>> GroupsByInterfaceAsync(string vpc, CancellationToken cancel)
    {
        var found = await PagesAsync(Ec2Action.DescribeNetworkInterfaces, async (next, token) =>
        {
            var request = new DescribeNetworkInterfacesRequest { Filters = [new Filter("vpc-id", [vpc])], MaxResults = PerPage, NextToken = next };
            var reply = await client.DescribeNetworkInterfacesAsync(request, token);
            return (reply.NetworkInterfaces, reply.NextToken);
        }, cancel);
        return found.ToDictionary(one => one.NetworkInterfaceId,
            one => (one.Groups ?? []).Select(group => group.GroupId).ToImmutableArray(), StringComparer.Ordinal);
    }

    public async Task<ImmutableArray<SecurityGroupFacts>> SecurityGroupsAsync(IReadOnlyList<string> ids, CancellationToken cancel)
    {
        var found = ImmutableArray.CreateBuilder<SecurityGroupFacts>();
        foreach (var part in ids.Chunk(IdsPerCall))
        {
            var request = new DescribeSecurityGroupsRequest { GroupIds = [.. part] };
            var reply = await gate.DescribeAsync(Groups, token => client.DescribeSecurityGroupsAsync(request, token), cancel);
            found.AddRange((reply.SecurityGroups ?? []).Select(group =>
                new SecurityGroupFacts(group.GroupId, Rules(group.IpPermissions), Rules(group.IpPermissionsEgress))));
        }

        return found.ToImmutable();
    }

    public async Task<ImmutableArray<AclFacts>> AclsAsync(string vpc, CancellationToken cancel)
    {
        var found = await PagesAsync(Acls, async (next, token) =>
        {
            var request = new DescribeNetworkAclsRequest { Filters = [new Filter("vpc-id", [vpc])], MaxResults = PerPage, NextToken = next };
            var reply = await client.DescribeNetworkAclsAsync(request, token);
            return (reply.NetworkAcls, reply.NextToken);
        }, cancel);
        return [.. found.Select(acl => new AclFacts(acl.NetworkAclId,
            [.. (acl.Associations ?? []).Select(one => one.SubnetId)],
            [.. (acl.Entries ?? []).Select(Rule).OfType<AclRule>()]))];
    }

    public async Task<ImmutableArray<PeeringFacts>> PeeringsAsync(string vpc, CancellationToken cancel)
    {
        var found = ImmutableArray.CreateBuilder<PeeringFacts>();
        foreach (var side in (string[])["requester-vpc-info.vpc-id", "accepter-vpc-info.vpc-id"])
        {
            var connections = await PagesAsync(Peerings, async (next, token) =>
            {
                var request = new DescribeVpcPeeringConnectionsRequest
                {
                    Filters = [new Filter(side, [vpc]), new Filter("status-code", ["active", "pending-acceptance"])],
                    MaxResults = PerPage,
                    NextToken = next,
                };
                var reply = await client.DescribeVpcPeeringConnectionsAsync(request, token);
                return (reply.VpcPeeringConnections, reply.NextToken);
            }, cancel);
            foreach (var one in connections)
            {
                var other = one.RequesterVpcInfo?.VpcId == vpc ? one.AccepterVpcInfo : one.RequesterVpcInfo;
                if (other is not null) found.Add(new PeeringFacts(one.VpcPeeringConnectionId, other.VpcId, [.. Texts(other)]));
            }
        }

        return found.ToImmutable();
    }

    private async Task<List<T>> PagesAsync<T>(
        Ec2Action action, Func<string?, CancellationToken, Task<(List<T>? Items, string? Next)>> page, CancellationToken cancel)
    {
        var items = new List<T>();
        string? next = null;
        do
        {
            var at = next;
            var (found, following) = await gate.DescribeAsync(action, token => page(at, token), cancel);
            items.AddRange(found ?? []);
            next = string.IsNullOrEmpty(following) ? null : following;
        }
        while (next is not null);
        return items;
    }

    private static IEnumerable<Cidr> Texts(VpcPeeringConnectionVpcInfo side) => Cidrs(
        (side.CidrBlockSet ?? []).Select(one => one.Cidr).Concat((side.Ipv6CidrBlockSet ?? []).Select(one => one.Value)).Prepend(side.CidrBlock).Distinct());

    private static ImmutableArray<RuleFacts> Rules(List<IpPermission>? permissions) =>
    [
        .. (permissions ?? []).Select(one => new RuleFacts(one.IpProtocol, Ports(one.FromPort, one.ToPort))
        {
            Cidrs = [.. Cidrs((one.Ipv4Ranges ?? []).Select(range => range.CidrIp).Concat((one.Ipv6Ranges ?? []).Select(range => range.CidrIpv6)))],
            Others = [.. (one.UserIdGroupPairs ?? []).Select(pair => pair.GroupId), .. (one.PrefixListIds ?? []).Select(list => list.Id)],
        }),
    ];

    private static AclRule? Rule(NetworkAclEntry entry) => Cidrs([entry.CidrBlock ?? entry.Ipv6CidrBlock]).FirstOrDefault() is { Family: not 0 } cidr
        ? new AclRule(entry.RuleNumber ?? 0, entry.Egress ?? false, entry.RuleAction == RuleAction.Allow, entry.Protocol, Ports(entry.PortRange?.From, entry.PortRange?.To), cidr)
        : null;

    private static string? Ports(int? from, int? to) => from is null or -1 ? null : from == to ? $"{from}" : $"{from}-{to}";

    private static IEnumerable<Cidr> Cidrs(IEnumerable<string?> texts) => texts
        .Select(text => Cidr.TryParseMasking(text, out var cidr, out _) ? cidr : (Cidr?)null).OfType<Cidr>();
}
