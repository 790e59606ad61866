using Romana.Ipam.Addressing;
using Romana.Node.Kernel.Tests.Fabric;
using Romana.Node.Linux.Netlink.Records;

namespace Romana.Node.Kernel.Tests.Vlans;

/// <summary>Where VLANs meet the rest of the node: its management, and traffic from outside.</summary>
public sealed class VlanEdgeTests
{
    /// <summary>Whatever of ours goes, in whatever order: whoever manages the machine reaches it, and pods of two VLANs do not meet.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_management_outlives_every_table_and_rule_of_ours(bool isInside)
    {
        using var lab = VlanLab.Create(isInside);
        foreach (var host in lab.Hosts) host.Settle();
        var node = lab.Hosts[0].Node;
        var managed = isInside ? VlanLab.In(10, 2, IpFamily.IPv4) : lab.Hosts[0].Management;
        await ReachedAsync("settled");
        Assert.True((await lab.CallAsync("p10a", "p20a", IpFamily.IPv4)).Answered);
        node.Ip(string.Join('\n', new[] { 999, 1010, 1020 }.SelectMany(table => new[] { $"route flush table {table}", $"-6 route flush table {table}" })));
        await ReachedAsync("tables flushed");
        Assert.False((await lab.CallAsync("p10a", "p20a", IpFamily.IPv4)).Answered);
        foreach (var rule in node.Kernel.Rules.List().Where(rule => rule.Protocol == RouteProtocols.Romana).Reverse())
        {
            node.Kernel.Rules.Remove(rule);
            await ReachedAsync($"without {rule}");
        }

        node.Apply("delete table inet romana\n");
        await ReachedAsync("without the nft table");
        Assert.Equal(0, lab.Hosts[0].Shortcuts());

        async Task ReachedAsync(string when) => Assert.True((await lab.Gateway.AskAsync(managed)).Peer is not null, $"{managed} is not reached: {when}");
    }

    /// <summary>A VLAN is refused that the machine itself is reached by: its pods are closed, the machine is not.</summary>
    [Fact]
    public async Task The_refusal_of_the_managements_own_VLAN_closes_its_pods_alone()
    {
        using var lab = VlanLab.Create(isInside: true);
        foreach (var one in lab.Hosts) one.Settle();
        var (host, known) = (lab.Hosts[0], lab.Hosts[0].Known);
        var refused = known.Vlans with { Networks = [.. known.Vlans.Networks.Select(network => network.Id == 10 ? network with { Gateway = null } : network)] };
        Assert.Single(host.Pass.Run(known with { Vlans = refused }, host.Pods).Refusals);
        Assert.NotNull((await lab.Gateway.AskAsync(host.Address)).Peer);
        Assert.NotNull((await host.Node.AskAsync(VlanLab.In(10, 1, IpFamily.IPv4))).Peer);
        host.Node.Apply("delete table inet romana\n");
        host.Node.Forget();
        foreach (var family in VlanLab.Families) Assert.False((await lab.CallAsync("p10a", "p20a", family, TimeSpan.FromMilliseconds(500))).Answered);
        Assert.Equal(0, host.Node.Crossed((way, _) => host.VlanOf(way) == 10));
        Assert.NotNull((await lab.Gateway.AskAsync(host.Address)).Peer);
        Assert.NotNull((await lab.Gateway.AskAsync(VlanLab.Address("p20a", IpFamily.IPv4))).Peer);
    }

    /// <summary>A NodePort: the caller's address is kept, or becomes the node's in the pod's VLAN where kube-proxy asks for that.</summary>
    [Theory]
    [InlineData("p10a", false, "10.0.0.1")]
    [InlineData("p20a", false, "10.0.0.1")]
    [InlineData("p10a", true, "192.168.10.2")]
    [InlineData("p20a", true, "192.168.20.2")]
    public async Task What_the_node_translates_from_outside_reaches_the_pod_and_is_answered(string pod, bool masquerade, string seenAs)
    {
        using var lab = VlanLab.Create();
        foreach (var host in lab.Hosts) host.Settle();
        var node = lab.Hosts[0].Node;
        node.Apply($$"""
            table inet service {
              chain asks { type filter hook prerouting priority -110; policy accept;
                {{(masquerade ? "iifname \"eth0\" tcp dport 31081 meta mark set meta mark | 0x4000" : "")}}
              }
              chain ports { type nat hook prerouting priority dstnat; policy accept;
                iifname "eth0" tcp dport 31081 dnat ip to {{VlanLab.Address(pod, IpFamily.IPv4)}}:8080
              }
            }
            """);
        for (var call = 0; call < 5; call++)
            Assert.Equal(seenAs, (await lab.Gateway.AskAsync(lab.Hosts[0].Management, 31_081)).Peer);
        // It is the marks that lead it: without them the way into a VLAN is the gateway's alone.
        node.Apply("flush chain inet romana vlan_marks\n");
        Assert.Null((await lab.Gateway.AskAsync(lab.Hosts[0].Management, 31_081)).Peer);
    }
}
