using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text.Json;
using Romana.Node.Linux.Namespaces;

namespace Romana.Bench.Node;

/// <summary>TCP through a node's rules, tables and nftables, beside the same way through a namespace that only forwards.</summary>
public static class StreamFigures
{
    private const int Rounds = 31, Port = 5001;
    private const long Amount = 1L << 28;

    public static IEnumerable<Figure> Measure()
    {
        var ours = Path.GetFullPath(Path.Combine("artifacts/cni", RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? "linux-arm64" : "linux-x64", "romana-cni"));
        if (!Environment.IsPrivilegedProcess || !File.Exists(ours))
        {
            yield return new Figure("TCP through a node", $"not measured: it takes root and {ours} (make cni)", "", "", null);
            yield break;
        }

        var folder = Directory.CreateTempSubdirectory("romana-bench-").FullName;
        try
        {
            using var node = new BenchNode(folder);
            using var plain = new PlainNode();
            using var pod = NetworkNamespace.Create();
            node.Start();
            var side = new Side(node, ours, $$"""{"cniVersion":"1.0.0","name":"romana","type":"romana-cni","agentSocket":"{{node.Socket}}"}""");
            var added = node.Host.Run(() => side.Ask("ADD", "pod", pod)).Output;
            Links.Default(node.Wire, "node", BenchNode.Address);
            var address = JsonDocument.Parse(added).RootElement.GetProperty("ips")[0].GetProperty("address").GetString()!.Split('/')[0];
            yield return Compare("TCP from the network to a pod", () => Seconds(pod, address, node.Wire), () => Seconds(plain.Pod, PlainNode.PodAddress, plain.Wire));
            yield return Compare("TCP from a pod to the network, translated", () => Seconds(node.Wire, BenchNode.Gateway, pod), () => Seconds(plain.Wire, PlainNode.WireAddress, plain.Pod));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static Figure Compare(string work, Func<double> ours, Func<double> beside)
    {
        var (mine, theirs, ratios) = (new List<double>(), new List<double>(), new List<double>());
        // The first round warms up.
        for (var round = 0; round <= Rounds; round++)
        {
            var (one, other) = (ours(), beside());
            if (round == 0) continue;
            mine.Add(one);
            theirs.Add(other);
            ratios.Add(other / one);
        }

        return new Figure(work, Rate(Median(mine)), "0.9 times a plain routed namespace",
            string.Create(CultureInfo.InvariantCulture, $"plain {Rate(Median(theirs))}; ours is {Median(ratios):0.00} times that, the median of {Rounds} pairs in turns ({ratios.Min():0.00} to {ratios.Max():0.00})"), null);
    }

    /// <summary>For the whole amount, from the first byte sent to the last received.</summary>
    private static double Seconds(NetworkNamespace server, string address, NetworkNamespace client)
    {
        using var listener = server.Run(() =>
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
            socket.Bind(new IPEndPoint(IPAddress.Any, Port));
            socket.Listen();
            return socket;
        });
        using var sender = client.Run(() =>
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            socket.Connect(IPAddress.Parse(address), Port);
            return socket;
        });
        using var receiver = listener.Accept();
        var started = Stopwatch.GetTimestamp();
        var sending = new Thread(() => Send(sender));
        sending.Start();
        var buffer = new byte[1 << 20];
        for (long read = 0; read < Amount;)
        {
            var some = receiver.Receive(buffer);
            read += some > 0 ? some : throw new InvalidOperationException($"the stream ended after {read:n0} bytes");
        }

        var took = Stopwatch.GetElapsedTime(started).TotalSeconds;
        sending.Join();
        return took;
    }

    private static void Send(Socket socket)
    {
        var buffer = new byte[1 << 20];
        for (long sent = 0; sent < Amount;) sent += socket.Send(buffer, 0, (int)Math.Min(buffer.Length, Amount - sent), SocketFlags.None);
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);

    private static string Rate(double seconds) => string.Create(CultureInfo.InvariantCulture, $"{Amount * 8 / seconds / 1e9:0.0} Gbit/s");
}
