using System.Collections.Immutable;
using Amazon.EC2;
using Amazon.EC2.Model;
using Romana.Cloud.Planning;
using Romana.Ipam.Addressing;

namespace Romana.Cloud.Aws;

/// <summary>The describes. All throw <see cref="Ec2UnavailableException"/>.</summary>
public sealed class Ec2Reader(IAmazonEC2 client, CallGate gate)
{
    /// <summary>EC2's limits on one describe (API reference of each action).</summary>
    private const int TablesPerPage = 100;

    private const int InstancesPerPage = 1000;
    private const int IdsPerCall = 1000;
    private const int PrefixListsPerPage = 100;
    private const int FilterValuesPerCall = 200;

    /// <summary>CIDRs of the VPC, both families. EC2 DescribeVpcs.</summary>
    public async Task<InventoryVpc> VpcAsync(string vpc, CancellationToken cancel)
    {
        var request = new DescribeVpcsRequest { VpcIds = [vpc] };
        var reply = await gate.DescribeAsync(Ec2Action.DescribeVpcs, token => client.DescribeVpcsAsync(request, token), cancel)
            .ConfigureAwait(false);
        var found = (reply.Vpcs ?? []).FirstOrDefault()
            ?? throw new Ec2UnavailableException($"there is no VPC {vpc} here: check --vpc and --region") { Code = "InvalidVpcID.NotFound" };
        var texts = (found.CidrBlockAssociationSet ?? []).Select(one => one.CidrBlock)
            .Concat((found.Ipv6CidrBlockAssociationSet ?? []).Select(one => one.Ipv6CidrBlock)).Prepend(found.CidrBlock);
        return new InventoryVpc { Id = vpc, Cidrs = [.. Cidrs(texts)] };
    }

    /// <summary>EC2 DescribeSubnets. A subnet without an IPv4 CIDR shows its IPv6 one.</summary>
    public async Task<ImmutableArray<InventorySubnet>> SubnetsAsync(string vpc, CancellationToken cancel)
    {
        var found = await PagesAsync(Ec2Action.DescribeSubnets, async (next, token) =>
        {
            var request = new DescribeSubnetsRequest { Filters = [OfVpc(vpc)], MaxResults = IdsPerCall, NextToken = next };
            var reply = await client.DescribeSubnetsAsync(request, token).ConfigureAwait(false);
            return (reply.Subnets, reply.NextToken);
        }, cancel).ConfigureAwait(false);
        return [.. found.Select(Subnet).OfType<InventorySubnet>().OrderBy(subnet => subnet.Id, StringComparer.Ordinal)];
    }

    /// <summary>Every table of the VPC with all its routes. EC2 DescribeRouteTables, 100 a page.</summary>
    public async Task<ImmutableArray<SeenTable>> TablesAsync(string vpc, CancellationToken cancel)
    {
        var found = await PagesAsync(Ec2Action.DescribeRouteTables, async (next, token) =>
        {
            var request = new DescribeRouteTablesRequest { Filters = [OfVpc(vpc)], MaxResults = TablesPerPage, NextToken = next };
            var reply = await client.DescribeRouteTablesAsync(request, token).ConfigureAwait(false);
            return (reply.RouteTables, reply.NextToken);
        }, cancel).ConfigureAwait(false);
        return [.. found.Select(Ec2Mapping.Table).OrderBy(table => table.Id, StringComparer.Ordinal)];
    }

    /// <summary>Customers' and AWS's prefix lists of the Region. EC2 DescribeManagedPrefixLists, 100 a page.</summary>
    public async Task<ImmutableArray<SeenPrefixList>> PrefixListsAsync(IReadOnlyCollection<string> ids, CancellationToken cancel)
    {
        // A filter, not ids: one list that is gone or not shared with us must not hide the others.
        var found = new List<ManagedPrefixList>();
        foreach (var part in ids.Chunk(FilterValuesPerCall))
        {
            found.AddRange(await PagesAsync(Ec2Action.DescribeManagedPrefixLists, async (next, token) =>
            {
                var request = new DescribeManagedPrefixListsRequest
                {
                    Filters = [new Filter("prefix-list-id", [.. part])],
                    MaxResults = PrefixListsPerPage,
                    NextToken = next,
                };
                var reply = await client.DescribeManagedPrefixListsAsync(request, token).ConfigureAwait(false);
                return (reply.PrefixLists, reply.NextToken);
            }, cancel).ConfigureAwait(false));
        }

        return [.. found.Select(Ec2Mapping.PrefixList)];
    }

