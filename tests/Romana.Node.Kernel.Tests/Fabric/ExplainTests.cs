using Romana.Ipam.Addressing;
using Romana.Node.Explaining;
using Romana.Node.Linux;

namespace Romana.Node.Kernel.Tests.Fabric;

/// <summary>What `explain` says of a routed host, beside what packets really do there.</summary>
public sealed class ExplainTests : IDisposable
{
    private readonly VpcLab _lab = VpcLab.Create();

    public void Dispose() => _lab.Dispose();

    [Theory]
    [InlineData(IpFamily.IPv4)]
    [InlineData(IpFamily.IPv6)]
    public async Task It_tells_what_packets_of_a_routed_host_do(IpFamily family)
    {
        var (n, outside) = (family == IpFamily.IPv4 ? "4" : "6", family == IpFamily.IPv4 ? VpcLab.Outside4 : VpcLab.Outside6);
        var (pod, host, metadata) = (LabPlan.Pod("h1", family), LabPlan.Address("h1", family), IpAddress.Parse(family == IpFamily.IPv4 ? "169.254.169.254" : "fd00:ec2::254"));

        var egress = Explain("h1", pod, outside, 443);
        Assert.Equal((Verdict.Accepted, "eth0", LabPlan.Gateway(1, family).ToString()), (egress.Verdict, egress.Leaves, egress.Gateway));
        Assert.Equal($"source becomes {host} (postrouting/egress{n})", egress.Translation);
        Assert.Equal(host.ToString(), (await _lab.Pod("p1").AskAsync(outside)).Peer);

        var neighbour = Explain("h1", pod, LabPlan.Pod("h2", family));
        Assert.Equal((Verdict.Accepted, LabPlan.Address("h2", family).ToString(), null, 254u), (neighbour.Verdict, neighbour.Gateway, neighbour.Translation, neighbour.Table!.Value));

        // A native place knows the way back, and other hosts see pods as themselves.
        Assert.Null(Explain("h1", pod, family == IpFamily.IPv4 ? VpcLab.Native4 : VpcLab.Native6).Translation);
        Assert.Null(Explain("h1", pod, LabPlan.Address("h6", family)).Translation);

        var refused = Explain("h1", pod, metadata);
        Assert.Equal(Verdict.Refused, refused.Verdict);
        Assert.StartsWith("530: ", refused.Rule, StringComparison.Ordinal);
        Assert.Null((await _lab.Pod("p1").AskAsync(metadata)).Peer);

        var free = Explain("h1", pod, LabPlan.Pod("h1", family, 9));
        Assert.Equal(Verdict.Refused, free.Verdict);
        Assert.Contains("free address", free.Why, StringComparison.Ordinal);
        Assert.Equal(Verdict.Accepted, Explain("h1", host, pod).Verdict);
        Assert.Equal("node", Explain("h1", pod, host).Leaves);
    }

    [Theory]
    [InlineData(IpFamily.IPv4)]
    [InlineData(IpFamily.IPv6)]
    public void Of_what_the_fabric_brings_it_tells_transit_from_what_the_guard_refuses(IpFamily family)
    {
        var far = LabPlan.Pod("h6", family);
        var transit = Explain("h1", far, LabPlan.Pod("h2", family));
        Assert.Equal((Verdict.Accepted, "eth0", "eth0", 880u, "untracked"), (transit.Verdict, transit.Enters, transit.Leaves, transit.Table!.Value, transit.Zone));
        Assert.StartsWith("500: ", transit.Rule, StringComparison.Ordinal);
        Assert.Equal(LabPlan.Address("h2", family).ToString(), transit.Gateway);

        var guarded = Explain("h1", far, LabPlan.Block(1, 9, family).First);
        Assert.Equal((Verdict.Refused, 880u), (guarded.Verdict, guarded.Table!.Value));
        Assert.Contains("loop guard", guarded.Why, StringComparison.Ordinal);

        var local = Explain("h1", far, LabPlan.Pod("h1", family));
        Assert.Equal((Verdict.Accepted, "0"), (local.Verdict, local.Zone));
        Assert.StartsWith("rom", local.Leaves, StringComparison.Ordinal);
    }

    [Fact]
    public void The_kernels_reverse_path_check_and_a_table_that_is_gone_are_told()
    {
        var (pod, host) = (LabPlan.Pod("h1", IpFamily.IPv4), _lab["h1"].Node);

        host.Apply("delete table inet romana");
        var told = Explain("h1", pod, VpcLab.Outside4);
        Assert.Equal((Verdict.Accepted, null), (told.Verdict, told.Translation));

        // What would go back to the source leaves by another interface than the one that it came by.
        var far = LabPlan.Pod("h6", IpFamily.IPv4);
        told = Explain("h1", far, pod);
        Assert.Equal(Verdict.Accepted, told.Verdict);
        host.Ip($"rule add pref 90 iif {told.Leaves} to {far}/32 lookup 4343\nroute add {far}/32 dev nodelocal table 4343");
        told = Explain("h1", far, pod);
        Assert.Equal((Verdict.Refused, "eth0"), (told.Verdict, told.Enters));
        Assert.Contains("reverse-path", told.Why, StringComparison.Ordinal);

        host.Ip("rule add pref 100 to 100.64.0.0/26 lookup 4242\nroute add 100.64.0.0/26 dev eth0 table 4242");
        told = Explain("h1", LabPlan.Pod("h2", IpFamily.IPv4), pod);
        Assert.StartsWith("100: from all to 100.64.0.0/26 lookup 4242", told.Rule, StringComparison.Ordinal);
        Assert.Equal(4242u, told.Table);
        host.Ip("rule del pref 100");
        host.Ip("route add blackhole 203.0.113.0/24");
        told = Explain("h1", pod, VpcLab.Outside4);
        Assert.Equal(Verdict.Refused, told.Verdict);
        Assert.Contains("not ours", told.Why, StringComparison.Ordinal);
    }

    private Explanation Explain(string host, IpAddress from, IpAddress to, int? port = null)
    {
        using var kernel = new KernelExplaining(_lab[host].Node.Space);
        return kernel.Explain(new PacketQuestion(from, to, port));
    }
}
