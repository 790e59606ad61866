using System.Collections.Immutable;
using Romana.Ipam.Addressing;
using Romana.Node.Linux.Netlink.Records;
using Romana.Node.Planning;
using static Romana.Node.Tests.Planning.Fabrics;

namespace Romana.Node.Tests.Planning;

/// <summary>Which interface, which addresses and which neighbours count.</summary>
public sealed class FabricReadingTests
{
    [Fact]
    public void Adjacent_is_whom_the_kernel_reaches_without_a_gateway()
    {
        var facts = Facts(Look);
        Assert.Equal(
            ["100.64.0.64/26 via 10.0.1.12 dev 2", "100.64.0.128/26 via 10.0.1.13 dev 2", "fd64::1:40/122 via 2001:db8:1:1::12 dev 2", "fd64::1:80/122 via 2001:db8:1:1::13 dev 2"],
            facts.Adjacent.Select(block => $"{block.Cidr} {string.Join(" ", block.Hops)}"));
    }

    [Fact]
    public void Of_several_addresses_of_a_host_the_first_that_is_adjacent_is_taken()
    {
        var peer = new PeerHost("h9", [Ip("10.0.7.9"), Ip("10.0.1.19"), Ip("10.0.1.20")], [Cidr.Parse("100.64.1.0/26"), Cidr.Parse("fd64::1:400/122")]);
        var block = Assert.Single(Facts(Known with { Peers = [peer] }, Look).Adjacent);
        Assert.Equal((Cidr.Parse("100.64.1.0/26"), Ip("10.0.1.19")), (block.Cidr, block.Hops[0].Via!.Value));
    }

    [Fact]
    public void A_neighbour_behind_another_uplink_is_not_adjacent()
    {
        var look = WithTwoUplinks with { WayTo = address => new Route { Destination = Cidr.Of(address), Hops = [new NextHop(3)] } };
        Assert.Empty(Facts(look).Adjacent);
    }

    [Fact]
    public void A_way_that_the_kernel_refuses_or_that_ends_here_is_none()
    {
        Assert.Empty(Facts(Look with { WayTo = _ => null }).Adjacent);
        Assert.Empty(Facts(Look with { WayTo = address => new Route { Destination = Cidr.Of(address), Type = RouteType.Local, Hops = [new NextHop(2)] } }).Adjacent);
    }

    [Fact]
    public void The_pod_interface_bears_the_hosts_first_address()
    {
        var facts = Facts(Known with { OwnAddresses = [Ip("10.0.2.22"), Ip("10.0.1.11")] }, WithTwoUplinks);
        Assert.Equal(("eth1", "10.0.2.22"), (facts.PodInterface.Name, string.Join(",", facts.Primary)));
        Assert.True(facts.HasOtherUplinks);
    }

    [Fact]
    public void The_family_that_the_record_does_not_name_is_asked_of_the_interface()
    {
        var look = Look with
        {
            Addresses =
            [
                .. Look.Addresses.Where(item => item.Address.Family == IpFamily.IPv4), Address(2, "fe80::11", 64) with { Scope = Scope.Link },
                Address(2, "2001:db8:1:1::99", 64) with { Flags = AddressFlags.Secondary }, Address(2, "2001:db8:1:1::98", 64) with { Flags = AddressFlags.Deprecated },
                Address(2, "2001:db8:1:1::11", 64),
            ],
        };
        Assert.Equal("10.0.1.11,2001:db8:1:1::11", string.Join(",", Facts(Known with { OwnAddresses = [Ip("10.0.1.11")] }, look).Primary));
    }

    [Theory]
    [InlineData("bridge", "172.17.0.1", 16, false)]
    [InlineData("vxlan", "10.7.0.1", 24, false)]
    [InlineData("dummy", "169.254.20.10", 32, false)]
    [InlineData(null, "10.0.2.22", 24, true)]
    [InlineData(null, "169.254.20.10", 32, false)]
    [InlineData("vlan", "10.0.2.22", 24, true)]
    public void An_uplink_is_what_leads_out(string? kind, string address, int length, bool isUplink)
    {
        var look = Look with
        {
            Interfaces = [.. Look.Interfaces.Select(item => item.Name == "eth1" ? item with { Kind = kind } : item)],
            Addresses = [.. Look.Addresses, Address(3, address, length)],
        };
        Assert.Equal(isUplink, Facts(look).HasOtherUplinks);
    }

    [Fact]
    public void A_host_whose_addresses_are_not_here_plans_nothing()
    {
        var refused = Assert.IsType<FactsOutcome.Refused>(FabricReading.Read(Known with { OwnAddresses = [Ip("10.9.9.9")] }, Look, []));
        Assert.StartsWith("none of this host's addresses (10.9.9.9) is on an interface here", refused.Message, StringComparison.Ordinal);
    }
}
