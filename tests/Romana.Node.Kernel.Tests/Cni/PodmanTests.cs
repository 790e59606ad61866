using Romana.Node.Kernel.Tests.Wiring;

namespace Romana.Node.Kernel.Tests.Cni;

/// <summary>A real runtime starts containers through the plugin.</summary>
public sealed class PodmanTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Containers_come_talk_and_go()
    {
        await using var node = await NodeFixture.StartAsync();
        var before = node.Host.Dump();
        await using (var podman = await Podman.SetUpAsync(node))
        {
            foreach (var name in new[] { "one", "two" }) await podman.RunAsync("run", "--detach", "--name", name, "--dns", "none", Podman.Image, "/bin/sleep", "600");
            var two = await podman.RunAsync("inspect", "--format", "{{.NetworkSettings.Networks.romana.IPAddress}} {{.NetworkSettings.Networks.romana.GlobalIPv6Address}}", "two");
            var seen = await node.Node.Wiring.LookAsync(Cancel);
            Assert.Equal(4, seen.Length);
            Assert.Equal(2, seen.Count(one => two.Split(' ').Contains(one.Address.ToString())));
            string[] targets = [WiredHost.Uplink4, WiredHost.Uplink6, .. two.Split(' ')];
            foreach (var target in targets)
                Assert.Contains("1 packets received", await podman.RunAsync("exec", "one", "/bin/ping", "-c", "1", "-W", "10", target));

            // Stopped and started again it is another attachment in another namespace.
            await podman.RunAsync("stop", "--time", "0", "one");
            Assert.Equal(2, (await node.Node.Wiring.LookAsync(Cancel)).Length);
            await podman.RunAsync("start", "one");
            Assert.Contains("1 packets received", await podman.RunAsync("exec", "one", "/bin/ping", "-c", "1", "-W", "10", WiredHost.Uplink4));
            await podman.RunAsync("rm", "--all", "--force", "--time", "0");
        }

        Assert.Empty(node.Node.Addresses.All());
        await node.StopAsync();
        Assert.Equal(before, node.Host.Dump());
    }

    [Fact]
    public async Task A_container_is_removed_while_the_agent_is_away_and_finished_by_the_next_agent()
    {
        await using var node = await NodeFixture.StartAsync();
        await using var podman = await Podman.SetUpAsync(node);
        await podman.RunAsync("run", "--detach", "--name", "one", "--dns", "none", Podman.Image, "/bin/sleep", "600");
        await node.StopAsync();
        await podman.RunAsync("rm", "--force", "--time", "0", "one");
        var refused = await podman.TryAsync("run", "--detach", "--name", "two", "--dns", "none", Podman.Image, "/bin/sleep", "600");
        Assert.NotEqual(0, refused.Code);
        Assert.Contains("the node agent does not answer", refused.Error);
        await node.StartAgainAsync();
        Assert.Empty(node.Node.Addresses.All());
        Assert.Empty(await node.Node.Wiring.LookAsync(Cancel));
    }
}
