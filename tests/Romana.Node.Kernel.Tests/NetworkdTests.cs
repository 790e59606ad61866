using Romana.Ipam.Addressing;
using Romana.Node.Install;
using Romana.Node.Kernel.Tests.Fabric;
using Romana.Node.Kernel.Tests.Vlans;
using Romana.Node.Linux.Netlink.Records;

namespace Romana.Node.Kernel.Tests;

/// <summary>
/// systemd-networkd beside us: it takes away rules and routes that it did not make whenever it configures a link, as it does
/// when it starts again. `romana-node install` writes what keeps it from that; where that is missing, the agent heals.
/// </summary>
public sealed class NetworkdTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private static readonly TimeProvider Clock = TimeProvider.System;

    /// <summary>Somebody's wide pattern, which takes every link, ours included, unless told otherwise.</summary>
    private static readonly NodeFile Wide = NodeFile.Text("/etc/systemd/network/50-wide.network", """
        [Match]
        Name=eth* rom* rvlan*
        [Network]
        Address=10.5.0.2/24
        LinkLocalAddressing=no
        IPv6AcceptRA=no

        """);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task With_what_install_writes_it_leaves_what_is_ours(bool isInstalled)
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "making network namespaces takes root");
        using var peer = new LabNode("peer");
        using var host = new LabNode("host");
        host.Plug("eth0", peer, "eth0");
        foreach (var ours in (string[])["rom1", "rvlan10"]) host.Plug(ours, peer, ours);
        host.Ip("rule add pref 500 iif eth0 to 10.9.0.0/16 lookup 880 proto 82\nroute add unreachable 10.9.0.0/16 table 880 proto 82");
        using var networkd = new Networkd(host, isInstalled ? [Wide, .. NodeFiles.ForNetworkd()] : [Wide]);
        await UntilAsync(() => IsConfigured(host, "eth0"), networkd);
        // What it does at a start for links that udev has told it of: this one comes when it knows of all that stands.
        host.Plug("eth1", peer, "eth1");
        await UntilAsync(() => IsConfigured(host, "eth1"), networkd);
        if (!isInstalled) await UntilAsync(() => !HasRule(host) && !HasRoute(host), networkd);
        Assert.Equal(isInstalled, HasRule(host));
        Assert.Equal(isInstalled, HasRoute(host));
        if (!isInstalled) await UntilAsync(() => IsConfigured(host, "rom1") && IsConfigured(host, "rvlan10"), networkd);
        Assert.Equal(!isInstalled, IsConfigured(host, "rom1"));
        Assert.Equal(!isInstalled, IsConfigured(host, "rvlan10"));
    }

    /// <summary>Without it: everything that networkd took away comes back, and no pod's packet goes past the gateway meanwhile.</summary>
    [Fact]
    public async Task What_it_takes_away_is_healed_and_nothing_goes_past_the_gateway()
    {
        using var lab = VlanLab.Create();
        foreach (var one in lab.Hosts) one.Settle();
        var host = lab.Hosts[0];
        await using var running = await RunningVlans.StartAsync(host);
        using var networkd = new Networkd(host.Node, [NodeFile.Text("/etc/systemd/network/50-wide.network", """
            [Match]
            Name=wide*
            [Network]
            LinkLocalAddressing=no
            IPv6AcceptRA=no

            """)]);
        await UntilAsync(() => networkd.Log.Any(line => line.Contains("Enumeration completed", StringComparison.Ordinal)), networkd);
        var before = host.Glance();
        using var peer = new LabNode("peer");
        var times = new List<TimeSpan>();
        for (var i = 0; i < 3; i++)
        {
            var link = $"wide{i}";
            var calls = Task.Run(() => lab.CallAsync("p10a", "p20a", IpFamily.IPv4), TestContext.Current.CancellationToken);
            times.Add(await running.HealedAsync(before, () => host.Node.Plug(link, peer, link)));
            await calls;
            foreach (var family in VlanLab.Families) Assert.True((await lab.CallAsync("p10a", "p20a", family)).Forwarded >= 6, $"{family}");
        }

        Assert.Equal(0, host.Shortcuts());
        TestContext.Current.SendDiagnosticMessage($"networkd's harm healed in {string.Join(", ", times.Select(time => $"{time.TotalMilliseconds:0} ms"))}, its own time included");
    }

    private static bool IsConfigured(LabNode host, string link) =>
        host.Kernel.Addresses.List(IpFamily.IPv4, host.Index(link)).Any(address => address.Address == IpAddress.Parse("10.5.0.2"));

    private static bool HasRule(LabNode host) => host.Kernel.Rules.List(IpFamily.IPv4).Any(rule => rule.Protocol == RouteProtocols.Romana);

    private static bool HasRoute(LabNode host) => host.Kernel.Routes.List(new RouteFilter { Table = 880 }).Any(route => route.Protocol == RouteProtocols.Romana);

    private static async Task UntilAsync(Func<bool> condition, Networkd networkd)
    {
        using var limit = new CancellationTokenSource(Limit);
        while (!condition())
        {
            if (limit.IsCancellationRequested) Assert.Fail($"networkd does not get there:\n{string.Join('\n', networkd.Log)}");
            await Task.Delay(TimeSpan.FromMilliseconds(10), Clock, TestContext.Current.CancellationToken);
        }
    }
}
