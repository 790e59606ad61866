using System.Collections.Immutable;
using Romana.Ipam.Addressing;
using Romana.Node.Linux.Netlink.Records;
using Romana.Node.Planning.Vlans;

namespace Romana.Node.Tests.Planning.Vlans;

public sealed class VlanReadingTests
{
    /// <summary>Each damages VLAN 10 alone; 200 is kept.</summary>
    [Theory]
    [InlineData("no node address", "no address in network green")]
    [InlineData("no gateway", "no `gateway`")]
    [InlineData("gateway's own address", "is its gateway's")]
    [InlineData("node address outside", "outside network green")]
    [InlineData("no interface", "no interface v11")]
    [InlineData("port of a bridge", "port of a bridge")]
    [InlineData("two of one family", "of one family")]
    [InlineData("two interfaces", "different interfaces")]
    public void A_VLAN_that_cannot_be_kept_is_refused_alone(string damage, string said)
    {
        var green = VlanCases.Plain.Networks[0];
        var (known, look) = (VlanCases.Plain, VlanCases.Look);
        known = damage switch
        {
            "no node address" => With(green with { NodeAddress = null }),
            "no gateway" => With(green with { Gateway = null }),
            "gateway's own address" => With(green with { NodeAddress = green.Gateway }),
            "node address outside" => With(green with { NodeAddress = VlanCases.Ip("192.168.11.2") }),
            "no interface" => known with { Networks = [.. known.Networks.Select(network => network.Id == 10 ? network with { Interface = "v11" } : network)] },
            "two of one family" => known with { Networks = [.. known.Networks, VlanCases.Network("more", "192.168.11.0/24", 10, "v10")] },
            "two interfaces" => With(green with { Interface = "eth1" }),
            _ => known,
        };
        if (damage == "port of a bridge")
            look = look with { Interfaces = [.. look.Interfaces.Select(item => item.Name == "v10" ? item with { Master = 40 } : item)] };
        var read = VlanReading.Read(known, look, VlanCases.Pods);
        var refusal = Assert.Single(read.Refusals);
        Assert.Contains(said, refusal.Message, StringComparison.Ordinal);
        Assert.StartsWith("VLAN 10: ", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("green6", refusal.Networks);
        Assert.Equal([200], read.Facts.Vlans.Select(vlan => vlan.Number));
        // Refused is closed: what its addresses send finds no way, and its pods are in no set.
        var state = VlanState.Of(read.Facts);
        foreach (var network in known.Networks.Where(network => network.Id == 10))
            Assert.Contains(state.Rules, rule => rule.Action == RuleAction.Unreachable && rule.From == network.Cidr && rule.Priority == VlanTerms.SourceEndPriority);
        Assert.DoesNotContain(state.Nft!.Sets, set => set.Elements.Any(element => element.Contains("rom1", StringComparison.Ordinal)));
        Assert.Contains(state.Nft.Sets, set => set.Elements.Contains("\"rom3\" . 192.168.200.65"));
    }

    [Fact]
    public void A_kernel_without_tags_refuses_tagged_networks_alone()
    {
        var known = VlanCases.Tagged with { Networks = [.. VlanCases.Tagged.Networks.Take(2), VlanCases.Plain.Networks[2]] };
        var read = VlanReading.Read(known, VlanCases.Look with { HasTagging = false }, VlanCases.Pods);
        Assert.Contains("no 802.1Q", Assert.Single(read.Refusals).Message, StringComparison.Ordinal);
        Assert.Equal([200], read.Facts.Vlans.Select(vlan => vlan.Number));
    }

    [Fact]
    public void Two_VLANs_on_one_plain_interface_are_both_refused() => BothRefused(
        VlanCases.Plain with { Networks = [.. VlanCases.Plain.Networks.Select(network => network with { Interface = "v10" })] }, "cannot tell two VLANs apart");

    [Fact]
    public void Two_VLANs_with_common_addresses_are_both_refused() => BothRefused(
        VlanCases.Plain with { Networks = [VlanCases.Plain.Networks[0], VlanCases.Network("blue", "192.168.0.0/16", 200, "v200")] }, "a source must tell the VLAN");

    [Fact]
    public void An_interface_without_an_id_has_a_number_of_its_own_that_stays()
    {
        var known = new VlanKnowledge { Networks = [VlanCases.Network("green", "192.168.10.0/24", null, "v10")] };
        var (alone, beside) = (VlanCases.Facts(known, VlanCases.Look), VlanCases.Facts(known with { Networks = [.. known.Networks, VlanCases.Plain.Networks[2]] }, VlanCases.Look));
        var number = Assert.Single(alone.Vlans).Number;
        Assert.True(number > 4_095);
        Assert.Contains(beside.Vlans, vlan => vlan.Number == number);
        Assert.All(alone.Vlans, vlan => Assert.True(VlanTerms.IsTable(vlan.Table)));
    }

    [Fact]
    public void Our_own_node_address_does_not_become_the_managements_at_a_second_look()
    {
        var first = VlanState.Of(VlanCases.Facts(VlanCases.Plain, VlanCases.Look));
        var again = VlanState.Of(VlanCases.Facts(VlanCases.Plain, VlanCases.Look with { Addresses = [.. VlanCases.Look.Addresses, .. first.Addresses] }));
        Assert.Equal(first.Rules.AsEnumerable(), again.Rules);
        Assert.Equal(first.Addresses.AsEnumerable(), again.Addresses);
    }

    private static VlanKnowledge With(VlanNetwork green) => VlanCases.Plain with { Networks = [green, .. VlanCases.Plain.Networks.Skip(1)] };

    private static void BothRefused(VlanKnowledge known, string said)
    {
        var read = VlanReading.Read(known, VlanCases.Look, ImmutableArray<Node.Planning.PodFact>.Empty);
        Assert.Equal(2, read.Refusals.Length);
        Assert.All(read.Refusals, refusal => Assert.Contains(said, refusal.Message, StringComparison.Ordinal));
        Assert.Empty(read.Facts.Vlans);
    }
}
