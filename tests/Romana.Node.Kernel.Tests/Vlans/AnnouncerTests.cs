using System.Diagnostics;
using Microsoft.Extensions.Logging.Abstractions;
using Romana.Ipam.Addressing;
using Romana.Node.Agent;
using Romana.Node.Linux.Netlink.Records;
using Romana.Node.Linux.Packets;
using Romana.Node.Planning;

namespace Romana.Node.Kernel.Tests.Vlans;

/// <summary>An address comes up on a host while the gateway remembers it to be on another one.</summary>
public sealed class AnnouncerTests : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20), Reach = TimeSpan.FromMilliseconds(250);

    private static readonly TimeProvider Clock = TimeProvider.System;

    private readonly VlanLab _lab = VlanLab.Create();

    private VlanHost Here => _lab.Hosts[0];

    private VlanHost There => _lab.Hosts[1];

    /// <summary>
    /// The gateway's entry is fresh: by itself it would send to the wrong host for half a minute, and ask there first then.
    /// </summary>
    [Fact]
    public async Task A_gateway_that_remembers_another_host_is_told_within_250_ms()
    {
        await using var capture = new FrameCapture(_lab.Gateway, "v10");
        await using var running = new RunningLoop(Here);
        var loop = running.Loop;
        await SettledAsync(loop);
        var times = new List<TimeSpan>();
        foreach (var pod in (string[])["p10a", "p10b"])
        {
            foreach (var family in VlanLab.Families) Remember(pod, There, family);
            Assert.All(VlanLab.Families, family => Assert.Equal(Mac(There), Remembered(pod, family)));
            // The pod's link is there already; now the agent lets it in.
            var started = Stopwatch.GetTimestamp();
            loop.Admit(new PodFact($"rom{pod}", [.. VlanLab.Families.Select(family => VlanLab.Address(pod, family))]));
            await UntilAsync(() => VlanLab.Families.All(family => Remembered(pod, family) == Mac(Here)));
            times.Add(Stopwatch.GetElapsedTime(started));
            // Each is said once more, byte by byte as the codec makes it.
            foreach (var frame in VlanLab.Families.Select(family => Frame(pod, family))) await UntilAsync(() => capture.Frames.Count(seen => seen == frame) >= 2);
            Assert.True(Stopwatch.GetElapsedTime(started) >= TimeSpan.FromSeconds(2));
        }

        // Others may hold the processors for one of them.
        Assert.True(times.Min() < Reach, $"the gateway learnt the new places after {string.Join(" and ", times.Select(time => $"{time.TotalMilliseconds:0} ms"))}");
    }

    /// <summary>What proves that the test above sees the announcement: neither a pass nor a pod's own packets tell the gateway.</summary>
    [Fact]
    public async Task Without_an_announcement_the_gateway_goes_on_to_send_to_the_old_host()
    {
        foreach (var host in _lab.Hosts) host.Settle();
        foreach (var family in VlanLab.Families)
        {
            Remember("p10a", There, family);
            await _lab.CallAsync("p10a", "p20c", family);
            Assert.Equal(Mac(There), Remembered("p10a", family));
        }
    }

    public void Dispose() => _lab.Dispose();

    private static MacAddress Mac(VlanHost host) => host.Node.Kernel.Interfaces.Get("v10")!.Mac!.Value;

    private string Frame(string pod, IpFamily family) => Convert.ToHexStringLower(family == IpFamily.IPv4
        ? ArpAnnouncement.Frame(Mac(Here), VlanLab.Address(pod, family))
        : NeighbourAdvertisement.Frame(Mac(Here), VlanLab.Address(pod, family), VlanLab.In(10, 2, family)));

    private void Remember(string pod, VlanHost host, IpFamily family) => _lab.Gateway.Kernel.Neighbours.Set(new Neighbour
    {
        Interface = _lab.Gateway.Index("v10"),
        Address = VlanLab.Address(pod, family),
        Mac = Mac(host),
        State = NeighbourState.Reachable,
    });

    private MacAddress? Remembered(string pod, IpFamily family) => _lab.Gateway.Kernel.Neighbours.List(family).FirstOrDefault(item => item.Address == VlanLab.Address(pod, family))?.Mac;

    private static async Task SettledAsync(KernelLoop loop)
    {
        using var limit = new CancellationTokenSource(Limit);
        while (!(await loop.SettleAsync(limit.Token)).IsSettled)
        {
        }
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        using var limit = new CancellationTokenSource(Limit);
        while (!condition()) await Task.Delay(TimeSpan.FromMilliseconds(2), Clock, limit.Token);
    }

    private sealed class RunningLoop : IAsyncDisposable
    {
        private readonly CancellationTokenSource _stop = new();
        private readonly Task _running;

        public RunningLoop(VlanHost host)
        {
            Loop = new KernelLoop(host.Node.Space, Clock, NullLogger.Instance);
            Loop.Learn(host.Known);
            _running = Task.Run(() => Loop.RunAsync(_stop.Token));
        }

        public KernelLoop Loop { get; }

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            Loop.Dispose();
            _stop.Dispose();
        }
    }
}
