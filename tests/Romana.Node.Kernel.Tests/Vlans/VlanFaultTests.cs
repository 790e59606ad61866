using Romana.Node.Kernel.Tests.Fabric;
using Romana.Node.Linux.Netlink.Records;

namespace Romana.Node.Kernel.Tests.Vlans;

/// <summary>What others do to a host's VLANs: nothing opens, and what was taken is put back.</summary>
public sealed class VlanFaultTests
{
    private static readonly TimeSpan Healing = TimeSpan.FromMilliseconds(250);

    /// <summary>Nobody heals here. "Gateway": the call still goes by it. "Closed": no answer, and no packet from pod to pod.</summary>
    [Theory]
    [InlineData("nft table deleted", "Gateway")]
    [InlineData("VLAN table flushed", "Closed")]
    [InlineData("both VLANs' tables flushed", "Closed")]
    [InlineData("lookup by source deleted", "Closed")]
    [InlineData("all rules deleted", "Closed")]
    [InlineData("uplink down", "Closed")]
    [InlineData("uplink flapped", "Closed")]
    [InlineData("gateway's leg down", "Closed")]
    public async Task A_fault_opens_nothing(string fault, string expected)
    {
        using var lab = VlanLab.Create();
        foreach (var host in lab.Hosts) host.Settle();
        VlanFaults.Harm(lab, fault);
        foreach (var family in VlanLab.Families)
        {
            var (answered, forwarded) = await lab.CallAsync("p10a", "p20a", family);
            Assert.Equal(expected == "Gateway", answered);
            if (expected == "Gateway") Assert.True(forwarded >= 6);
        }

        Assert.Equal(0, lab.Hosts[0].Shortcuts());
        Assert.Equal(0, lab.Hosts[0].Node.Crossed((way, outward) => way.StartsWith("rom", StringComparison.Ordinal) && outward == "eth0" && fault != "all rules deleted"));
        // Within the VLAN the host's own pods go on, where their table stands.
        if (fault is "uplink down" or "gateway's leg down" or "uplink flapped")
            foreach (var family in VlanLab.Families) Assert.True((await lab.CallAsync("p10a", "p10b", family)).Answered, $"{family} within the VLAN");
        if (fault == "gateway's leg down")
            foreach (var family in VlanLab.Families) Assert.True((await lab.CallAsync("p10a", "p10c", family)).Answered, $"{family} host to host");
    }

    [Fact]
    public async Task Every_single_deletion_and_each_flap_is_healed_in_250_milliseconds()
    {
        using var lab = VlanLab.Create();
        foreach (var one in lab.Hosts) one.Settle();
        var host = lab.Hosts[0];
        await using var running = await RunningVlans.StartAsync(host);
        var (before, dump) = (host.Glance(), host.Dump());
        var slow = new List<string>();
        foreach (var (what, harm) in VlanFaults.Harms(lab))
        {
            var took = await running.HealedAsync(before, harm);
            TestContext.Current.SendDiagnosticMessage($"{what}: {took.TotalMilliseconds:F0} ms");
            if (took > Healing) slow.Add($"{what}: {took.TotalMilliseconds:F0} ms");
        }

        Assert.Equal(dump, host.Dump());
        Assert.Empty(slow);
        foreach (var family in VlanLab.Families) Assert.True((await lab.CallAsync("p10a", "p20a", family)).Answered);
    }

    /// <summary>
    /// 100,000 datagrams from a pod to one of another VLAN on the same host, half in each family, while things are taken
    /// away all the time. Each that arrives has passed three routers; one that the host passed on itself has passed one.
    /// </summary>
    [Fact]
    public async Task Of_100000_packets_under_faults_none_takes_a_shortcut()
    {
        using var lab = VlanLab.Create();
        foreach (var one in lab.Hosts) one.Settle();
        var host = lab.Hosts[0];
        await using var running = await RunningVlans.StartAsync(host);
        VlanFaults.Watch(lab["p20a"]);
        var sending = Task.Run(() => VlanFaults.SendAsync(lab, 50_000), TestContext.Current.CancellationToken);
        var before = host.Glance();
        var rounds = 0;
        while (!sending.IsCompleted)
        {
            foreach (var (_, harm) in VlanFaults.Script(lab))
            {
                if (sending.IsCompleted) break;
                await running.HealedAsync(before, harm);
                rounds++;
            }
        }

        var sent = await sending;
        Assert.True(sent >= 99_000, $"only {sent} packets could be sent");
        Assert.True(rounds >= 20, $"only {rounds} faults while packets were on the way");
        VlanFaults.AssertNoShortcut(lab, $"{sent} sent, {rounds} faults");
    }
}
