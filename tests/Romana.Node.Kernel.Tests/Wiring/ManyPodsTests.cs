using Romana.Ipam.Addressing;

namespace Romana.Node.Kernel.Tests.Wiring;

public sealed class ManyPodsTests
{
    private const int Many = 200;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Two_hundred_at_once_come_and_go_and_leave_the_kernel_as_it_was()
    {
        await using var host = WiredHost.Create();
        var before = host.Dump();
        var links = Enumerable.Range(0, Many).Select(i => WiredHost.Link($"pod-{i}", host.Pods.New(), $"10.1.0.{i} fd00:10::{i:x}")).ToList();
        var wired = await Task.WhenAll(links.Select(link => host.Wiring.PlugAsync(link, Cancel)));
        Assert.Equal(Many, wired.Select(one => one.HostInterface).Distinct().Count());
        Assert.Equal(Many, wired.Select(one => one.PodMac).Distinct().Count());
        Assert.All(await Task.WhenAll(links.Select(link => host.Wiring.CheckAsync(link, Cancel))), Assert.Null);
        var seen = await host.Wiring.LookAsync(Cancel);
        Assert.Equal(
            links.SelectMany(link => link.Addresses.Select(address => (link.Key.ContainerId, address))).Order(),
            seen.Select(one => (one.Key.ContainerId, one.Address)).Order());
        Assert.Equal(0, await host.Wiring.MendAsync(Cancel));

        await Task.WhenAll(links.Select(host.UnplugAsync));
        Assert.Empty(await host.Wiring.LookAsync(Cancel));

        // The interfaces may go after the answer; an agent that ends waits for them.
        await host.RestartAsync();
        Assert.Equal(before, host.Dump());
        Assert.All(links, link => Assert.Null(host.Pods[link.NetworkNamespace].Kernel.Interfaces.Get("eth0")));
    }

    [Fact]
    public async Task Pods_come_and_go_beside_each_other()
    {
        await using var host = WiredHost.Create();
        var before = host.Dump();
        await Parallel.ForEachAsync(Enumerable.Range(0, 16), new ParallelOptions { MaxDegreeOfParallelism = 16, CancellationToken = Cancel }, async (pod, _) =>
        {
            var path = host.Pods.New();
            for (var round = 0; round < 6; round++)
            {
                var link = WiredHost.Link($"pod-{pod}", path, $"10.1.{round}.{pod}");
                await host.Wiring.PlugAsync(link, Cancel);
                Assert.Null(await host.Wiring.CheckAsync(link, Cancel));
                await host.UnplugAsync(link);
            }
        });
        await host.RestartAsync();
        Assert.Equal(before, host.Dump());
    }
}
