using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Romana.Node.Linux.Namespaces;

namespace Romana.Bench.Node;

/// <summary>
/// Pods' coming and going as a runtime has it, from the plugin's start to its exit, beside Debian's ptp with host-local in
/// the same namespace. Rounds take turns, so that both have the same machine. Ours is asked of a whole agent, spoof guard and
/// journal included; ptp guards nothing and host-local writes a file.
/// </summary>
public static class PodFigures
{
    private const int Rounds = 8, PodsOfRound = 15, WarmUps = 6, Starts = 40;

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
            using var node = new BenchNode(folder);
            node.Start();
            var (romana, debian) = (
                new Side(node, ours, $$"""{"cniVersion":"1.0.0","name":"romana","type":"romana-cni","agentSocket":"{{node.Socket}}"}"""),
                new Side(node, Ptp, $$$"""{"cniVersion":"1.0.0","name":"beside","type":"ptp","ipam":{"type":"host-local","subnet":"10.22.0.0/16","dataDir":"{{{folder}}}/ipam"}}"""));

            // An agent runs for weeks: what its compiler does at first is nobody's ADD.
            for (var i = 0; i < WarmUps; i++) AtOnce.Measure(romana, spaces);
            foreach (var figure in OneByOne(romana, debian, spaces)) yield return figure;
            yield return AtOnce.Compare(romana, debian, spaces);
            yield return AtOnce.Floor(spaces);
            yield return Start(romana, debian);
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
                spaces.AddRange(pods.Select(pod => pod.Space));
                side.Node.Host.Run(() =>
                {
                    foreach (var (name, space) in pods) side.Adds.Add(side.Run("ADD", name, space));
                    foreach (var (name, space) in pods) side.Dels.Add(side.Run("DEL", name, space));
                });
            }
        }

        yield return Compared("ADD, median", romana.Adds, debian.Adds, 0.5, "0.5 times ptp + host-local");
        yield return Compared("ADD, 95th percentile", romana.Adds, debian.Adds, 0.95, "0.5 times ptp + host-local");
        yield return Compared("DEL answered, median", romana.Dels, debian.Dels, 0.5, "0.4 times ptp + host-local");
    }

    private static Figure Start(Side romana, Side debian)
    {
        static List<double> Times(Side side) => side.Node.Host.Run(() => Enumerable.Range(0, Starts).Select(_ => side.Run("VERSION", "", null)).ToList());
        var before = PluginStart.Processor(ofChildren: true);
        var ours = Times(romana);
        var each = (PluginStart.Processor(ofChildren: true) - before) / Starts;
        var figure = Compared("plugin's start (VERSION), median", ours, Times(debian), 0.5, "5 ms");
        return figure with { Ours = $"{figure.Ours}, {Milli(each)} of processor" };
    }

    private static Figure Compared(string work, List<double> ours, List<double> beside, double share, string reach)
    {
        static double Of(List<double> times, double share) => times.Order().ElementAt((int)(times.Count * share));
        var (mine, theirs) = (Of(ours, share), Of(beside, share));
        return new Figure(work, Milli(mine), reach, $"ptp {Milli(theirs)}; ours is {(mine / theirs).ToString("0.00", CultureInfo.InvariantCulture)} times that", theirs / mine);
    }

    private static string Milli(double seconds) => string.Create(CultureInfo.InvariantCulture, $"{seconds * 1e3:n1} ms");
}
