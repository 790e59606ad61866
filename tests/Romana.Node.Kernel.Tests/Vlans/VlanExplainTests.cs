using Romana.Ipam.Addressing;
using Romana.Node.Explaining;
using Romana.Node.Linux;

namespace Romana.Node.Kernel.Tests.Vlans;

/// <summary>What `explain` says of VLANs, beside what the gateway counts.</summary>
public sealed class VlanExplainTests
{
    [Fact]
    public async Task It_tells_the_gateway_between_two_VLANs_and_the_host_within_one()
    {
        using var lab = VlanLab.Create();
        foreach (var host in lab.Hosts) host.Settle();
        foreach (var family in VlanLab.Families)
        {
            var across = Explain(lab, "p10a", "p20a", family);
            Assert.Equal((Verdict.Accepted, VlanLab.In(10, 1, family).ToString(), "10", 1010u), (across.Verdict, across.Gateway, across.Zone, across.Table!.Value));
            Assert.Contains("so it comes back by VLAN 20", across.Why, StringComparison.Ordinal);
            Assert.True((await lab.CallAsync("p10a", "p20a", family)).Forwarded > 0);

            var within = Explain(lab, "p10a", "p10b", family);
            Assert.EndsWith("is a pod of this host", within.Why, StringComparison.Ordinal);
            var beside = Explain(lab, "p10a", "p10c", family);
            Assert.Contains("a host in VLAN 10", beside.Why, StringComparison.Ordinal);
            Assert.Equal(0, (await lab.CallAsync("p10a", "p10c", family)).Forwarded);
        }
    }

    private static Explanation Explain(VlanLab lab, string from, string to, IpFamily family)
    {
        using var kernel = new KernelExplaining(lab.Hosts[0].Node.Space);
        return kernel.Explain(new PacketQuestion(VlanLab.Address(from, family), VlanLab.Address(to, family), null));
    }
}
