using System.Net;
using System.Net.Sockets;
using System.Text;
using Romana.Node.Linux.Namespaces;

namespace Romana.Node.Kernel.Tests.Fabric;

/// <summary>
/// In one namespace: TCP and UDP 8080 answer with the caller's address and port, TCP 9000 takes bytes and answers their
/// number, TCP 9001 sends each byte back. A socket stays in the namespace of the thread that made it, so no thread waits there.
/// </summary>
internal sealed class LabServer : IDisposable
{
    public const int Who = 8080, Sink = 9000, Echo = 9001;

    private readonly CancellationTokenSource _end = new();
    private readonly List<Socket> _sockets = [];

    public LabServer(NetworkNamespace space) => space.Run(() =>
    {
        Listen(Who, Answer);
        Listen(Sink, Count);
        Listen(Echo, Return);
        var udp = Add(new Socket(AddressFamily.InterNetworkV6, SocketType.Dgram, ProtocolType.Udp));
        _ = RunAsync(() => AnswerDatagrams(udp));
    });

    public void Dispose()
    {
        _end.Cancel();
        foreach (var socket in _sockets) socket.Dispose();
        _end.Dispose();
    }

    private void Listen(int port, Func<Socket, Task> serve)
    {
        var socket = Add(new Socket(AddressFamily.InterNetworkV6, SocketType.Stream, ProtocolType.Tcp), port);
        socket.Listen(256);
        _ = RunAsync(async () =>
        {
            while (true)
            {
                var caller = await socket.AcceptAsync(_end.Token);
                _ = RunAsync(async () =>
                {
                    using (caller) await serve(caller);
                });
            }
        });
    }

    private Socket Add(Socket socket, int port = Who)
    {
        socket.DualMode = true;
        socket.Bind(new IPEndPoint(IPAddress.IPv6Any, port));
        _sockets.Add(socket);
        return socket;
    }

    private async Task Answer(Socket caller) => await caller.SendAsync(Text(caller.RemoteEndPoint!), SocketFlags.None, _end.Token);

    private async Task Count(Socket caller)
    {
        var (buffer, sum) = (new byte[256 * 1024], 0L);
        int read;
        while ((read = await caller.ReceiveAsync(buffer, SocketFlags.None, _end.Token)) > 0) sum += read;
        await caller.SendAsync(Encoding.ASCII.GetBytes($"{sum}"), SocketFlags.None, _end.Token);
    }

    private async Task Return(Socket caller)
    {
        caller.NoDelay = true;
        var buffer = new byte[4096];
        int read;
        while ((read = await caller.ReceiveAsync(buffer, SocketFlags.None, _end.Token)) > 0)
            await caller.SendAsync(buffer.AsMemory(0, read), SocketFlags.None, _end.Token);
    }

    private async Task AnswerDatagrams(Socket socket)
    {
        var buffer = new byte[2000];
        while (true)
        {
            var from = await socket.ReceiveFromAsync(buffer, SocketFlags.None, new IPEndPoint(IPAddress.IPv6Any, 0), _end.Token);
            await socket.SendToAsync(Text(from.RemoteEndPoint), SocketFlags.None, from.RemoteEndPoint, _end.Token);
        }
    }

    private static byte[] Text(EndPoint peer)
    {
        var point = (IPEndPoint)peer;
        var address = point.Address.IsIPv4MappedToIPv6 ? point.Address.MapToIPv4() : point.Address;
        return Encoding.ASCII.GetBytes($"{address} {point.Port}");
    }

    /// <summary>A caller that breaks off, or the end of the lab, is no fault of the server's.</summary>
    private static async Task RunAsync(Func<Task> work)
    {
        try
        {
            await work();
        }
        catch (Exception gone) when (gone is SocketException or OperationCanceledException or ObjectDisposedException)
        {
        }
    }
}
