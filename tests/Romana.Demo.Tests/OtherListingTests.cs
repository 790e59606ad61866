using Amazon.EC2.Model;
using Romana.Demo.Ec2;
using Romana.Ipam.Addressing;

namespace Romana.Demo.Tests;

/// <summary>What preflight looks at: security groups, network ACLs, prefix lists, peerings.</summary>
public sealed class OtherListingTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Groups_show_cidr_and_group_sources()
    {
        await using var test = await TestVpc.StartAsync(new VpcScenario { AllowedPodCidrs = [Cidr.Parse("10.244.0.0/16"), Cidr.Parse("fd01::/48")] });
        var group = Assert.Single((await test.Client.DescribeSecurityGroupsAsync(new DescribeSecurityGroupsRequest(), Cancel)).SecurityGroups);
        Assert.Equal(group.GroupId, group.IpPermissions.SelectMany(one => one.UserIdGroupPairs).Single().GroupId);
        Assert.Equal("10.244.0.0/16", group.IpPermissions.SelectMany(one => one.Ipv4Ranges).Single().CidrIp);
        Assert.Equal("fd01::/48", group.IpPermissions.SelectMany(one => one.Ipv6Ranges).Single().CidrIpv6);
        Assert.Equal("0.0.0.0/0", group.IpPermissionsEgress.SelectMany(one => one.Ipv4Ranges).Single().CidrIp);
        Assert.All(test.State.Interfaces.Values, eni => Assert.Equal([group.GroupId], eni.Groups));
    }

    [Fact]
    public async Task Acls_show_entries_and_subnets()
    {
        await using var test = await TestVpc.StartAsync();
        var acl = Assert.Single((await test.Client.DescribeNetworkAclsAsync(new DescribeNetworkAclsRequest(), Cancel)).NetworkAcls);
        Assert.Equal(6, acl.Associations.Count);
        Assert.Equal(8, acl.Entries.Count);
        Assert.Contains(acl.Entries, entry => entry is { RuleNumber: 100, Egress: false, CidrBlock: "0.0.0.0/0" } && entry.RuleAction == "allow");
    }

    [Fact]
    public async Task Prefix_lists_and_peerings_are_shown()
    {
        await using var test = await TestVpc.StartAsync(new VpcScenario { Foreign = ForeignRoutes.Every });
        var lists = (await test.Client.DescribeManagedPrefixListsAsync(new DescribeManagedPrefixListsRequest(), Cancel)).PrefixLists;
        Assert.Equal(5, lists.Single(one => one.OwnerId != "AWS").MaxEntries);
        var entries = await test.Client.GetManagedPrefixListEntriesAsync(
            new GetManagedPrefixListEntriesRequest { PrefixListId = lists.Single(one => one.OwnerId != "AWS").PrefixListId }, Cancel);
        Assert.Equal("172.20.0.0/16", Assert.Single(entries.Entries).Cidr);
        var services = await test.Client.DescribePrefixListsAsync(new DescribePrefixListsRequest(), Cancel);
        Assert.Equal(2, Assert.Single(services.PrefixLists).Cidrs.Count);
        var peerings = await test.Client.DescribeVpcPeeringConnectionsAsync(new DescribeVpcPeeringConnectionsRequest(), Cancel);
        Assert.Equal("10.50.0.0/16", Assert.Single(peerings.VpcPeeringConnections).AccepterVpcInfo.CidrBlock);
    }
}
