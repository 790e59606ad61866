using Romana.Node.Kernel.Tests.Wiring;

namespace Romana.Node.Kernel.Tests.Cni;

/// <summary>The runtime that most kubelets use: it deletes twice, the second time without a namespace.</summary>
public sealed class ContainerdTests
{
    [Fact]
    public async Task Pods_come_talk_and_go()
    {
        await using var node = await NodeFixture.StartAsync();
        var before = node.Host.Dump();
        await using (var containerd = await Containerd.StartAsync(node))
        {
            var (one, two) = (await containerd.RunPodAsync("one"), await containerd.RunPodAsync("two"));
            var addresses = await containerd.AddressesAsync(two.Sandbox);
            Assert.Equal(2, addresses.Length);
            Assert.Equal(addresses.Order(), node.Node.Addresses.All().Where(row => row.Key.ContainerId == two.Sandbox).Select(row => row.Address.ToString()).Order());
            Assert.Equal(4, (await node.Node.Wiring.LookAsync(TestContext.Current.CancellationToken)).Length);
            string[] targets = [WiredHost.Uplink4, WiredHost.Uplink6, .. addresses];
            foreach (var target in targets)
                Assert.Contains("1 packets received", await containerd.ExecAsync(one.Container, "/bin/ping", "-c", "1", "-W", "10", target));

            await containerd.RemovePodAsync(one.Sandbox);
            Assert.Equal(2, node.Node.Addresses.All().Length);
            await containerd.RemovePodAsync(two.Sandbox);
        }

        Assert.Empty(node.Node.Addresses.All());
        await node.StopAsync();
        Assert.Equal(before, node.Host.Dump());
    }
}
