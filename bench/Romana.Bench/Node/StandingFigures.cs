using System.Globalization;
using System.Runtime.InteropServices;
using Romana.Node.Linux.Namespaces;

namespace Romana.Bench.Node;

/// <summary>What an agent costs with 250 pods that stand: its start until it serves, what it writes then, its memory.</summary>
public static class StandingFigures
{
    private const int Pods = 250, Starts = 5;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public static IEnumerable<Figure> Measure()
    {
        var ours = Path.GetFullPath(Path.Combine("artifacts/cni", RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? "linux-arm64" : "linux-x64", "romana-cni"));
        if (!Environment.IsPrivilegedProcess || !File.Exists(ours))
        {
            yield return new Figure("an agent with 250 pods", $"not measured: it takes root and {ours} (make cni)", "", "", null);
            yield break;
        }

        var spaces = new List<NetworkNamespace>();
        var folder = Directory.CreateTempSubdirectory("romana-bench-").FullName;
        try
        {
            using var node = new BenchNode(folder);
            node.Start();
            var side = new Side(node, ours, $$"""{"cniVersion":"1.0.0","name":"romana","type":"romana-cni","agentSocket":"{{node.Socket}}"}""");
            for (var i = 0; i < Pods; i++) spaces.Add(NetworkNamespace.Create());
            node.Host.Run(() =>
            {
                for (var i = 0; i < Pods; i++) side.Run("ADD", $"pod-{i}", spaces[i]);
            });
            Settle(node);
            var memory = node.Memory();
            var starts = new List<double>();
            var (atOnce, writes) = (0L, 0L);
            for (var i = 0; i < Starts; i++)
            {
                node.Stop();
                starts.Add(node.Start().TotalSeconds);
                atOnce = node.KernelWrites();
                Settle(node);
                writes = Math.Max(writes, node.KernelWrites());
            }

            starts.Sort();
            yield return new Figure($"an agent's start with {Pods} pods, until pods can be served", Milli(starts[Starts / 2]), "1,000 ms",
                string.Create(CultureInfo.InvariantCulture, $"{Starts} starts after kill -9, {Milli(starts[0])} to {Milli(starts[^1])}"), null);
            yield return new Figure($"kernel writes of a start with {Pods} pods where nothing changed",
                string.Create(CultureInfo.InvariantCulture, $"{writes:n0}"), "0", string.Create(CultureInfo.InvariantCulture, $"{atOnce:n0} when it said that it was ready; counted after two looks more"), null);
            yield return new Figure($"an agent's memory with {Pods} pods", Mega(memory), "120 MB", $"{Mega(node.Memory())} after a start", null);
        }
        finally
        {
            spaces.ForEach(space => space.Dispose());
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>Until a look at the kernel that began after this call has ended.</summary>
    private static void Settle(BenchNode node)
    {
        // The first of them may have begun before.
        for (var i = 0; i < 2; i++)
        {
            var before = node.KernelLooks();
            Links.Touch(node.Host, "eth0");
            Waits.Until(() => node.KernelLooks() > before, Patience, () => "a look at the kernel");
        }
    }

    private static string Milli(double seconds) => string.Create(CultureInfo.InvariantCulture, $"{seconds * 1e3:n0} ms");

    private static string Mega(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e6:n0} MB");
}
