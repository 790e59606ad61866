using System.Net;
using System.Net.Sockets;
using Romana.Ipam.Addressing;
using Romana.Node.Kernel.Tests.Fabric;
using Romana.Node.Linux.Netlink.Records;

namespace Romana.Node.Kernel.Tests.Vlans;

/// <summary>What is done to the first host of the lab while packets go from p10a to p20a, and how each that arrives is told.</summary>
internal static class VlanFaults
{
    /// <summary>By its TTL, which shows how many routers a datagram passed: three by the gateway, one past it.</summary>
    public static void Watch(LabNode pod) =>
        pod.Apply("""
            table inet arrivals {
              chain input { type filter hook input priority -300; policy accept;
                udp dport 4711 ip ttl 61 counter drop comment "gateway4"
                udp dport 4711 ip6 hoplimit 61 counter drop comment "gateway6"
                udp dport 4711 counter drop comment "otherwise"
              }
            }
            """);

    /// <summary>By what arrived, by what the gateway passed on, and by what the host passed from pod to pod.</summary>
    public static void AssertNoShortcut(VlanLab lab, string what)
    {
        Assert.Equal(0, lab.Hosts[0].Shortcuts());
        var arrived = new[] { "gateway4", "gateway6", "otherwise" }.Select(name => lab["p20a"].Counted(name, "arrivals")).ToArray();
        TestContext.Current.SendDiagnosticMessage($"{what}; {arrived[0]} + {arrived[1]} arrived by the gateway, {arrived[2]} otherwise");
        Assert.Equal(0, arrived[2]);
        Assert.True(arrived[0] > 10_000 && arrived[1] > 10_000, $"{arrived[0]} and {arrived[1]} arrived: the policy does not hold, it breaks");
        Assert.True(lab.ThroughGateway("p10a", "p20a", IpFamily.IPv4) >= arrived[0]);
        Assert.True(lab.ThroughGateway("p10a", "p20a", IpFamily.IPv6) >= arrived[1]);
    }

    /// <returns>Datagrams that were sent, of both families.</returns>
    public static async Task<int> SendAsync(VlanLab lab, int each)
    {
        using var four = lab["p10a"].Space.Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp));
        using var six = lab["p10a"].Space.Run(() => new Socket(AddressFamily.InterNetworkV6, SocketType.Dgram, ProtocolType.Udp));
        var (to4, to6) = (Target(IpFamily.IPv4), Target(IpFamily.IPv6));
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(10), TimeProvider.System);
        var (sent, payload) = (0, new byte[16]);
        for (var round = 0; round < each; round += 25)
        {
            await timer.WaitForNextTickAsync(TestContext.Current.CancellationToken);
            for (var packet = 0; packet < 25; packet++)
            {
                sent += Send(four, to4, payload);
                sent += Send(six, to6, payload);
            }
        }

        return sent;
    }

    /// <summary>A refusal is told to the sender by ICMP, at the next datagram: that one is sent again.</summary>
    private static int Send(Socket socket, EndPoint to, byte[] payload)
    {
        for (var turn = 0; turn < 3; turn++)
        {
            try
            {
                socket.SendTo(payload, to);
                return 1;
            }
            catch (SocketException)
            {
            }
        }

        return 0;
    }

    private static IPEndPoint Target(IpFamily family) => new(VlanLab.Address("p20a", family).ToIPAddress(), 4_711);

    public static void Harm(VlanLab lab, string fault)
    {
        var host = lab.Hosts[0].Node;
        switch (fault)
        {
            case "nft table deleted": host.Apply("delete table inet romana\n"); break;
            case "VLAN table flushed": host.Ip("route flush table 1010\n-6 route flush table 1010"); break;
            case "both VLANs' tables flushed": host.Ip("route flush table 1010\nroute flush table 1020\n-6 route flush table 1010\n-6 route flush table 1020"); break;
            case "lookup by source deleted": host.Ip("rule del pref 15000 from 192.168.10.0/24\n-6 rule del pref 15000 from fd00:10::/64"); break;
            case "all rules deleted":
                foreach (var rule in host.Kernel.Rules.List().Where(rule => rule.Protocol == RouteProtocols.Romana)) host.Kernel.Rules.Remove(rule);
                break;
            case "uplink down": host.Ip("link set v10 down"); break;
            case "uplink flapped": host.Ip("link set v10 down\nlink set v10 up"); break;
            case "gateway's leg down": lab.Gateway.Ip("link set v10 down"); break;
            default: throw new InvalidOperationException(fault);
        }
    }

    /// <summary>Each thing of the recipe alone, and the flaps.</summary>
    public static IEnumerable<(string, Action)> Harms(VlanLab lab)
    {
        var node = lab.Hosts[0].Node;
        foreach (var rule in node.Kernel.Rules.List().Where(rule => rule.Protocol == RouteProtocols.Romana))
            yield return ($"rule {rule}", () => node.Kernel.Rules.Remove(rule));
        foreach (var route in node.Kernel.Routes.List(new RouteFilter { Protocol = RouteProtocols.Romana }))
            yield return ($"route {route}", () => node.Kernel.Routes.Remove(route));
        foreach (var proxy in node.Kernel.Neighbours.ListProxies())
            yield return ($"{proxy}", () => node.Kernel.Neighbours.Remove(proxy));
        foreach (var script in Script(lab)) yield return script;
    }

    public static IEnumerable<(string, Action)> Script(VlanLab lab)
    {
        var node = lab.Hosts[0].Node;
        foreach (var fault in new[] { "nft table deleted", "VLAN table flushed", "both VLANs' tables flushed", "lookup by source deleted", "all rules deleted", "uplink flapped" })
            yield return (fault, () => Harm(lab, fault));
        yield return ("node address", () => node.Ip($"addr del {lab.Hosts[0].Own(10, IpFamily.IPv4)}/24 dev v10\n-6 addr del {lab.Hosts[0].Own(20, IpFamily.IPv6)}/64 dev v20"));
        yield return ("nft chain flushed", () => node.Apply("flush chain inet romana vlan_in\n"));
        yield return ("nft sets flushed", () => node.Apply("flush set inet romana pods4\nflush set inet romana vlan10\n"));
        yield return ("table of the node flushed", () => node.Ip("route flush table 999\n-6 route flush table 999"));
        yield return ("VLAN 20's uplink flapped", () => node.Ip("link set v20 down\nlink set v20 up"));
    }
}
