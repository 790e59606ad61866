using System.Net.Sockets;
using System.Text;

namespace Romana.Cni.Tests;

/// <summary>The agent's end of the socket, byte by byte as a test wants it: what it was sent is kept.</summary>
internal sealed class ScriptedAgent : IAsyncDisposable
{
    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _serving;

    private ScriptedAgent(string socket, Func<Socket, CancellationToken, Task> serve)
    {
        _listener.Bind(new UnixDomainSocketEndPoint(socket));
        _listener.Listen();
        _serving = ServeAsync(serve);
    }

    /// <summary>Heads and bodies in the order in which they came.</summary>
    public List<string> Requests { get; private init; } = [];

    /// <summary>Says 100, reads the body, and answers with these bytes.</summary>
    public static ScriptedAgent Answering(string socket, string reply)
    {
        // It may be asked before its constructor is over.
        var requests = new List<string>();
        return new ScriptedAgent(socket, async (peer, cancel) =>
        {
            var head = await ReadHeadAsync(peer, cancel);
            await peer.SendAsync("HTTP/1.1 100 Continue\r\n\r\n"u8.ToArray(), cancel);
            var length = HttpReply.Head("HTTP/1.1 0 x\r\n" + head).Length;
            var body = new byte[length];
            for (var read = 0; read < length;) read += await peer.ReceiveAsync(body.AsMemory(read), cancel);
            lock (requests) requests.Add(head + Encoding.UTF8.GetString(body));
            await peer.SendAsync(Encoding.UTF8.GetBytes(reply), cancel);
        })
        {
            Requests = requests,
        };
    }

    public static ScriptedAgent Doing(string socket, Func<Socket, CancellationToken, Task> serve) => new(socket, serve);

    public static string Http(int status, string body) => $"HTTP/1.1 {status} words\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\n\r\n{body}";

    public static async Task<string> ReadHeadAsync(Socket peer, CancellationToken cancel)
    {
        var head = new StringBuilder();
        var one = new byte[1];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal) && await peer.ReceiveAsync(one, cancel) == 1) head.Append((char)one[0]);
        return head.ToString();
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _serving;
        _stop.Dispose();
    }

    private async Task ServeAsync(Func<Socket, CancellationToken, Task> serve)
    {
        try
        {
            while (true)
            {
                using var peer = await _listener.AcceptAsync(_stop.Token);
                await serve(peer, _stop.Token);
            }
        }
        catch (Exception fault) when (fault is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The test is over, or the plugin hung up.
        }
    }
}
