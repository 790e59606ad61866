using System.Net.Sockets;
using Romana.Ipam.Addressing;
using Romana.Node.Linux.Netlink.Records;

namespace Romana.Node.Kernel.Tests.Fabric;

/// <summary>What pods send to the outside, to the metadata service, to places that know the way back, and by services.</summary>
public sealed class EgressTests : IDisposable
{
    private static readonly IpAddress Metadata4 = IpAddress.Parse("169.254.169.254"), Metadata6 = IpAddress.Parse("fd00:ec2::254");

    private readonly VpcLab _lab = VpcLab.Create();

    public void Dispose() => _lab.Dispose();

    [Theory]
    [InlineData(IpFamily.IPv4)]
    [InlineData(IpFamily.IPv6)]
    public async Task Outside_sees_the_hosts_address_and_nobody_else_does(IpFamily family)
    {
        var (pod, host, own) = (_lab.Pod("p3"), LabPlan.Address("h3", family).ToString(), LabPlan.Pod("h3", family).ToString());
        var outside = family == IpFamily.IPv4 ? VpcLab.Outside4 : VpcLab.Outside6;
        Assert.Equal(host, (await pod.AskAsync(outside)).Peer);
        Assert.Equal(host, (await pod.AskAsync(outside, protocol: ProtocolType.Udp)).Peer);
        // Places that know the way back, hosts of other subnets, pods.
        foreach (var to in new[] { family == IpFamily.IPv4 ? VpcLab.Native4 : VpcLab.Native6, LabPlan.Address("h6", family), LabPlan.Address("h1", family), LabPlan.Pod("h6", family) })
            Assert.Equal(new Answer(own, KeptPort: true), await pod.AskAsync(to));
        // The node's own traffic is untouched, also to the outside.
        for (var i = 0; i < 10; i++) Assert.Equal(new Answer(host, KeptPort: true), await _lab["h3"].Node.AskAsync(outside));
    }

    [Theory]
    [InlineData(IpFamily.IPv4)]
    [InlineData(IpFamily.IPv6)]
    public async Task Without_the_rule_of_egress_a_pods_address_is_seen_outside(IpFamily family)
    {
        _lab["h3"].Node.Apply("flush chain inet romana postrouting");
        var outside = family == IpFamily.IPv4 ? VpcLab.Outside4 : VpcLab.Outside6;
        Assert.Equal(LabPlan.Pod("h3", family).ToString(), (await _lab.Pod("p3").AskAsync(outside)).Peer);
        Assert.NotEmpty(_lab["h3"].Settle().Made);
        Assert.Equal(LabPlan.Address("h3", family).ToString(), (await _lab.Pod("p3").AskAsync(outside)).Peer);
    }

    [Fact]
    public async Task The_metadata_service_is_refused_to_pods_and_open_to_the_node()
    {
        foreach (var to in new[] { Metadata4, Metadata6 })
        {
            Assert.Null((await _lab.Pod("p3").AskAsync(to)).Peer);
            Assert.NotNull((await _lab["h3"].Node.AskAsync(to)).Peer);
        }

        foreach (var open in new[] { "169.254.170.23", "169.254.20.10", "fd00:ec2::23" }) Assert.NotNull((await _lab.Pod("p3").AskAsync(IpAddress.Parse(open))).Peer);

        // Behind a service too: the rule is looked up after the translation.
        _lab["h3"].Node.Apply("add table ip d\nadd chain ip d p { type nat hook prerouting priority dstnat; }\nadd rule ip d p ip daddr 10.96.9.9 dnat to 169.254.169.254");
        Assert.Null((await _lab.Pod("p3").AskAsync(IpAddress.Parse("10.96.9.9"))).Peer);

        // It outlives a flush of nftables, and goes with the rule.
        _lab["h3"].Node.Apply("delete table inet romana");
        Assert.Null((await _lab.Pod("p3").AskAsync(Metadata4)).Peer);
        _lab["h3"].Settle();
        foreach (var family in new[] { "", "-6 " }) _lab["h3"].Node.Run("ip", family + "rule del pref 530");
        Assert.NotNull((await _lab.Pod("p3").AskAsync(Metadata4)).Peer);
        Assert.NotNull((await _lab.Pod("p3").AskAsync(Metadata6)).Peer);
        Assert.Equal(2, _lab["h3"].Settle().Made.Length);
        Assert.Null((await _lab.Pod("p3").AskAsync(Metadata4)).Peer);
        Assert.Null((await _lab.Pod("p3").AskAsync(Metadata6)).Peer);
    }

