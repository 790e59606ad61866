using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Romana.Cloud.Health.Probing;

/// <summary>
/// A TCP connection to one port of every host. "Refused" is an answer like "open": a machine that says so is alive and
/// passes packets on, and more is not asked. A connection is reset at once, so that none lingers.
/// </summary>
internal sealed class TcpProbe(int port, TimeSpan timeout, TimeProvider clock) : IProbe
{
    private readonly ConcurrentQueue<ProbeAnswer> _answers = new();
    private readonly CancellationTokenSource _end = new();

    public string Name => $"tcp:{port}";

    public bool TrySend(IPAddress to, long number)
    {
        try
        {
            var socket = new Socket(to.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { LingerState = new LingerOption(true, 0), NoDelay = true };
            _ = ConnectAsync(socket, new IPEndPoint(to, port), number);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    public bool TryTake(out ProbeAnswer answer) => _answers.TryDequeue(out answer);

    public void Dispose()
    {
        _end.Cancel();
        _end.Dispose();
    }

    private async Task ConnectAsync(Socket socket, IPEndPoint to, long number)
    {
        using var owned = socket;
        try
        {
            using var limit = new CancellationTokenSource(timeout, clock);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, _end.Token);
            await socket.ConnectAsync(to, either.Token).ConfigureAwait(false);
            Answer(number);
        }
        catch (SocketException error) when (error.SocketErrorCode == SocketError.ConnectionRefused)
        {
            Answer(number);
        }
        catch (Exception error) when (error is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // No answer is the answer.
        }
    }

    private void Answer(long number) => _answers.Enqueue(new ProbeAnswer(number, clock.GetTimestamp()));
}
