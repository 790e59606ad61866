using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Romana.Ipam.Addressing;
using Romana.Ipam.Attachments;
using Romana.Node.Cni;
using Romana.Node.Linux.Namespaces;
using Romana.Node.Linux.Wiring;

namespace Romana.Bench.Node;

/// <summary>Pairs of ADD and DEL by many at once: what the machine does in a second, and what of it each pair takes.</summary>
internal static class AtOnce
{
    private const int Workers = 16, PairsOfWorker = 8, Rounds = 7;

    /// <param name="Rate">Pairs a second.</param>
    /// <param name="Plugins">Seconds of processor for each pair, of the plugins' processes.</param>
    /// <param name="Agent">The same of the agent's process.</param>
    /// <param name="Starter">The same of this program, which starts them.</param>
    internal readonly record struct Taken(double Rate, double Plugins, double Agent, double Starter)
    {
        public double Processor => Plugins + Agent + Starter;
    }

    public static Figure Compare(Side romana, Side debian, List<NetworkNamespace> spaces)
    {
        var (ours, theirs) = (new List<Taken>(), new List<Taken>());
        for (var round = 0; round < Rounds; round++)
        {
            ours.Add(Measure(romana, spaces));
            theirs.Add(Measure(debian, spaces));
        }

        // Of each round by itself, since the machine may be another one in the next.
        var ratios = ours.Zip(theirs, (mine, other) => mine.Rate / other.Rate).Order().ToList();
        var (median, beside) = (Median(ours), Median(theirs));
        return new Figure($"ADD and DEL by {Workers} at once, {Rounds} rounds in turns", Said(median), "3 times their rate",
            $"ptp + host-local {Said(beside)}; ours is {Times(ratios[Rounds / 2])} times their rate ({Times(ratios[0])} to {Times(ratios[^1])})", null);
    }

    private static int _round;

    public static Taken Measure(Side side, List<NetworkNamespace> spaces)
    {
        // A container's id never comes again.
        var round = _round++;
        var pods = Enumerable.Range(0, Workers * PairsOfWorker).Select(i => (Name: $"many-{round}-{i}", Space: NetworkNamespace.Create())).ToList();
        spaces.AddRange(pods.Select(pod => pod.Space));
        var (started, before) = (Stopwatch.GetTimestamp(), Used(side));
        var faults = new List<Exception>();
        var threads = Enumerable.Range(0, Workers).Select(worker => new Thread(() =>
        {
            try
            {
                side.Node.Host.Run(() => Pairs(side, pods.GetRange(worker * PairsOfWorker, PairsOfWorker)));
            }
            catch (Exception fault) when (fault is IOException or InvalidOperationException)
            {
                lock (faults) faults.Add(fault);
            }
        })).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());
        if (faults.Count > 0) throw new InvalidOperationException(faults[0].Message, faults[0]);
        var (took, after) = (Stopwatch.GetElapsedTime(started).TotalSeconds, Used(side));
        return new Taken(pods.Count / took, (after.Plugins - before.Plugins) / pods.Count, (after.Agent - before.Agent) / pods.Count, (after.Starter - before.Starter) / pods.Count);
    }

    /// <summary>
    /// What of it is the kernel's: the same links made and unmade by the agent's netlink code in this process, without plugins,
    /// agent, journal and nftables. Nothing that does this work can be quicker.
    /// </summary>
    public static Figure Floor(List<NetworkNamespace> spaces) => FloorAsync(spaces).GetAwaiter().GetResult();

    private static async Task<Figure> FloorAsync(List<NetworkNamespace> spaces)
    {
        using var host = NetworkNamespace.Create();
        await using var wiring = PodWiring.Open(host, LinkTerms.None, NullLogger.Instance);
        var (rates, each) = (new List<double>(), new List<double>());
        for (var round = 0; round < Rounds; round++)
        {
            var links = Enumerable.Range(0, Workers * PairsOfWorker).Select(i =>
            {
                var space = NetworkNamespace.Create();
                spaces.Add(space);
                return new PodLink(new AttachmentKey($"floor-{round}-{i}", "eth0"), $"/proc/{Environment.ProcessId}/fd/{space.Handle.Handle}", [IpAddress.Parse($"10.1.{i / 250}.{i % 250 + 1}")], null);
            }).ToList();
            var (started, before) = (Stopwatch.GetTimestamp(), PluginStart.Processor(ofChildren: false));
            await Task.WhenAll(links.Chunk(PairsOfWorker).Select(async some =>
            {
                foreach (var link in some)
                {
                    await wiring.PlugAsync(link, CancellationToken.None);
                    await wiring.UnplugAsync(link.Key, link.Addresses, CancellationToken.None);
                }
            }));
            rates.Add(links.Count / Stopwatch.GetElapsedTime(started).TotalSeconds);
            each.Add((PluginStart.Processor(ofChildren: false) - before) / links.Count);
        }

        return new Figure($"pods' links alone, {Workers} at once: no plugin, agent, journal, nftables",
            $"{rates.Order().ElementAt(Rounds / 2):n0} pairs a second, {Milli(each.Order().ElementAt(Rounds / 2))} of processor each", "", "-", null);
    }

    private static void Pairs(Side side, List<(string Name, NetworkNamespace Space)> pods)
    {
        foreach (var (name, space) in pods)
        {
            side.Run("ADD", name, space);
            side.Run("DEL", name, space);
        }
    }

    private static (double Plugins, double Agent, double Starter) Used(Side side)
    {
        var (user, kernel) = side.Node.Processor();
        return (PluginStart.Processor(ofChildren: true), user + kernel, PluginStart.Processor(ofChildren: false));
    }

    private static Taken Median(List<Taken> all)
    {
        double Of(Func<Taken, double> part) => all.Select(part).Order().ElementAt(all.Count / 2);
        return new Taken(Of(one => one.Rate), Of(one => one.Plugins), Of(one => one.Agent), Of(one => one.Starter));
    }

    private static string Said(Taken side) =>
        $"{side.Rate:n0} pairs a second, {Milli(side.Processor)} of processor each: plugins {Milli(side.Plugins)}, agent {Milli(side.Agent)}, starting them {Milli(side.Starter)}";

    private static string Milli(double seconds) => string.Create(CultureInfo.InvariantCulture, $"{seconds * 1e3:n1} ms");

    private static string Times(double ratio) => ratio.ToString("0.0", CultureInfo.InvariantCulture);
}