    /// <summary>One table; null when it is gone.</summary>
    public async Task<SeenTable?> TableAsync(string table, CancellationToken cancel)
    {
        var request = new DescribeRouteTablesRequest { RouteTableIds = [table] };
        try
        {
            var reply = await gate.DescribeAsync(Ec2Action.DescribeRouteTables,
                token => client.DescribeRouteTablesAsync(request, token), cancel).ConfigureAwait(false);
            return (reply.RouteTables ?? []).Select(Ec2Mapping.Table).FirstOrDefault();
        }
        catch (Ec2UnavailableException gone) when (gone.Code == "InvalidRouteTableID.NotFound")
        {
            return null;
        }
    }

    /// <summary>Instances with that tag, in every state: a terminated one is evidence. EC2 DescribeInstances, 1,000 a page.</summary>
    public async Task<ImmutableArray<SeenInstance>> InstancesAsync(string vpc, string tag, string value, CancellationToken cancel)
    {
        var found = await PagesAsync(Ec2Action.DescribeInstances, async (next, token) =>
        {
            var request = new DescribeInstancesRequest
            {
                Filters = [new Filter($"tag:{tag}", [value])],
                MaxResults = InstancesPerPage,
                NextToken = next,
            };
            var reply = await client.DescribeInstancesAsync(request, token).ConfigureAwait(false);
            return ((reply.Reservations ?? []).SelectMany(one => one.Instances ?? []).ToList(), reply.NextToken);
        }, cancel).ConfigureAwait(false);

        // The VPC is no filter of the request: a terminated instance has lost its VPC, and its end must be seen.
        return [.. found.Select(Ec2Mapping.Instance).Where(one => one.Vpc is null || one.Vpc == vpc).OrderBy(one => one.Id, StringComparer.Ordinal)];
    }

    /// <summary>Instances by id, 1,000 a call; null when one of them is gone, since EC2 then shows none.</summary>
    public async Task<ImmutableArray<SeenInstance>?> InstancesAsync(IReadOnlyCollection<string> ids, CancellationToken cancel)
    {
        var found = ImmutableArray.CreateBuilder<SeenInstance>();
        try
        {
            foreach (var part in ids.Chunk(IdsPerCall))
            {
                var request = new DescribeInstancesRequest { InstanceIds = [.. part] };
                var reply = await gate.DescribeAsync(Ec2Action.DescribeInstances,
                    token => client.DescribeInstancesAsync(request, token), cancel).ConfigureAwait(false);
                found.AddRange((reply.Reservations ?? []).SelectMany(one => one.Instances ?? []).Select(Ec2Mapping.Instance));
            }
        }
        catch (Ec2UnavailableException gone) when (gone.Code == "InvalidInstanceID.NotFound")
        {
            return null;
        }

        return found.ToImmutable();
    }

    /// <summary>Interfaces that carry any of the addresses, primary or secondary. EC2 DescribeNetworkInterfaces.</summary>
    public async Task<ImmutableArray<SeenInterface>> InterfacesWithAsync(
        string vpc, IReadOnlyCollection<IpAddress> addresses, CancellationToken cancel)
    {
        var found = new Dictionary<string, SeenInterface>(StringComparer.Ordinal);
        foreach (var family in addresses.GroupBy(address => address.Family))
        {
            var name = family.Key == IpFamily.IPv4 ? "addresses.private-ip-address" : "ipv6-addresses.ipv6-address";
            foreach (var part in family.Select(address => address.ToString()).Chunk(FilterValuesPerCall))
            {
                foreach (var one in await InterfacesAsync([OfVpc(vpc), new Filter(name, [.. part])], cancel).ConfigureAwait(false))
                    found[one.Id] = one;
            }
        }

        return [.. found.Values.OrderBy(one => one.Id, StringComparer.Ordinal)];
    }