    /// <summary>A second ENI in another subnet, with EC2's source check: main's connected route would take pods' packets there.</summary>
    [Theory]
    [InlineData(IpFamily.IPv4)]
    [InlineData(IpFamily.IPv6)]
    public async Task A_host_with_two_uplinks_sends_its_pods_out_by_the_pod_interface(IpFamily family)
    {
        var (host, second, target) = (_lab["h2"], IpAddress.Parse(family == IpFamily.IPv4 ? "10.0.2.22" : "2001:db8:1:2::22"), LabPlan.Address("h5", family));
        SecondUplink(host);
        Assert.Null((await _lab.Pod("p2").AskAsync(target)).Peer);
        Assert.Contains(host.Settle().Made, change => change.ToString()!.Contains("lookup 881", StringComparison.Ordinal));
        var own = LabPlan.Pod("h2", family).ToString();
        foreach (var to in new[] { target, LabPlan.Pod("h5", family), LabPlan.Pod("h3", family) })
            Assert.Equal(new Answer(own, KeptPort: true), await _lab.Pod("p2").AskAsync(to));
        Assert.Equal(LabPlan.Address("h2", family).ToString(), (await _lab.Pod("p2").AskAsync(family == IpFamily.IPv4 ? VpcLab.Outside4 : VpcLab.Outside6)).Peer);
        Assert.Equal(second.ToString(), (await host.Node.AskAsync(target)).Peer);
        Assert.NotNull((await host.Node.AskAsync(LabPlan.Pod("h2", family))).Peer);

        // The second ENI is a host address: whoever knows it keeps pods' sources towards it.
        Assert.Equal(LabPlan.Address("h5", family).ToString(), (await _lab.Pod("p5").AskAsync(second)).Peer);
        _lab["h5"].Known = _lab["h5"].Known with { HostAddresses = _lab["h5"].Known.HostAddresses.Add(second) };
        Assert.Single(_lab["h5"].Settle().Made);
        Assert.Equal(LabPlan.Pod("h5", family).ToString(), (await _lab.Pod("p5").AskAsync(second)).Peer);
        Assert.True(host.Settle().IsSettled);
    }

    /// <summary>Leaves the pod, is translated as kube-proxy does it, and comes back to the same host or another.</summary>
    [Theory]
    [InlineData(IpFamily.IPv4)]
    [InlineData(IpFamily.IPv6)]
    public async Task Services_that_leave_and_enter_again_keep_source_and_port(IpFamily family)
    {
        foreach (var host in new[] { "h1", "h6" }) _lab[host].Node.Apply(Services());
        var prefix = family == IpFamily.IPv4 ? "10.96.0." : "fd96::";
        foreach (var service in new[] { "1", "2", "3" })
        {
            for (var i = 0; i < 10; i++)
            {
                var answer = await _lab.Pod("p1").AskAsync(IpAddress.Parse(prefix + service), 80);
                Assert.Equal(new Answer(LabPlan.Pod("h1", family).ToString(), KeptPort: true), answer);
            }

            Assert.NotNull((await _lab["h1"].Node.AskAsync(IpAddress.Parse(prefix + service), 80)).Peer);
        }

        // A hairpin is masqueraded, and works; a service seen from far leads behind a router; a NodePort on a host that only routes.
        Assert.NotNull((await _lab.Pod("p1").AskAsync(IpAddress.Parse(prefix + "4"), 80)).Peer);
        Assert.Equal(LabPlan.Pod("h6", family).ToString(), (await _lab.Pod("p6").AskAsync(IpAddress.Parse(prefix + "2"), 80)).Peer);
        Assert.NotNull((await _lab.Outside.AskAsync(LabPlan.Address("h1", family), 30_080)).Peer);
    }

