using Romana.Ipam.Addressing;
using Romana.Node.Linux.Netlink.Records;

namespace Romana.Node.Kernel.Tests.Cni;

/// <summary>The plugin's file asks the real server, which makes real links.</summary>
public sealed class PluginTests
{
    private const int Many = 200;

    [Fact]
    public async Task A_pod_comes_and_goes_as_its_result_says()
    {
        await using var node = await NodeFixture.StartAsync();
        var before = node.Host.Dump();
        var path = node.Host.Pods.New();
        var added = await node.AskAsync("ADD", "web", path, "K8S_POD_NAME=web;IgnoreUnknown=1;K8S_POD_NAMESPACE=shop");
        var interfaces = added.Result["interfaces"]!.AsArray();
        Assert.Equal(node.Host.Host.Interface(interfaces[0]!["name"]!.GetValue<string>()).Mac.ToString(), interfaces[0]!["mac"]!.GetValue<string>());
        Assert.Equal(node.Host.Pods[path].Interface("eth0").Mac.ToString(), interfaces[1]!["mac"]!.GetValue<string>());
        var addresses = added.Result["ips"]!.AsArray().Select(one => one!["address"]!.GetValue<string>());
        Assert.Equal(IpView.Addresses(node.Host.Pods[path]).Where(one => one.Scope == Scope.Global).Select(one => $"{one.Address}/{one.Length}"), addresses);

        Assert.Equal(added, await node.AskAsync("ADD", "web", path));
        var checking = Plugins.Configuration(node.Socket);
        checking["prevResult"] = added.Result.DeepClone();
        Assert.Equal(new PluginAnswer(0, ""), await node.AskAsync("CHECK", "web", path, configuration: checking));
        node.Host.Pods[path].Ip("-4 route del default");
        Assert.Equal(100, (await node.AskAsync("CHECK", "web", path, configuration: checking)).Code);

        Assert.Equal(new PluginAnswer(0, ""), await node.AskAsync("DEL", "web", path));
        Assert.Equal(new PluginAnswer(0, ""), await node.AskAsync("DEL", "web", ""));
        Assert.Empty(node.Node.Addresses.All());
        await node.StopAsync();
        Assert.Equal(before, node.Host.Dump());
    }

    [Fact]
    public async Task A_DEL_without_a_namespace_takes_the_pod_away_whatever_became_of_it()
    {
        await using var node = await NodeFixture.StartAsync();
        var before = node.Host.Dump();
        var (standing, gone) = (node.Host.Pods.New(), node.Host.Pods.New());
        Assert.Equal(0, (await node.AskAsync("ADD", "standing", standing)).Code);
        Assert.Equal(0, (await node.AskAsync("ADD", "gone", gone)).Code);
        node.Host.Pods.Drop(gone);
        foreach (var pod in new[] { "standing", "gone" }) Assert.Equal(new PluginAnswer(0, ""), await node.AskAsync("DEL", pod, ""));
        await node.StopAsync();
        Assert.Equal(before, node.Host.Dump());
    }

    [Fact]
    public async Task A_failed_ADD_leaves_no_address_and_no_link()
    {
        await using var node = await NodeFixture.StartAsync();
        var before = node.Host.Dump();
        var path = node.Host.Pods.New();
        node.Host.Pods[path].Ip("link add eth0 type veth peer name other");
        Assert.Equal(11, (await node.AskAsync("ADD", "web", path)).Code);
        Assert.Equal(11, (await node.AskAsync("ADD", "web", "/run/netns/not-there")).Code);
        Assert.Empty(node.Node.Addresses.All());
        Assert.Equal(before, node.Host.Dump());
    }

    [Fact]
    public async Task Two_hundred_at_once_leave_no_duplicate_and_no_leak()
    {
        await using var node = await NodeFixture.StartAsync();
        var before = node.Host.Dump();
        var pods = Enumerable.Range(0, Many).Select(i => (Id: $"pod-{i}", Path: node.Host.Pods.New())).ToList();
        var answers = await AllAsync(pods, "ADD");
        var addresses = answers.SelectMany(one => one.Result["ips"]!.AsArray()).Select(ip => Cidr.Parse(ip!["address"]!.GetValue<string>())).ToList();
        Assert.Equal(2 * Many, addresses.Distinct().Count());
        Assert.Equal(addresses.Order(), (await node.Node.Wiring.LookAsync(TestContext.Current.CancellationToken)).Select(one => Cidr.Of(one.Address)).Order());
        Assert.All(await AllAsync(pods, "DEL"), one => Assert.Equal(new PluginAnswer(0, ""), one));
        Assert.Empty(node.Node.Addresses.All());
        await node.StopAsync();
        Assert.Equal(before, node.Host.Dump());

        async Task<PluginAnswer[]> AllAsync(List<(string Id, string Path)> all, string command) =>
            await Task.WhenAll(all.Select(pod => node.AskAsync(command, pod.Id, pod.Path)));
    }
}
