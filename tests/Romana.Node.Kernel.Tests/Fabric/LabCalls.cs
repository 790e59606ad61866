using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Romana.Ipam.Addressing;

namespace Romana.Node.Kernel.Tests.Fabric;

/// <param name="Peer">The caller's address as the server saw it; null: no answer.</param>
/// <param name="KeptPort">The server saw the port that the caller has.</param>
internal sealed record Answer(string? Peer, bool KeptPort)
{
    public static readonly Answer None = new(null, false);
}

/// <summary>Calls from a namespace of the lab.</summary>
internal static class LabCalls
{
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(1_500), Long = TimeSpan.FromSeconds(60);

    /// <summary>Who am I to you?</summary>
    public static async Task<Answer> AskAsync(this LabNode from, IpAddress to, int port = LabServer.Who, ProtocolType protocol = ProtocolType.Tcp, TimeSpan? limit = null)
    {
        using var cancel = new CancellationTokenSource(limit ?? Short);
        using var socket = Make(from, to.Family, protocol);
        try
        {
            await socket.ConnectAsync(new IPEndPoint(to.ToIPAddress(), port), cancel.Token);
            if (protocol == ProtocolType.Udp) await socket.SendAsync(new byte[1], SocketFlags.None, cancel.Token);
            var buffer = new byte[200];
            var words = Encoding.ASCII.GetString(buffer, 0, await socket.ReceiveAsync(buffer, SocketFlags.None, cancel.Token)).Split(' ');
            return new Answer(words[0], words[1] == $"{((IPEndPoint)socket.LocalEndPoint!).Port}");
        }
        catch (Exception none) when (none is SocketException or OperationCanceledException)
        {
            return Answer.None;
        }
    }

    /// <summary>Bytes that arrived by TCP; fewer than asked for if it died.</summary>
    public static async Task<long> SendAsync(this LabNode from, IpAddress to, long bytes, TimeSpan? limit = null)
    {
        using var cancel = new CancellationTokenSource(limit ?? Long);
        using var socket = Make(from, to.Family, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(new IPEndPoint(to.ToIPAddress(), LabServer.Sink), cancel.Token);
            var chunk = new byte[256 * 1024];
            for (var left = bytes; left > 0;) left -= await socket.SendAsync(chunk.AsMemory(0, (int)Math.Min(left, chunk.Length)), SocketFlags.None, cancel.Token);
            socket.Shutdown(SocketShutdown.Send);
            var answer = new byte[50];
            return long.Parse(Encoding.ASCII.GetString(answer, 0, await socket.ReceiveAsync(answer, SocketFlags.None, cancel.Token)));
        }
        catch (Exception none) when (none is SocketException or OperationCanceledException)
        {
            return 0;
        }
    }

    /// <summary>One datagram with a TTL of 64; true if somebody said that it cannot be delivered.</summary>
    public static async Task<bool> TossAsync(this LabNode from, IpAddress to, TimeSpan? limit = null)
    {
        using var cancel = new CancellationTokenSource(limit ?? TimeSpan.FromMilliseconds(700));
        using var socket = Make(from, to.Family, ProtocolType.Udp);
        // IP_RECVERR, IPV6_RECVERR: else a datagram's sender hears nothing of an unreachable host.
        socket.SetRawSocketOption(to.Family == IpFamily.IPv4 ? 0 : 41, to.Family == IpFamily.IPv4 ? 11 : 25, BitConverter.GetBytes(1));
        try
        {
            await socket.ConnectAsync(new IPEndPoint(to.ToIPAddress(), 4_711), cancel.Token);
            await socket.SendAsync(new byte[1], SocketFlags.None, cancel.Token);
            await socket.ReceiveAsync(new byte[10], SocketFlags.None, cancel.Token);
            return false;
        }
        catch (SocketException)
        {
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    /// <summary>Sends line after line through an echo until told to stop; the longest time without an answer, null if the stream broke.</summary>
    public static async Task<TimeSpan?> StreamAsync(this LabNode from, IpAddress to, CancellationToken stop)
    {
        using var socket = Make(from, to.Family, ProtocolType.Tcp);
        socket.NoDelay = true;
        var (longest, buffer) = (TimeSpan.Zero, new byte[8]);
        try
        {
            using var cancel = new CancellationTokenSource(Long);
            await socket.ConnectAsync(new IPEndPoint(to.ToIPAddress(), LabServer.Echo), cancel.Token);
            while (!stop.IsCancellationRequested)
            {
                var started = Stopwatch.GetTimestamp();
                await socket.SendAsync(buffer, SocketFlags.None, cancel.Token);
                for (var read = 0; read < buffer.Length;)
                {
                    var more = await socket.ReceiveAsync(buffer.AsMemory(read), SocketFlags.None, cancel.Token);
                    if (more == 0) return null;
                    read += more;
                }

                longest = TimeSpan.FromTicks(Math.Max(longest.Ticks, Stopwatch.GetElapsedTime(started).Ticks));
            }

            return longest;
        }
        catch (Exception broken) when (broken is SocketException or OperationCanceledException)
        {
            return null;
        }
    }

    private static Socket Make(LabNode from, IpFamily family, ProtocolType protocol) => from.Space.Run(() => new Socket(
        family == IpFamily.IPv4 ? AddressFamily.InterNetwork : AddressFamily.InterNetworkV6,
        protocol == ProtocolType.Tcp ? SocketType.Stream : SocketType.Dgram, protocol));
}
