using Romana.Ipam.Addressing;
using Romana.Node.Kernel.Tests.Fabric;
using Romana.Node.Planning.Vlans;

namespace Romana.Node.Kernel.Tests.Vlans;

/// <summary>Which way packets take between pods of VLANs, as the gateway counts them.</summary>
public sealed class VlanPathTests
{
    /// <summary>
    /// Another VLAN's pod is reached by the gateway, on this host as on another, and the gateway sees every packet of the
    /// call both ways; the same VLAN's without it.
    /// </summary>
    [Fact]
    public async Task Between_VLANs_every_packet_passes_the_gateway_and_within_one_none_does()
    {
        using var lab = Settled();
        string[] pods = ["p10a", "p10b", "p20a", "p20b", "p10c", "p20c"];
        foreach (var family in VlanLab.Families)
        {
            foreach (var (from, to) in pods.SelectMany(from => pods.Where(to => to != from).Select(to => (from, to))))
            {
                var (answered, forwarded) = await lab.CallAsync(from, to, family);
                Assert.True(answered, $"{family} {from} -> {to}: no answer");
                // A call over TCP: syn, syn-ack, ack, data, and the ends.
                if (from[..3] == to[..3]) Assert.True(forwarded == 0, $"{family} {from} -> {to}: the gateway forwarded {forwarded} packets");
                else Assert.True(forwarded >= 6, $"{family} {from} -> {to}: the gateway forwarded {forwarded} packets only");
            }
        }
    }

    /// <summary>The host itself forwards nothing between interfaces of two VLANs' pods.</summary>
    [Fact]
    public async Task A_host_never_forwards_from_pod_to_pod_of_another_VLAN()
    {
        using var lab = Settled();
        foreach (var family in VlanLab.Families)
        {
            Assert.True((await lab.CallAsync("p10a", "p20a", family)).Answered);
            Assert.Equal(0, lab.Hosts[0].Shortcuts());
            // The counter counts: within a VLAN the host does forward.
            Assert.True((await lab.CallAsync("p10a", "p10b", family)).Answered);
            Assert.True(lab.Hosts[0].Node.Seen(VlanLab.Address("p10a", family), VlanLab.Address("p10b", family)) > 0);
        }
    }

    [Fact]
    public async Task A_node_reaches_its_own_pods_and_others_of_the_VLAN_without_the_gateway()
    {
        using var lab = Settled();
        foreach (var family in VlanLab.Families)
        {
            foreach (var pod in new[] { "p10a", "p20b", "p10c" })
                Assert.NotNull((await lab.Hosts[0].Node.AskAsync(VlanLab.Address(pod, family))).Peer);
        }
    }

    [Fact]
    public async Task The_gateway_finds_each_pod_and_nobody_answers_for_a_free_address()
    {
        using var lab = Settled();
        foreach (var family in VlanLab.Families)
        {
            Assert.NotNull((await lab.Gateway.AskAsync(VlanLab.Address("p10a", family))).Peer);
            Assert.Null((await lab.Gateway.AskAsync(VlanLab.In(10, 70, family))).Peer);
            Assert.True(await lab["p10a"].TossAsync(VlanLab.In(10, 70, family)), $"{family}: a free address of the own block is not refused");
        }
    }

    [Fact]
    public async Task A_pod_is_not_handed_its_nodes_address_in_another_VLAN()
    {
        using var lab = Settled();
        foreach (var family in VlanLab.Families)
        {
            Assert.NotNull((await lab["p10a"].AskAsync(VlanLab.In(10, 2, family))).Peer);
            Assert.Null((await lab["p10a"].AskAsync(VlanLab.In(20, 2, family))).Peer);
        }
    }

    [Fact]
    public async Task A_source_of_another_VLAN_is_dropped_where_it_comes_from()
    {
        using var lab = Settled();
        lab["p10a"].Ip("addr add 192.168.20.99/32 dev eth0\nroute replace default via 169.254.1.1 dev eth0 src 192.168.20.99\n"
            + "-6 addr add fd00:20::99/128 dev eth0 nodad\n-6 route replace default via fe80::1 dev eth0 src fd00:20::99");
        foreach (var family in VlanLab.Families)
        {
            var before = lab.Hosts[0].Node.Counted($"spoof{VlanTerms.N(family)}");
            Assert.Null((await lab["p10a"].AskAsync(VlanLab.Address("p20a", family))).Peer);
            Assert.True(lab.Hosts[0].Node.Counted($"spoof{VlanTerms.N(family)}") > before);
        }
    }

    /// <summary>What the policy is for: one table for all pods, as routed networks have it, and the host is the way.</summary>
    [Fact]
    public async Task Without_the_policy_the_host_short_circuits()
    {
        using var lab = Settled();
        lab.Hosts[0].Node.Ip("rule add pref 1 lookup 999\n-6 rule add pref 1 lookup 999");
        lab.Hosts[0].Node.Apply("delete table inet romana\n");
        foreach (var family in VlanLab.Families)
        {
            var (answered, forwarded) = await lab.CallAsync("p10a", "p20a", family);
            Assert.True(answered);
            Assert.Equal(0, forwarded);
            Assert.True(lab.Hosts[0].Shortcuts() > 0);
        }
    }

    /// <summary>20 connections to a service that the host translates to a pod of another VLAN on itself: they leave it and come back.</summary>
    [Fact]
    public async Task Connections_that_leave_and_come_back_keep_their_source_ports()
    {
        using var lab = Settled();
        var host = lab.Hosts[0].Node;
        host.Apply("""
            table inet service {
              chain nat { type nat hook prerouting priority dstnat; policy accept;
                ip daddr 10.96.0.10 tcp dport 8080 dnat ip to 192.168.20.65:8080
                ip6 daddr fd00:96::10 tcp dport 8080 dnat ip6 to [fd00:20::41]:8080
              }
            }
            """);
        foreach (var service in new[] { "10.96.0.10", "fd00:96::10" })
            Assert.Equal(20, await KeptAsync(lab, IpAddress.Parse(service)));
        host.Apply("flush chain inet romana vlan_in\nflush chain inet romana vlan_out\n");
        // Without zones the second half clashes with the first.
        Assert.Equal(0, await KeptAsync(lab, IpAddress.Parse("10.96.0.10")));
    }

    [Fact]
    public void A_settled_host_is_not_written_to()
    {
        using var lab = Settled();
        foreach (var host in lab.Hosts)
        {
            var writes = host.Kernel.Writes;
            Assert.True(host.Settle().IsSettled);
            Assert.Equal(writes, host.Kernel.Writes);
        }
    }

    private static VlanLab Settled()
    {
        var lab = VlanLab.Create();
        foreach (var host in lab.Hosts) host.Settle();
        return lab;
    }

    private static async Task<int> KeptAsync(VlanLab lab, IpAddress service)
    {
        var kept = 0;
        for (var call = 0; call < 20; call++) kept += (await lab["p10a"].AskAsync(service)).KeptPort ? 1 : 0;
        return kept;
    }
}
