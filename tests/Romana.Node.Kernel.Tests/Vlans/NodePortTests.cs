using System.Net.Sockets;
using Romana.Ipam.Addressing;
using Romana.Node.Kernel.Tests.Fabric;

namespace Romana.Node.Kernel.Tests.Vlans;

/// <summary>
/// Services in the shape that kube-proxy gives them: NodePorts that come in by the management network, with the caller's
/// address kept or translated, to pods here and on the other host; and a service's own address, called by the node.
/// </summary>
public sealed class NodePortTests
{
    private const int Calls = 5, Cluster = 30_081, Local = 31_081, Service = 80;

    /// <summary>In the order of the ports; the last two are on the other host.</summary>
    private static readonly string[] Pods = ["p10a", "p20a", "p10c", "p20c"];

    public static TheoryData<IpFamily, ProtocolType> Kinds => new(
        from family in VlanLab.Families from protocol in new[] { ProtocolType.Tcp, ProtocolType.Udp } select (family, protocol));

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_NodePort_leads_to_pods_of_every_VLAN_here_and_on_the_other_host(IpFamily family, ProtocolType protocol)
    {
        using var lab = Settled();
        var host = lab.Hosts[0];
        for (var index = 0; index < Pods.Length; index++)
            await AnsweredAsync(lab.Gateway, host.ManagementOf(family), Cluster + index, protocol, host.Own(VlanLab.VlanOf(Pods[index]), family), keepsPort: null);
        // externalTrafficPolicy Local: to pods of this host alone, and they see who calls.
        for (var index = 0; index < 2; index++)
            await AnsweredAsync(lab.Gateway, host.ManagementOf(family), Local + index, protocol, VlanLab.Outside(family), keepsPort: true);
        Assert.Equal(0, host.Shortcuts());

        // What is not translated does not come in there, whatever the caller's routes say.
        lab.Gateway.Ip($"{(family == IpFamily.IPv6 ? "-6 " : "")}route add {VlanLab.Address("p10a", family)} via {host.ManagementOf(family)}");
        Assert.Null((await lab.Gateway.AskAsync(VlanLab.Address("p10a", family), LabServer.Who, protocol)).Peer);
    }

    /// <summary>By way of the gateway where the pod is of another VLAN, and with the caller's own port.</summary>
    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_pod_calls_its_own_nodes_port(IpFamily family, ProtocolType protocol)
    {
        using var lab = Settled();
        var before = lab.ThroughGateway("p10a", "p20a", family);
        await AnsweredAsync(lab["p10a"], lab.Hosts[0].ManagementOf(family), Cluster + 1, protocol, VlanLab.Address("p10a", family), keepsPort: true);
        Assert.True(lab.ThroughGateway("p10a", "p20a", family) >= before + Calls);
        Assert.Equal(0, lab.Hosts[0].Shortcuts());
    }

    /// <summary>
    /// The node calls a service's own address: its own pods see its address in their VLAN; to others the call goes from the
    /// address that it had before it was translated, by the management's way and the gateway.
    /// </summary>
    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_node_reaches_a_service_of_pods_of_each_VLAN(IpFamily family, ProtocolType protocol)
    {
        using var lab = Settled();
        var host = lab.Hosts[0];
        for (var index = 0; index < Pods.Length; index++)
            await AnsweredAsync(host.Node, ServiceAddress(index, family), Service, protocol,
                lab.Host(Pods[index]) == host ? host.Own(VlanLab.VlanOf(Pods[index]), family) : host.ManagementOf(family), keepsPort: null);
    }

    /// <summary>Without our table a NodePort leads into no VLAN but by the gateway; the management goes on.</summary>
    [Theory]
    [InlineData(IpFamily.IPv4)]
    [InlineData(IpFamily.IPv6)]
    public async Task Without_our_table_NodePorts_lead_into_no_VLAN_and_the_management_goes_on(IpFamily family)
    {
        using var lab = Settled();
        var host = lab.Hosts[0];
        host.Node.Forget();
        await lab.Gateway.AskAsync(host.ManagementOf(family), Cluster);
        Assert.True(Inward() > 0);
        host.Node.Apply("delete table inet romana\n");
        host.Node.Forget();
        foreach (var port in new[] { Cluster, Cluster + 1, Local, Local + 1 })
            await lab.Gateway.AskAsync(host.ManagementOf(family), port, limit: TimeSpan.FromMilliseconds(500));
        Assert.Equal(0, Inward());
        Assert.NotNull((await lab.Gateway.AskAsync(host.ManagementOf(family))).Peer);

        long Inward() => host.Node.Crossed((way, outward) => way == "eth0" && outward != "eth0");
    }

    private static VlanLab Settled()
    {
        var lab = VlanLab.Create();
        foreach (var host in lab.Hosts) host.Settle();
        string To(int from, IpFamily family) => string.Join(", ", Pods.Select((pod, index) => $"{from + index} : {VlanLab.Address(pod, family)}"));
        string Own(IpFamily family) => string.Join(", ", Pods.Select((pod, index) => $"{ServiceAddress(index, family)} : {VlanLab.Address(pod, family)}"));
        // 0x4000 asks for the source's translation.
        lab.Hosts[0].Node.Apply($$"""
            table inet service {
              chain pre { type nat hook prerouting priority dstnat; policy accept; jump services; }
              chain out { type nat hook output priority -100; policy accept; jump services; }
              chain post { type nat hook postrouting priority srcnat; policy accept; meta mark & 0x4000 != 0 masquerade; }
              chain services {
                fib daddr type local meta l4proto { tcp, udp } th dport { {{Cluster}}-{{Cluster + 3}} } meta mark set meta mark or 0x4000
                meta l4proto { tcp, udp } th dport {{Service}} dnat ip to ip daddr map { {{Own(IpFamily.IPv4)}} } : {{LabServer.Who}}
                meta l4proto { tcp, udp } th dport {{Service}} dnat ip6 to ip6 daddr map { {{Own(IpFamily.IPv6)}} } : {{LabServer.Who}}
                fib daddr type local meta nfproto ipv4 meta l4proto { tcp, udp } dnat ip to th dport map { {{To(Cluster, IpFamily.IPv4)}}, {{To(Local, IpFamily.IPv4)}} } : {{LabServer.Who}}
                fib daddr type local meta nfproto ipv6 meta l4proto { tcp, udp } dnat ip6 to th dport map { {{To(Cluster, IpFamily.IPv6)}}, {{To(Local, IpFamily.IPv6)}} } : {{LabServer.Who}}
              }
            }
            """);
        return lab;
    }

    private static IpAddress ServiceAddress(int index, IpFamily family) => IpAddress.Parse(family == IpFamily.IPv4 ? $"10.96.0.1{index}" : $"fd96::1{index}");

    /// <param name="keepsPort">Null: either way.</param>
    private static async Task AnsweredAsync(LabNode from, IpAddress to, int port, ProtocolType protocol, IpAddress seenAs, bool? keepsPort)
    {
        for (var call = 0; call < Calls; call++)
        {
            var answer = await from.AskAsync(to, port, protocol);
            Assert.True(answer.Peer == seenAs.ToString(), $"{protocol} {to} {port}: seen as {answer.Peer ?? "nobody"}, not as {seenAs}");
            if (keepsPort is { } keeps) Assert.Equal(keeps, answer.KeptPort);
        }
    }
}
