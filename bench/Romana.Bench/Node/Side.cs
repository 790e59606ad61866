using System.Diagnostics;
using Romana.Node.Linux.Namespaces;

namespace Romana.Bench.Node;

/// <summary>One plugin and how it is configured; calls of one thread, which is in the node's namespace.</summary>
internal sealed class Side(BenchNode node, string program, string configuration)
{
    public BenchNode Node => node;

    public List<double> Adds { get; } = [];

    public List<double> Dels { get; } = [];

    public void Forget()
    {
        Adds.Clear();
        Dels.Clear();
    }

    /// <summary>Seconds from start to exit.</summary>
    public double Run(string command, string pod, NetworkNamespace? space) => Ask(command, pod, space).Seconds;

    /// <summary>What it printed as well.</summary>
    public (double Seconds, string Output) Ask(string command, string pod, NetworkNamespace? space)
    {
        KeyValuePair<string, string>[] environment =
        [
            new("CNI_COMMAND", command), new("CNI_CONTAINERID", pod), new("CNI_IFNAME", "eth0"), new("CNI_PATH", Path.GetDirectoryName(program)!),
            new("CNI_NETNS", space is null ? "" : $"/proc/{Environment.ProcessId}/fd/{space.Handle.Handle}"),
        ];
        var started = Stopwatch.GetTimestamp();
        var (exitCode, output) = PluginStart.Run(program, environment, configuration);
        var elapsed = Stopwatch.GetElapsedTime(started).TotalSeconds;
        return exitCode == 0 ? (elapsed, output) : throw new InvalidOperationException($"{program} {command} {pod}: {output}");
    }
}