    /// <summary>Interfaces by id, 1,000 a call; null when one of them is gone, since EC2 then shows none.</summary>
    public async Task<ImmutableArray<SeenInterface>?> InterfacesAsync(IReadOnlyCollection<string> ids, CancellationToken cancel)
    {
        var found = ImmutableArray.CreateBuilder<SeenInterface>();
        try
        {
            foreach (var part in ids.Chunk(IdsPerCall))
            {
                var request = new DescribeNetworkInterfacesRequest { NetworkInterfaceIds = [.. part] };
                var reply = await gate.DescribeAsync(Ec2Action.DescribeNetworkInterfaces,
                    token => client.DescribeNetworkInterfacesAsync(request, token), cancel).ConfigureAwait(false);
                found.AddRange((reply.NetworkInterfaces ?? []).Select(Ec2Mapping.Interface));
            }
        }
        catch (Ec2UnavailableException gone) when (gone.Code == "InvalidNetworkInterfaceID.NotFound")
        {
            return null;
        }

        return found.ToImmutable();
    }

    /// <summary>Which of them EC2 shows; one that is gone hides no other.</summary>
    public async Task<IReadOnlySet<string>> StandingInterfacesAsync(IReadOnlyCollection<string> ids, CancellationToken cancel)
    {
        var found = new HashSet<string>(StringComparer.Ordinal);
        foreach (var part in ids.Chunk(FilterValuesPerCall))
            found.UnionWith((await InterfacesAsync([new Filter("network-interface-id", [.. part])], cancel).ConfigureAwait(false)).Select(one => one.Id));
        return found;
    }

    private async Task<IEnumerable<SeenInterface>> InterfacesAsync(List<Filter> filters, CancellationToken cancel)
    {
        var found = await PagesAsync(Ec2Action.DescribeNetworkInterfaces, async (next, token) =>
        {
            var request = new DescribeNetworkInterfacesRequest { Filters = filters, MaxResults = IdsPerCall, NextToken = next };
            var reply = await client.DescribeNetworkInterfacesAsync(request, token).ConfigureAwait(false);
            return (reply.NetworkInterfaces, reply.NextToken);
        }, cancel).ConfigureAwait(false);
        return found.Select(Ec2Mapping.Interface);
    }

    private async Task<List<T>> PagesAsync<T>(
        Ec2Action action, Func<string?, CancellationToken, Task<(List<T>? Items, string? Next)>> page, CancellationToken cancel)
    {
        var items = new List<T>();
        string? next = null;
        do
        {
            var at = next;
            var (found, following) = await gate.DescribeAsync(action, token => page(at, token), cancel).ConfigureAwait(false);
            items.AddRange(found ?? []);
            next = string.IsNullOrEmpty(following) ? null : following;
        }
        while (next is not null);
        return items;
    }

    private static Filter OfVpc(string vpc) => new("vpc-id", [vpc]);

    private static InventorySubnet? Subnet(Subnet subnet)
    {
        var texts = (subnet.Ipv6CidrBlockAssociationSet ?? []).Select(one => one.Ipv6CidrBlock).Prepend(subnet.CidrBlock);
        var cidrs = Cidrs(texts).ToList();
        return cidrs.Count == 0 ? null : new InventorySubnet(subnet.SubnetId, subnet.AvailabilityZone ?? "", cidrs[0]);
    }

    private static IEnumerable<Cidr> Cidrs(IEnumerable<string?> texts) => texts
        .Select(text => Cidr.TryParse(text, out var cidr, out _) ? cidr : (Cidr?)null).OfType<Cidr>().Distinct().Order();
}
