using Romana.Node.Explaining;

namespace Romana.Node.Tests.Explaining;

/// <summary>One packet after the other through a host on paper.</summary>
public sealed class PacketPathTests
{
    private readonly ExplainHost _host = new();

    [Theory]
    // A pod's: to the next pod, a neighbour's, a free address, the world, places that know the way back, hosts, metadata, the node.
    [InlineData("10.244.0.2", "10.244.0.3", "Accepted", "roma", "romb", null, 254, "0", false, "is a pod of this host")]
    [InlineData("10.244.0.2", "10.244.0.70", "Accepted", "roma", "eth0", "10.0.1.11", 254, "0", false, "to 10.0.1.11 by eth0")]
    [InlineData("10.244.0.2", "10.244.0.9", "Refused", "roma", null, null, 254, "0", false, "free address of a block of this host")]
    [InlineData("10.244.0.2", "203.0.113.9", "Accepted", "roma", "eth0", "10.0.1.1", 254, "0", true, "to 10.0.1.1 by eth0")]
    [InlineData("10.244.0.2", "198.51.100.9", "Accepted", "roma", "eth0", "10.0.1.1", 254, "0", false, "to 10.0.1.1")]
    [InlineData("10.244.0.2", "10.0.1.11", "Accepted", "roma", "eth0", null, 254, "0", false, "10.0.1.11 itself")]
    [InlineData("10.244.0.2", "169.254.169.254", "Refused", "roma", null, null, null, "0", false, "instance metadata")]
    [InlineData("10.244.0.2", "10.0.1.10", "Accepted", "roma", "node", null, 255, "0", false, "address of this node")]
    // The fabric's: to a pod here, through, to nobody, and what a wrong route upstream sent.
    [InlineData("10.244.0.70", "10.244.0.2", "Accepted", "eth0", "roma", null, 254, "0", false, "is a pod of this host")]
    [InlineData("10.244.7.1", "10.244.0.70", "Accepted", "eth0", "eth0", "10.0.1.11", 880, "untracked", false, "transit: passed on to 10.0.1.11")]
    [InlineData("10.244.7.1", "10.244.0.200", "Refused", "eth0", null, null, 880, "0", false, "the loop guard")]
    [InlineData("10.244.7.1", "10.244.9.9", "Refused", "eth0", "eth0", "10.0.1.1", 254, "0", false, "forward/misrouted4")]
    // The node's own, and what is none of ours.
    [InlineData("10.0.1.10", "10.244.0.2", "Accepted", "node", "roma", null, 254, "0", false, "is a pod of this host")]
    [InlineData("10.0.1.10", "203.0.113.9", "NotOurs", "node", "eth0", "10.0.1.1", 254, "0", false, "the machine's own routing")]
    // VLANs: to the gateway, also for a pod of this host; within one; past the gateway from outside; another VLAN's node address.
    [InlineData("192.168.10.65", "192.168.20.65", "Accepted", "rom10", "v10", "192.168.10.1", 1010, "10", false, "gateway of VLAN 10, 192.168.10.1; 192.168.20.65 is a pod of this host, so it comes back by VLAN 20")]
    [InlineData("192.168.10.65", "203.0.113.9", "Accepted", "rom10", "v10", "192.168.10.1", 1010, "10", false, "gateway of VLAN 10")]
    [InlineData("192.168.10.65", "192.168.10.81", "Accepted", "rom10", "v10", "192.168.10.3", 1010, "10", false, "a host in VLAN 10")]
    [InlineData("192.168.10.65", "192.168.10.9", "Accepted", "rom10", "v10", null, 1010, "10", false, "its neighbour in VLAN 10")]
    [InlineData("203.0.113.9", "192.168.10.65", "Accepted", "eth0", "eth0", "10.0.1.1", 254, "0", false, "transit: passed on to 10.0.1.1")]
    [InlineData("192.168.20.65", "192.168.10.2", "Refused", "rom20", "node", null, 255, "20", false, "vlan_input/elsewhere20_4")]
    public void Each_packet_is_followed(string from, string to, string verdict, string enters, string? leaves, string? gateway, int? table, string zone, bool isTranslated, string why)
    {
        var told = _host.Explain(from, to);
        Assert.Equal((verdict, enters, leaves, gateway), (told.Verdict.ToString(), told.Enters, told.Leaves, told.Gateway));
        Assert.Equal(((uint?)table, zone), (told.Table, told.Zone));
        Assert.Equal(isTranslated ? "source becomes 10.0.1.10 (postrouting/egress4)" : null, told.Translation);
        Assert.Contains(why, told.Why, StringComparison.Ordinal);
        Assert.NotNull(told.Rule);
    }

