using System.Diagnostics;
using Romana.Ipam.Addressing;
using Romana.Node.Kernel.Tests.Fabric;
using Romana.Node.Kernel.Tests.Wiring;

namespace Romana.Node.Kernel.Tests.Vlans;

/// <summary>What goes when a pod goes, when the agent goes for good, and what stays closed where a VLAN cannot be kept.</summary>
public sealed class AgentEndTests
{
    [Fact]
    public async Task After_DEL_and_uninstall_the_dumps_are_what_they_were()
    {
        await using var agents = await AgentLab.CreateAsync();
        var host = agents.Lab.Hosts[0];
        // Of somebody else, and like ours.
        host.Node.Ip("neigh add proxy 192.168.10.200 dev v10\naddr add 203.0.113.9/24 dev v10 noprefixroute\nrule add pref 15001 from 192.168.99.0/24 lookup 1010 proto static");
        await SettledAsync(host);
        var before = host.Everything();
        await agents.StartAsync();
        await agents.First.SettledAsync();
        var empty = host.Glance();
        foreach (var pod in new[] { "p10a", "p20a" }) await agents.AddAsync(pod);
        await agents.First.SettledAsync();
        Assert.NotEqual(empty, host.Glance());
        foreach (var pod in new[] { "p10a", "p20a" }) await agents.DeleteAsync(pod);
        await agents.First.UntilAsync(() => Task.FromResult(host.Glance() == empty));
        Assert.Equal(0, (await agents.First.AskAsync("ADD", "p20b", agents.Path("p20b"), "blue")).Code);
        agents.First.Kill();
        Assert.NotEqual(before, host.Everything());
        Assert.Equal("", Uninstall(agents, host));
        Assert.Equal(before, host.Everything());
    }

    /// <summary>Its pods send nothing and get no address; the routed network beside it goes on; who asks is told why.</summary>
    [Fact]
    public async Task A_VLAN_that_cannot_be_kept_is_closed_and_said_and_the_rest_goes_on()
    {
        await using var agents = await AgentLab.RunningAsync("p10a", "p20a");
        var (lab, first) = (agents.Lab, agents.First);
        using var pods = new Wiring.Pods();
        var routed = await first.AskAsync("ADD", "web", pods.New(), "shop");
        Assert.StartsWith("10.1.0.", routed.Result["ips"]![0]!["address"]!.GetValue<string>(), StringComparison.Ordinal);

        // Its interface becomes a port of a bridge.
        lab.Hosts[0].Node.Ip("link add br-other type bridge\nlink set br-other up\nlink set v10 master br-other");
        await first.UntilAsync(async () => await first.StatusAsync() is { Troubles: [var said] } && said.StartsWith("VLAN 10: v10 is a port of a bridge", StringComparison.Ordinal));
        var status = await first.AskAsync("STATUS", "", "");
        Assert.Equal(0, status.ExitCode);
        Assert.StartsWith("VLAN 10: v10 is a port", status.Result["refused"]![0]!.GetValue<string>(), StringComparison.Ordinal);
        foreach (var family in VlanLab.Families)
        {
            var sent = lab.Hosts[0].Node.Counted(family == IpFamily.IPv4 ? "spoof4" : "spoof6");
            foreach (var to in new[] { "p20a" }) Assert.False((await lab.CallAsync("p10a", to, family)).Answered);
            Assert.True(lab.Hosts[0].Node.Counted(family == IpFamily.IPv4 ? "spoof4" : "spoof6") > sent);
            Assert.NotNull((await lab.Gateway.AskAsync(VlanLab.Address("p20a", family))).Peer);
        }

        // Also without the table nothing of the closed VLAN goes anywhere.
        first.Kill();
        lab.Hosts[0].Node.Apply("delete table inet romana\n");
        lab.Hosts[0].Node.Forget();
        foreach (var family in VlanLab.Families) await lab["p10a"].TossAsync(VlanLab.Address("p20a", family), TimeSpan.FromMilliseconds(300));
        Assert.Equal(0, lab.Hosts[0].Node.Crossed((way, _) => lab.Hosts[0].VlanOf(way) == 10));
        first.Start();
        await first.SettledAsync(isRefusing: true);
        var refused = await first.AskAsync("ADD", "late", pods.New(), "green");
        Assert.Equal(11, refused.Code);
        Assert.Contains("v10 is a port of a bridge", refused.Output, StringComparison.Ordinal);
        Assert.Equal(0, (await first.AskAsync("ADD", "more", pods.New(), "shop")).Code);

        lab.Hosts[0].Node.Ip("link set v10 nomaster");
        await first.SettledAsync();
        foreach (var family in VlanLab.Families) Assert.True((await lab.CallAsync("p10a", "p20a", family)).Answered);
    }

