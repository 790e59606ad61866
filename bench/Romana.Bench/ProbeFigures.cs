using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Romana.Cloud.Health;
using Romana.Cloud.Health.Judging;
using Romana.Cloud.Health.Probing;
using Romana.Cloud.Planning;
using Romana.Ipam.Addressing;
using Romana.Ipam.Hosts;

namespace Romana.Bench;

/// <summary>What it costs to probe many hosts: echoes on loopback, every answer among them made by this machine too.</summary>
public static class ProbeFigures
{
    private const int Hosts = 5000;
    private static readonly TimeSpan Length = TimeSpan.FromSeconds(10), Patience = TimeSpan.FromMinutes(1);

    public static IEnumerable<Figure> Measure()
    {
        var figure = MeasureAsync().GetAwaiter().GetResult();
        return [figure];
    }

    private static async Task<Figure> MeasureAsync()
    {
        var work = string.Create(CultureInfo.InvariantCulture, $"ICMP probes of {Hosts:n0} hosts every 500 ms, over one socket");
        using var probes = ProbeSource.Open(new ProbeChoice(ProbeKind.Icmp), new ProbeRules(), TimeProvider.System, NullLogger.Instance)!;
        IReadOnlyList<WatchedHost> hosts = [.. Enumerable.Range(0, Hosts).Select(i => new WatchedHost
        {
            Uid = new HostUid($"h-{i:d5}"), Name = $"host-{i}", Address = IpAddress.Parse($"127.1.{i / 250}.{i % 250 + 1}"),
        })];
        var newest = SourceWords.Nothing;
        using var stop = new CancellationTokenSource();
        var run = probes.RunAsync(() => hosts, words => newest = words, stop.Token);
        await Waits.UntilAsync(() => newest.Hosts.Count == Hosts, Patience, () => "a word on every host");
        var (before, watch) = (Process.GetCurrentProcess().TotalProcessorTime, Stopwatch.StartNew());
        await Task.Delay(Length, TimeProvider.System);
        var share = (Process.GetCurrentProcess().TotalProcessorTime - before) / watch.Elapsed;
        await stop.CancelAsync();
        await ((Task)run).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        var lost = newest.Hosts.Values.Count(word => word.Health != HostHealth.Up) + (newest.Blind is null ? 0 : Hosts);
        return new Figure(work, string.Create(CultureInfo.InvariantCulture, $"{share:p0} of a core, {lost} hosts wrongly judged"), "a fifth of a core, 0 wrong", "-", null);
    }
}