    [Fact]
    public void A_source_that_is_not_the_interfaces_is_refused_by_nft()
    {
        _host.Sets["pods4"] = "roma . 10.244.0.9";
        var told = _host.Explain("10.244.0.2", "10.244.0.3");
        Assert.Equal((Verdict.Refused, "nft's prerouting/spoof4: roma may not send with 10.244.0.2"), (told.Verdict, told.Why));
    }

    [Fact]
    public void A_VLAN_without_its_gateway_refuses_and_takes_no_other_way()
    {
        _host.Routes.RemoveAll(route => route.Table == 1010 && route.Hops is [{ Via: not null }]);
        var told = _host.Explain("192.168.10.65", "192.168.20.65");
        Assert.Equal((Verdict.Refused, 1010u), (told.Verdict, told.Table!.Value));
        Assert.Contains("fails closed", told.Why, StringComparison.Ordinal);

        _host.Routes.RemoveAll(route => route.Table == 1010);
        told = _host.Explain("192.168.20.65", "192.168.10.65");
        Assert.Equal(Verdict.Accepted, told.Verdict);
        _host.Rules.RemoveAll(rule => rule.Table == 1020);
        told = _host.Explain("192.168.20.65", "192.168.10.65");
        Assert.Equal(Verdict.Refused, told.Verdict);
        Assert.Contains("that VLAN's table alone", told.Why, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_our_table_nothing_is_translated_and_that_is_said()
    {
        _host.HasNft = false;
        var told = _host.Explain("10.244.0.2", "10.244.0.70");
        Assert.Equal((Verdict.Accepted, null), (told.Verdict, told.Translation));
        Assert.EndsWith("our nft table is missing, so nothing is translated or checked", told.Why, StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_leads_anywhere_on_a_bare_machine()
    {
        _host.Routes.RemoveAll(route => route.Table == 254);
        Assert.Equal(Verdict.NotSeen, _host.Explain("10.244.0.2", "10.244.0.3").Verdict);
        Assert.Equal(Verdict.Unreachable, _host.Explain("10.0.1.10", "203.0.113.9").Verdict);
    }

    [Fact]
    public void Chains_of_others_that_drop_by_policy_are_named_for_what_is_forwarded()
    {
        Assert.Contains("inet other forward", Assert.Single(_host.Explain("10.244.0.2", "10.244.0.70").Notes), StringComparison.Ordinal);
        Assert.Empty(_host.Explain("10.0.1.10", "10.244.0.2").Notes);
    }

    [Theory]
    [InlineData("nonsense", "10.0.0.1", null, "SRC 'nonsense' is no address")]
    [InlineData("10.0.0.1", "10.0.0.0/8", null, "DST '10.0.0.0/8' is no address")]
    [InlineData("10.0.0.1", "fd00::1", null, "no packet has both")]
    [InlineData("10.0.0.1", "10.0.0.2", "0", "PORT '0' is no port")]
    [InlineData("10.0.0.1", "10.0.0.2", "http", "PORT 'http' is no port: a number from 1 to 65535")]
    public void A_wrong_question_is_told_what_is_wrong(string from, string to, string? port, string wrong)
    {
        Assert.Null(PacketQuestion.Parse(from, to, port, out var said));
        Assert.Contains(wrong, said, StringComparison.Ordinal);
    }
}