    /// <summary>Two hosts that begin at once never have one address: a range of two is shared out.</summary>
    [Fact]
    public async Task Node_addresses_of_a_range_are_shared_out_and_used()
    {
        await using var agents = await AgentLab.CreateAsync("range");
        await agents.StartAsync();
        var added = (await agents.Second.AskAsync("ADD", "p10c", agents.Path("p10c"), "green")).Result["ips"]!.AsArray();
        foreach (var (family, index) in VlanLab.Families.Select((family, index) => (family, index)))
        {
            var given = agents.Lab.Hosts.Select(host => host.Node.Kernel.Addresses.List(family).Single(address => address.Interface == host.Node.Index("v10") && VlanLab.Network(10, family).Contains(address.Address)).Address);
            Assert.Equal([VlanLab.In(10, 2, family), VlanLab.In(10, 3, family)], given.Order());
            Assert.NotNull((await agents.Lab.Hosts[0].Node.AskAsync(Cidr.Parse(added[index]!["address"]!.GetValue<string>()).First)).Peer);
        }
    }

    [Fact]
    public async Task A_kernel_without_tags_refuses_tagged_networks_alone_and_one_with_them_loses_them_with_uninstall()
    {
        await using var agents = await AgentLab.CreateAsync(isTagged: true);
        var (host, first) = (agents.Lab.Hosts[0], agents.First);
        await SettledAsync(host);
        var before = host.Everything();
        first.Start();
        await first.UntilAsync(async () => await first.StatusAsync() is { Waiting: null } page && page.Troubles.All(trouble => trouble.Contains("802.1Q", StringComparison.Ordinal)));
        using var pods = new Wiring.Pods();
        Assert.Equal(0, (await first.AskAsync("ADD", "web", pods.New(), "shop")).Code);
        var status = (await first.StatusAsync())!;
        if (status.Troubles.Count > 0)
        {
            Assert.All(status.Troubles, trouble => Assert.Contains("this kernel has no 802.1Q", trouble, StringComparison.Ordinal));
            Assert.Equal(2, status.Troubles.Count);
            Assert.Equal(11, (await first.AskAsync("ADD", "tagged", pods.New(), "green")).Code);
        }
        else
        {
            Assert.Contains("rvlan10@eth0", host.Everything(), StringComparison.Ordinal);
            Assert.Equal(0, (await first.AskAsync("ADD", "tagged", pods.New(), "green")).Code);
        }

        foreach (var pod in new[] { "web", "tagged" }) Assert.Equal(0, (await first.AskAsync("DEL", pod, "")).Code);
        first.Kill();
        Assert.Equal("", Uninstall(agents, host));
        Assert.Equal(before, host.Everything());
    }

    /// <summary>What it printed on the error writer.</summary>
    private static string Uninstall(AgentLab agents, VlanHost host) => host.Node.Space.Run(() =>
    {
        using var process = Process.Start(new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "romana-node"),
            ["uninstall", "--with-pods", "--root", Path.Combine(agents.Folder, "root"), "--socket", Path.Combine(agents.Folder, host.Name, "cni.sock")])
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        })!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? error.Result : $"{process.ExitCode}: {output}{error.Result}";
    });

    /// <summary>The kernel adds its own routes of interfaces in its own time.</summary>
    private static async Task SettledAsync(VlanHost host)
    {
        var clock = TimeProvider.System;
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        for (var (last, same) = ("", 0); same < 3;)
        {
            var now = host.Everything();
            (last, same) = (now, now == last ? same + 1 : 0);
            await Task.Delay(TimeSpan.FromMilliseconds(300), clock, limit.Token);
        }
    }
}
