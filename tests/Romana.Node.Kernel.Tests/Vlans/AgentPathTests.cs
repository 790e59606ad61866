using Romana.Node.Kernel.Tests.Fabric;
using Romana.Ipam.Addressing;

namespace Romana.Node.Kernel.Tests.Vlans;

/// <summary>The policy as two real agents keep it, with pods that their plugin added.</summary>
public sealed class AgentPathTests
{
    [Fact]
    public async Task Between_VLANs_every_packet_passes_the_gateway_and_within_one_none_does()
    {
        await using var agents = await AgentLab.RunningAsync();
        var lab = agents.Lab;
        foreach (var family in VlanLab.Families)
        {
            foreach (var (from, to) in VlanLab.Pods.SelectMany(from => VlanLab.Pods.Where(to => to != from).Select(to => (from, to))))
            {
                var (answered, forwarded) = await lab.CallAsync(from, to, family);
                Assert.True(answered, $"{family} {from} -> {to}: no answer\n{agents.AgentOf(from).Log}");
                if (from[..3] == to[..3]) Assert.True(forwarded == 0, $"{family} {from} -> {to}: the gateway forwarded {forwarded} packets");
                else Assert.True(forwarded >= 6, $"{family} {from} -> {to}: the gateway forwarded {forwarded} packets only");
            }

            Assert.NotNull((await lab.Gateway.AskAsync(VlanLab.Address("p10a", family))).Peer);
        }

        Assert.All(lab.Hosts, host => Assert.Equal(0, host.Shortcuts()));
    }
}