    private void SecondUplink(LabHost host)
    {
        _lab.Connect(host, "eth1", 2);
        host.Node.Set("net/ipv4/conf/eth1/rp_filter", "1");
        host.Node.Ip("""
            addr add 10.0.2.22/24 dev eth1
            addr add 2001:db8:1:2::22/64 dev eth1 nodad
            rule add pref 10001 from 10.0.2.22 lookup 10001
            route add default via 10.0.2.1 dev eth1 table 10001
            -6 rule add pref 10001 from 2001:db8:1:2::22 lookup 10001
            -6 route add default via 2001:db8:1:2::1 dev eth1 table 10001
            """);
        _lab.Vpc.Apply($$"""
            add table bridge check
            add chain bridge check c { type filter hook prerouting priority 0; }
            add rule bridge check c iifname "s{{host.Name}}eth1" ip saddr != 10.0.2.22 drop
            add rule bridge check c iifname "s{{host.Name}}eth1" ip6 saddr != { 2001:db8:1:2::22, fe80::/10 } drop
            """);
    }

    private static string Services()
    {
        static string P(string host, IpFamily family, int index = 2) => LabPlan.Pod(host, family, index).ToString();
        const IpFamily v4 = IpFamily.IPv4, v6 = IpFamily.IPv6;
        return $$"""
            table inet svc {
              chain pre { type nat hook prerouting priority dstnat;
                ip daddr . ip saddr { 10.96.0.4 . {{P("h1", v4)}} } meta mark set 0x4000
                ip6 daddr . ip6 saddr { fd96::4 . {{P("h1", v6)}} } meta mark set 0x4000
                fib daddr type local tcp dport 30080 meta mark set 0x4000
                jump s
              }
              chain out { type nat hook output priority -100; jump s; }
              chain s {
                tcp dport 80 dnat ip to ip daddr map { 10.96.0.1 : {{P("h1", v4, 3)}}, 10.96.0.2 : {{P("h3", v4)}}, 10.96.0.3 : {{P("h6", v4)}}, 10.96.0.4 : {{P("h1", v4)}} } : 8080
                tcp dport 80 dnat ip6 to ip6 daddr map { fd96::1 : {{P("h1", v6, 3)}}, fd96::2 : {{P("h3", v6)}}, fd96::3 : {{P("h6", v6)}}, fd96::4 : {{P("h1", v6)}} } : 8080
                meta nfproto ipv4 tcp dport 30080 dnat ip to {{P("h3", v4)}}:8080
                meta nfproto ipv6 tcp dport 30080 dnat ip6 to [{{P("h3", v6)}}]:8080
              }
              chain post { type nat hook postrouting priority srcnat; meta mark & 0x4000 != 0 masquerade; }
            }
            """;
    }

    [Fact]
    public async Task A_pod_sends_with_its_own_sources_alone()
    {
        var (host, pod) = (_lab["h3"], _lab.Pod("p3"));
        pod.Ip($"addr add {LabPlan.Pod("h2", IpFamily.IPv4)}/32 dev eth0\naddr add {LabPlan.Pod("h2", IpFamily.IPv6)}/128 dev eth0 nodad");
        Steal(pod, LabPlan.Pod("h6", IpFamily.IPv4), LabPlan.Pod("h2", IpFamily.IPv4));
        Steal(pod, LabPlan.Pod("h6", IpFamily.IPv6), LabPlan.Pod("h2", IpFamily.IPv6));
        Assert.Null((await pod.AskAsync(LabPlan.Pod("h6", IpFamily.IPv4))).Peer);
        Assert.Null((await pod.AskAsync(LabPlan.Pod("h6", IpFamily.IPv6))).Peer);
        Assert.True(host.Node.Counted("spoof4") > 0);
        Assert.True(host.Node.Counted("spoof6") > 0);

        // Without nftables IPv4 stays closed by the reverse-path check of the pod's interface; IPv6 has none.
        host.Node.Apply("delete table inet romana");
        await pod.AskAsync(LabPlan.Pod("h6", IpFamily.IPv4));
        await pod.AskAsync(LabPlan.Pod("h6", IpFamily.IPv6));
        Assert.Equal(0, host.Node.Seen(LabPlan.Pod("h2", IpFamily.IPv4), LabPlan.Pod("h6", IpFamily.IPv4)));
        Assert.True(host.Node.Seen(LabPlan.Pod("h2", IpFamily.IPv6), LabPlan.Pod("h6", IpFamily.IPv6)) > 0);
    }

    private static void Steal(LabNode pod, IpAddress to, IpAddress source) => pod.Kernel.Routes.Add(new Route
    {
        Destination = Cidr.Of(to),
        Source = source,
        Hops = [new NextHop(pod.Index("eth0"), IpAddress.Parse(to.Family == IpFamily.IPv4 ? "169.254.1.1" : "fe80::1"))],
    });
}
