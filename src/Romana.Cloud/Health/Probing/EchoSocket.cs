using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Romana.Cloud.Health.Probing;

/// <summary>
/// One socket for the echoes of all hosts of a family: a ping socket where the system allows them to this user
/// (net.ipv4.ping_group_range), else a raw one (CAP_NET_RAW).
/// </summary>
internal sealed class EchoSocket : IDisposable
{
    private const int Buffer = 1 << 20;
    private readonly Socket _socket;
    private readonly bool _six;
    private readonly bool _raw;
    private readonly ulong _key;
    private readonly TimeProvider _clock;
    private readonly ConcurrentQueue<ProbeAnswer> _answers;
    private readonly CancellationTokenSource _end = new();
    private readonly byte[] _message = new byte[EchoMessage.Length];

    /// <exception cref="SocketException">Neither kind of socket is allowed.</exception>
    public EchoSocket(AddressFamily family, ulong key, TimeProvider clock, ConcurrentQueue<ProbeAnswer> answers)
    {
        (_six, _key, _clock, _answers) = (family == AddressFamily.InterNetworkV6, key, clock, answers);
        (_socket, _raw) = Open(family);
        _socket.Blocking = false;
        (_socket.ReceiveBufferSize, _socket.SendBufferSize) = (Buffer, Buffer);

        // A raw socket hears nothing before it has an address.
        if (_raw) _socket.Bind(new IPEndPoint(_six ? IPAddress.IPv6Any : IPAddress.Any, 0));
        _ = ReceiveAsync();
    }

    public bool TrySend(IPAddress to, long number)
    {
        EchoMessage.Write(_message, _six, (ushort)_key, _key, number);
        try
        {
            return _socket.SendTo(_message, SocketFlags.None, new IPEndPoint(to, 0)) == _message.Length;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    public void Dispose()
    {
        _end.Cancel();
        _socket.Dispose();
        _end.Dispose();
    }

    private static (Socket Socket, bool Raw) Open(AddressFamily family)
    {
        var protocol = family == AddressFamily.InterNetworkV6 ? ProtocolType.IcmpV6 : ProtocolType.Icmp;
        try
        {
            return (new Socket(family, SocketType.Dgram, protocol), false);
        }
        catch (SocketException)
        {
            return (new Socket(family, SocketType.Raw, protocol), true);
        }
    }

    private async Task ReceiveAsync()
    {
        var (buffer, from) = (new byte[2048], new SocketAddress(_six ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork));
        var end = _end.Token;
        while (!end.IsCancellationRequested)
        {
            try
            {
                var length = await _socket.ReceiveFromAsync(buffer, SocketFlags.None, from, end).ConfigureAwait(false);
                if (EchoMessage.Number(buffer.AsSpan(0, length), _six, _raw && !_six, _key) is { } number)
                    _answers.Enqueue(new ProbeAnswer(number, _clock.GetTimestamp()));
            }
            catch (SocketException) when (!end.IsCancellationRequested)
            {
                // A network that is gone says so here as well; the answers that do not come tell the rest.
                await Task.Delay(TimeSpan.FromMilliseconds(10), _clock, end).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            catch (Exception error) when (error is OperationCanceledException or ObjectDisposedException or SocketException)
            {
                return;
            }
        }
    }
}
