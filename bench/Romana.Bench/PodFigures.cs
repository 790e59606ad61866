using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging.Abstractions;
using Romana.Node.Child;
using Romana.Node.Linux.Namespaces;
using Romana.Node.Linux.Wiring;

namespace Romana.Bench;

/// <summary>
/// Pods' coming and going as a runtime has it, from the plugin's start to its exit, beside Debian's ptp with host-local in
/// the same namespace. Rounds take turns, so that both have the same machine.
/// </summary>
public static class PodFigures
{
    private const int Rounds = 6, PodsOfRound = 15, Workers = 16, PairsOfWorker = 6, Starts = 40;

    private const string Ptp = "/usr/lib/cni/ptp";

    public static IEnumerable<Figure> Measure()
    {
        var ours = Path.GetFullPath(Path.Combine("artifacts/cni", RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? "linux-arm64" : "linux-x64", "romana-cni"));
        if (!Environment.IsPrivilegedProcess || !File.Exists(ours) || !File.Exists(Ptp))
        {
            yield return new Figure("pods", $"not measured: it takes root, {ours} (make cni) and {Ptp} (containernetworking-plugins)", "", "", null);
            yield break;
        }

        // The kernel clears namespaces away under the lock that is measured here: they all go when it is over.
        var spaces = new List<NetworkNamespace>();
        var folder = Directory.CreateTempSubdirectory("romana-bench-").FullName;
        try
        {
            using var host = NetworkNamespace.Create();
            var node = LocalNode.StartAsync(folder, host, LinkTerms.None, NullLoggerFactory.Instance, dual: false).GetAwaiter().GetResult();
            var (romana, debian) = (
                new Side(host, ours, $$"""{"cniVersion":"1.0.0","name":"romana","type":"romana-cni","agentSocket":"{{LocalNode.SocketIn(folder)}}"}"""),
                new Side(host, Ptp, $$$"""{"cniVersion":"1.0.0","name":"beside","type":"ptp","ipam":{"type":"host-local","subnet":"10.22.0.0/16","dataDir":"{{{folder}}}/ipam"}}"""));
            foreach (var figure in OneByOne(romana, debian, spaces)) yield return figure;
            yield return AtOnce(romana, debian, spaces);
            yield return Start(romana, debian);
            node.DisposeAsync().AsTask().GetAwaiter().GetResult();
        }
        finally
        {
            spaces.ForEach(space => space.Dispose());
            Directory.Delete(folder, recursive: true);
        }
    }

    private static IEnumerable<Figure> OneByOne(Side romana, Side debian, List<NetworkNamespace> spaces)
    {
        // The first round warms up.
        for (var round = 0; round <= Rounds; round++)
        {
            foreach (var side in new[] { romana, debian })
            {
                if (round == 1) side.Forget();
                var pods = Enumerable.Range(0, PodsOfRound).Select(i => (Name: $"pod-{round}-{i}", Space: NetworkNamespace.Create())).ToList();
                foreach (var (name, space) in pods) side.Adds.Add(side.Run("ADD", name, space));
                foreach (var (name, space) in pods) side.Dels.Add(side.Run("DEL", name, space));
                spaces.AddRange(pods.Select(pod => pod.Space));
            }
        }

        yield return Compared("ADD, median", romana.Adds, debian.Adds, 0.5, "0.5 times ptp + host-local");
        yield return Compared("ADD, 95th percentile", romana.Adds, debian.Adds, 0.95, "0.5 times ptp + host-local");
        yield return Compared("DEL answered, median", romana.Dels, debian.Dels, 0.5, "0.4 times ptp + host-local");
    }

    private static Figure AtOnce(Side romana, Side debian, List<NetworkNamespace> spaces)
    {
        var (ours, beside) = (Rate(romana, spaces), Rate(debian, spaces));
        return new Figure($"ADD and DEL by {Workers} at once", $"{ours:n0} pairs a second", "3 times their rate", $"ptp + host-local {beside:n0} pairs a second; ours is {(ours / beside).ToString("0.0", CultureInfo.InvariantCulture)} times that", null);
    }

    private static double Rate(Side side, List<NetworkNamespace> spaces)
    {
        var pods = Enumerable.Range(0, Workers * PairsOfWorker).Select(i => (Name: $"many-{i}", Space: NetworkNamespace.Create())).ToList();
        var started = Stopwatch.GetTimestamp();
        var threads = Enumerable.Range(0, Workers).Select(worker => new Thread(() =>
        {
            foreach (var (name, space) in pods.Skip(worker * PairsOfWorker).Take(PairsOfWorker))
            {
                side.Run("ADD", name, space);
                side.Run("DEL", name, space);
            }
        })).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());
        spaces.AddRange(pods.Select(pod => pod.Space));
        return pods.Count / Stopwatch.GetElapsedTime(started).TotalSeconds;
    }

    private static Figure Start(Side romana, Side debian)
    {
        List<double> Times(Side side) => [.. Enumerable.Range(0, Starts).Select(_ => side.Run("VERSION", "", null))];
        return Compared("plugin's start (VERSION), median", Times(romana), Times(debian), 0.5, "5 ms");
    }

    private static Figure Compared(string work, List<double> ours, List<double> beside, double share, string reach)
    {
        static double Of(List<double> times, double share) => times.Order().ElementAt((int)(times.Count * share));
        var (mine, theirs) = (Of(ours, share), Of(beside, share));
        return new Figure(work, Milli(mine), reach, $"ptp {Milli(theirs)}; ours is {(mine / theirs).ToString("0.00", CultureInfo.InvariantCulture)} times that", theirs / mine);
    }

    private static string Milli(double seconds) => string.Create(CultureInfo.InvariantCulture, $"{seconds * 1e3:n1} ms");

    /// <summary>One plugin and how it is configured.</summary>
    private sealed class Side(NetworkNamespace host, string program, string configuration)
    {
        public List<double> Adds { get; } = [];

        public List<double> Dels { get; } = [];

        public void Forget()
        {
            Adds.Clear();
            Dels.Clear();
        }

        /// <summary>Seconds from start to exit.</summary>
        public double Run(string command, string pod, NetworkNamespace? space) => host.Run(() =>
        {
            var start = new ProcessStartInfo(program) { RedirectStandardInput = true, RedirectStandardOutput = true };
            start.Environment["CNI_COMMAND"] = command;
            start.Environment["CNI_CONTAINERID"] = pod;
            start.Environment["CNI_IFNAME"] = "eth0";
            start.Environment["CNI_PATH"] = Path.GetDirectoryName(program);
            if (space is not null) start.Environment["CNI_NETNS"] = $"/proc/{Environment.ProcessId}/fd/{space.Handle.Handle}";
            var started = Stopwatch.GetTimestamp();
            using var process = Process.Start(start)!;
            process.StandardInput.Write(configuration);
            process.StandardInput.Close();
            var output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            var elapsed = Stopwatch.GetElapsedTime(started).TotalSeconds;
            return process.ExitCode == 0 ? elapsed : throw new InvalidOperationException($"{program} {command}: {output}");
        });
    }
}
