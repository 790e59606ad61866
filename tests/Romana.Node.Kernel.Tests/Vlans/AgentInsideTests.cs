using Romana.Ipam.Addressing;
using Romana.Node.Kernel.Tests.Fabric;
using Romana.Node.Linux.Netlink.Records;

namespace Romana.Node.Kernel.Tests.Vlans;

/// <summary>A host whose main address is inside a VLAN of pods: it is managed by it, whatever an agent does or leaves undone.</summary>
public sealed class AgentInsideTests
{
    /// <summary>
    /// One stream to the host's main address lives through the agent's start, its pods, its death, the loss of all that it
    /// made, its return, and the refusal of the other VLAN.
    /// </summary>
    [Fact]
    public async Task The_management_lives_through_whatever_becomes_of_the_agent()
    {
        await using var agents = await AgentLab.CreateAsync(isInside: true);
        var (lab, host) = (agents.Lab, agents.Lab.Hosts[0]);
        using var stop = new CancellationTokenSource();
        var stream = lab.Gateway.StreamAsync(host.Address, stop.Token);
        Assert.Equal(VlanLab.In(10, 2, IpFamily.IPv4), host.Address);

        await agents.StartAsync();
        foreach (var pod in new[] { "p10a", "p20a", "p10c" }) await agents.AddAsync(pod);
        await agents.First.SettledAsync();
        foreach (var family in VlanLab.Families)
        {
            Assert.Equal((true, true), await ByGatewayAsync(lab, "p10a", "p20a", family));
            Assert.Equal((true, false), await ByGatewayAsync(lab, "p10a", "p10c", family));
        }

        // Others' routes to this host's block lead by its main address.
        Assert.Contains(lab.Hosts[1].Node.Kernel.Routes.List(new RouteFilter { Table = 1010 }),
            route => route.Destination == VlanLab.Block(10, 2, IpFamily.IPv4) && route.Hops[0].Via == host.Address);

        agents.First.Kill();
        foreach (var table in new[] { 999, 1010, 1020 }) host.Node.Ip($"route flush table {table}\n-6 route flush table {table}");
        host.Node.Apply("delete table inet romana\n");
        Assert.NotNull((await lab.Gateway.AskAsync(host.Address)).Peer);
        Assert.NotNull((await host.Node.AskAsync(VlanLab.In(10, 1, IpFamily.IPv4))).Peer);
        foreach (var family in VlanLab.Families) Assert.False((await lab.CallAsync("p10a", "p20a", family)).Answered);

        agents.First.Start();
        await agents.First.SettledAsync();
        host.Node.Ip("link add br-other type bridge\nlink set br-other up\nlink set v20 master br-other");
        await agents.First.UntilAsync(async () => await agents.First.StatusAsync() is { Troubles.Count: > 0 });
        Assert.NotNull((await lab.Gateway.AskAsync(host.Address)).Peer);
        host.Node.Ip("link set v20 nomaster");
        await agents.First.SettledAsync();
        foreach (var family in VlanLab.Families) Assert.Equal((true, true), await ByGatewayAsync(lab, "p10a", "p20a", family));

        await stop.CancelAsync();
        Assert.True(await stream is not null, "the stream to the host's main address broke");
    }

    private static async Task<(bool Answered, bool ByGateway)> ByGatewayAsync(VlanLab lab, string from, string to, IpFamily family)
    {
        var (answered, forwarded) = await lab.CallAsync(from, to, family);
        return (answered, forwarded >= 6);
    }
}
