using Romana.Ipam.Addressing;
using Romana.Node.Kernel.Tests.Fabric;

namespace Romana.Node.Kernel.Tests.Vlans;

/// <summary>
/// How a VLAN's gateway finds pods. With `static` somebody writes routes to blocks there; with `bgp` a speaker announces
/// them: here the same routes stand for what the gateway learns, since the speaker is not of this lab.
/// </summary>
public sealed class AgentReachTests
{
    [Theory]
    [InlineData("arp", false, true)]
    [InlineData("static", false, false)]
    [InlineData("static", true, true)]
    [InlineData("bgp", false, false)]
    [InlineData("bgp", true, true)]
    public async Task The_gateway_finds_pods_by_answers_on_the_wire_or_by_routes_alone(string reach, bool hasRoutes, bool isReached)
    {
        await using var agents = await AgentLab.CreateAsync(more: $",\"reach\":\"{reach}\"");
        var lab = agents.Lab;
        await agents.StartAsync();
        foreach (var pod in new[] { "p10a", "p10b", "p20a", "p10c", "p20c" }) await agents.AddAsync(pod);
        await agents.First.SettledAsync();
        if (hasRoutes)
        {
            foreach (var host in lab.Hosts)
            {
                lab.Gateway.Ip(string.Join('\n', from vlan in VlanLab.Numbers
                                                 from family in VlanLab.Families
                                                 select $"{(family == IpFamily.IPv6 ? "-6 " : "")}route add {VlanLab.Block(vlan, host.Octet, family)} via {host.Own(vlan, family)} dev v{vlan}"));
            }
        }

        foreach (var family in VlanLab.Families)
        {
            foreach (var (from, to) in new[] { ("p10a", "p20a"), ("p20a", "p10c"), ("p20c", "p10b") })
            {
                var (answered, forwarded) = await lab.CallAsync(from, to, family);
                Assert.Equal((isReached, isReached), (answered, forwarded >= 6));
            }

            // Within the VLAN nobody needs the gateway, whatever it knows.
            Assert.Equal((true, 0), await lab.CallAsync("p10a", "p10b", family));
            Assert.Equal((true, 0), await lab.CallAsync("p10a", "p10c", family));
            Assert.Equal(reach == "arp", lab.Hosts[0].Node.Kernel.Neighbours.ListProxies().Any(proxy => proxy.Address.Family == family));
        }

        Assert.All(lab.Hosts, host => Assert.Equal(0, host.Shortcuts()));
    }

    /// <summary>What is free in a block is refused by its host, and does not go round between it and the gateway.</summary>
    [Fact]
    public async Task A_free_address_of_a_block_that_the_gateway_routes_ends_at_its_host()
    {
        await using var agents = await AgentLab.CreateAsync(more: ",\"reach\":\"static\"");
        var (lab, host) = (agents.Lab, agents.Lab.Hosts[0]);
        await agents.StartAsync();
        await agents.AddAsync("p10a");
        foreach (var family in VlanLab.Families)
        {
            var six = family == IpFamily.IPv6 ? "-6 " : "";
            lab.Gateway.Ip($"{six}route add {VlanLab.Block(10, host.Octet, family)} via {host.Own(10, family)} dev v10");
            Assert.NotNull((await lab.Gateway.AskAsync(VlanLab.Address("p10a", family))).Peer);
            Assert.True(await lab.Gateway.TossAsync(VlanLab.In(10, 75, family)), $"{family}: nobody says that the address is free");
            Assert.Equal(0, host.Node.Crossed((way, outward) => way == "v10" && outward == "v10"));
        }
    }
}
