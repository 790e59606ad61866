using System.Net;
using System.Net.Sockets;
using Romana.Ipam.Addressing;
using Romana.Node.Kernel.Tests.Fabric;
using Romana.Node.Linux.Netlink.Records;

namespace Romana.Node.Kernel.Tests.Vlans;

/// <summary>What others do to a host's VLANs: nothing opens, and what was taken is put back.</summary>
public sealed class VlanFaultTests
{
    private static readonly TimeSpan Healing = TimeSpan.FromMilliseconds(250);

    /// <summary>Nobody heals here. "Gateway": the call still goes by it. "Closed": no answer, and no packet from pod to pod.</summary>
    [Theory]
    [InlineData("nft table deleted", "Gateway")]
    [InlineData("VLAN table flushed", "Closed")]
    [InlineData("both VLANs' tables flushed", "Closed")]
    [InlineData("lookup by source deleted", "Closed")]
    [InlineData("all rules deleted", "Closed")]
    [InlineData("uplink down", "Closed")]
    [InlineData("uplink flapped", "Closed")]
    [InlineData("gateway's leg down", "Closed")]
    public async Task A_fault_opens_nothing(string fault, string expected)
    {
        using var lab = VlanLab.Create();
        foreach (var host in lab.Hosts) host.Settle();
        Harm(lab, fault);
        foreach (var family in VlanLab.Families)
        {
            var (answered, forwarded) = await lab.CallAsync("p10a", "p20a", family);
            Assert.Equal(expected == "Gateway", answered);
            if (expected == "Gateway") Assert.True(forwarded >= 6);
        }

        Assert.Equal(0, lab.Hosts[0].Shortcuts());
        Assert.Equal(0, lab.Hosts[0].Node.Crossed((way, outward) => way.StartsWith("rom", StringComparison.Ordinal) && outward == "eth0" && fault != "all rules deleted"));
        // Within the VLAN the host's own pods go on, where their table stands.
        if (fault is "uplink down" or "gateway's leg down" or "uplink flapped")
            foreach (var family in VlanLab.Families) Assert.True((await lab.CallAsync("p10a", "p10b", family)).Answered, $"{family} within the VLAN");
        if (fault == "gateway's leg down")
            foreach (var family in VlanLab.Families) Assert.True((await lab.CallAsync("p10a", "p10c", family)).Answered, $"{family} host to host");
    }

    [Fact]
    public async Task Every_single_deletion_and_each_flap_is_healed_in_250_milliseconds()
    {
        using var lab = VlanLab.Create();
        foreach (var one in lab.Hosts) one.Settle();
        var host = lab.Hosts[0];
        await using var running = await RunningVlans.StartAsync(host);
        var (before, dump) = (host.Glance(), host.Dump());
        var slow = new List<string>();
        foreach (var (what, harm) in Harms(lab))
        {
            var took = await running.HealedAsync(before, harm);
            TestContext.Current.SendDiagnosticMessage($"{what}: {took.TotalMilliseconds:F0} ms");
            if (took > Healing) slow.Add($"{what}: {took.TotalMilliseconds:F0} ms");
        }

        Assert.Equal(dump, host.Dump());
        Assert.Empty(slow);
        foreach (var family in VlanLab.Families) Assert.True((await lab.CallAsync("p10a", "p20a", family)).Answered);
    }

    /// <summary>
    /// 100,000 datagrams from a pod to one of another VLAN on the same host, half in each family, while things are taken
    /// away all the time. Each that arrives has passed three routers; one that the host passed on itself has passed one.
    /// </summary>
    [Fact]
    public async Task Of_100000_packets_under_faults_none_takes_a_shortcut()
    {
        using var lab = VlanLab.Create();
        foreach (var one in lab.Hosts) one.Settle();
        var host = lab.Hosts[0];
        await using var running = await RunningVlans.StartAsync(host);
        lab["p20a"].Apply("""
            table inet arrivals {
              chain input { type filter hook input priority -300; policy accept;
                udp dport 4711 ip ttl 61 counter drop comment "gateway4"
                udp dport 4711 ip6 hoplimit 61 counter drop comment "gateway6"
                udp dport 4711 counter drop comment "otherwise"
              }
            }
            """);
        var sending = Task.Run(() => SendAsync(lab, 50_000), TestContext.Current.CancellationToken);
        var before = host.Glance();
        var rounds = 0;
        while (!sending.IsCompleted)
        {
            foreach (var (_, harm) in Script(lab))
            {
                if (sending.IsCompleted) break;
                await running.HealedAsync(before, harm);
                rounds++;
            }
        }

        var sent = await sending;
        Assert.True(sent >= 99_000, $"only {sent} packets could be sent");
        Assert.True(rounds >= 20, $"only {rounds} faults while packets were on the way");
        Assert.Equal(0, host.Shortcuts());
        var arrived = new[] { "gateway4", "gateway6", "otherwise" }.Select(name => lab["p20a"].Counted(name, "arrivals")).ToArray();
        TestContext.Current.SendDiagnosticMessage($"{sent} sent, {arrived[0]} + {arrived[1]} arrived by the gateway, {arrived[2]} otherwise; {rounds} faults");
        Assert.Equal(0, arrived[2]);
        Assert.True(arrived[0] > 10_000 && arrived[1] > 10_000, $"{arrived[0]} and {arrived[1]} arrived: the policy does not hold, it breaks");
        Assert.True(lab.ThroughGateway("p10a", "p20a", IpFamily.IPv4) >= arrived[0]);
        Assert.True(lab.ThroughGateway("p10a", "p20a", IpFamily.IPv6) >= arrived[1]);
    }

    private static async Task<int> SendAsync(VlanLab lab, int each)
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

    private static void Harm(VlanLab lab, string fault)
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
    private static IEnumerable<(string, Action)> Harms(VlanLab lab)
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

    private static IEnumerable<(string, Action)> Script(VlanLab lab)
    {
        var node = lab.Hosts[0].Node;
        foreach (var fault in new[] { "nft table deleted", "VLAN table flushed", "both VLANs' tables flushed", "lookup by source deleted", "all rules deleted", "uplink flapped" })
            yield return (fault, () => Harm(lab, fault));
        yield return ("node address", () => node.Ip("addr del 192.168.10.2/24 dev v10\n-6 addr del fd00:20::2/64 dev v20"));
        yield return ("nft chain flushed", () => node.Apply("flush chain inet romana vlan_in\n"));
        yield return ("nft sets flushed", () => node.Apply("flush set inet romana pods4\nflush set inet romana vlan10\n"));
        yield return ("table of the node flushed", () => node.Ip("route flush table 999\n-6 route flush table 999"));
        yield return ("VLAN 20's uplink flapped", () => node.Ip("link set v20 down\nlink set v20 up"));
    }
}
