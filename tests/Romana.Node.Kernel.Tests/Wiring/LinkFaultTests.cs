using Romana.Node.Cni;
using Romana.Node.Linux.Namespaces;
using Romana.Node.Linux.Netlink.Records;
using Romana.Node.Linux.Wiring;

namespace Romana.Node.Kernel.Tests.Wiring;

/// <summary>Whatever is taken from a link is told by CHECK; what was taken from its host side is mended.</summary>
public sealed class LinkFaultTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    // H is the host's end.
    [Theory]
    [InlineData("link set H down", "is down")]
    [InlineData("link set H alias other", "is gone from the host")]
    [InlineData("link set H address 02:00:00:00:00:01", "has the MAC")]
    [InlineData("route del 10.0.0.8 dev H", "lacks the route 10.0.0.8/32")]
    [InlineData("-6 route del fd00:10::8 dev H", "lacks the route fd00:10::8/128")]
    [InlineData("neigh del 10.0.0.8 dev H", "lacks the neighbour 10.0.0.8")]
    [InlineData("neigh replace fd00:10::8 dev H lladdr 02:00:00:00:00:01", "lacks the neighbour fd00:10::8")]
    [InlineData("link del H", "is gone from the host")]
    public async Task CHECK_tells_what_the_host_lost(string tamper, string told)
    {
        await using var host = WiredHost.Create();
        var (link, wired, _) = await host.PlugAsync("web", "10.0.0.8 fd00:10::8");
        host.Host.Ip(tamper.Replace("H", wired.HostInterface, StringComparison.Ordinal));
        Assert.Contains(told, await host.Wiring.CheckAsync(link, Cancel));
    }

    [Theory]
    [InlineData("link set eth0 down", "the pod's eth0 is down")]
    [InlineData("link set eth0 address 02:00:00:00:00:01", "has the MAC")]
    [InlineData("addr del 10.0.0.8/32 dev eth0", "lost its address 10.0.0.8")]
    [InlineData("addr del fd00:10::8/128 dev eth0", "lost its address fd00:10::8")]
    [InlineData("-4 route del default", "the pod lacks the route 0.0.0.0/0")]
    [InlineData("-6 route del default", "the pod lacks the route ::/0")]
    [InlineData("neigh del 169.254.1.1 dev eth0", "the pod lacks the neighbour 169.254.1.1")]
    public async Task CHECK_tells_what_the_pod_lost(string tamper, string told)
    {
        await using var host = WiredHost.Create();
        var (link, _, pod) = await host.PlugAsync("web", "10.0.0.8 fd00:10::8");
        pod.Ip(tamper);
        Assert.Contains(told, await host.Wiring.CheckAsync(link, Cancel));
    }

    [Fact]
    public async Task CHECK_tells_an_interface_that_only_has_the_name()
    {
        await using var host = WiredHost.Create();
        var (link, _, pod) = await host.PlugAsync("web", "10.0.0.8");
        pod.Ip("link set eth0 name was");
        pod.Ip("link add eth0 type veth peer name far");
        Assert.Contains("not the other end", await host.Wiring.CheckAsync(link, Cancel));
    }

    [Fact]
    public async Task CHECK_tells_a_lost_setting_and_does_not_mind_another_MTU()
    {
        await using var host = WiredHost.Create();
        var (link, wired, _) = await host.PlugAsync("web", "10.0.0.8", mtu: 1400);
        Assert.Null(await host.Wiring.CheckAsync(link with { Mtu = 1300 }, Cancel));
        Sysctl.Set(host.Host.Space, $"net/ipv4/conf/{wired.HostInterface}/rp_filter", "0");
        Assert.Contains("rp_filter is 0, not 1", await host.Wiring.CheckAsync(link, Cancel));
    }

    [Theory]
    [InlineData("link set H down")]
    [InlineData("route del 10.0.0.8 dev H")]
    [InlineData("-6 route del fd00:10::8 dev H")]
    [InlineData("-6 route flush dev H")]
    [InlineData("neigh del 10.0.0.8 dev H")]
    [InlineData("neigh flush all nud permanent")]
    [InlineData("route replace 10.0.0.8 dev H proto 82 src 10.9.0.1")]
    public async Task R4_what_was_taken_from_the_host_is_put_back_and_then_nothing_is_written(string tamper)
    {
        await using var host = WiredHost.Create();
        var (link, wired, _) = await host.PlugAsync("web", "10.0.0.8 fd00:10::8");
        await host.PlugAsync("other", "10.0.0.9 fd00:10::9");
        Assert.Equal(0, await host.Wiring.MendAsync(Cancel));
        host.Host.Ip(tamper.Replace("H", wired.HostInterface, StringComparison.Ordinal));
        Assert.InRange(await host.Wiring.MendAsync(Cancel), 1, 10);
        Assert.Null(await host.Wiring.CheckAsync(link, Cancel));
        Assert.Equal(0, await host.Wiring.MendAsync(Cancel));
    }

    [Fact]
    public async Task A_pod_that_vanishes_midway_is_a_fault_that_leaves_nothing()
    {
        var midway = () => { };
        await using var host = WiredHost.Create(new LinkTerms { Admit = (_, _) => midway() });
        var before = host.Dump();
        var path = host.Pods.New();
        midway = () => host.Pods.Drop(path);
        await Assert.ThrowsAsync<WiringException>(() => host.Wiring.PlugAsync(WiredHost.Link("web", path, "10.0.0.8 fd00:10::8"), Cancel));
        Assert.Equal(before, host.Dump());

        path = host.Pods.New();
        midway = () => host.Pods[path].Ip("link del eth0");
        await Assert.ThrowsAsync<WiringException>(() => host.Wiring.PlugAsync(WiredHost.Link("web", path, "10.0.0.8 fd00:10::8"), Cancel));
        Assert.Equal(before, host.Dump());
    }

    [Fact]
    public async Task What_an_agent_before_left_half_made_or_half_removed_goes_at_the_start()
    {
        await using var host = WiredHost.Create();
        var before = host.Dump();
        var leaving = await host.PlugAsync("leaving", "10.0.0.8");
        host.Host.Ip($"link set {leaving.Wired.HostInterface} group {Departures.Group}");
        var halfMade = new LinkPlan(new("half", "eth0"), []).HostInterface;
        host.Host.Ip($"link add {halfMade} address {LinkPlan.HostMac} type veth peer name far");
        await host.RestartAsync();
        Assert.Empty(await host.Wiring.LookAsync(Cancel));
        Assert.Equal(before, host.Dump());
    }
}
