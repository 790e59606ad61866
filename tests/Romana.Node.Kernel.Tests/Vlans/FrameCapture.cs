using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Romana.Node.Kernel.Tests.Fabric;

namespace Romana.Node.Kernel.Tests.Vlans;

/// <summary>Every frame that one interface receives, whole, until disposed.</summary>
internal sealed class FrameCapture : IAsyncDisposable
{
    // ETH_P_ALL in network order.
    private const int EveryKind = 0x0300;

    private readonly Socket _socket;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _reading;
    private readonly ConcurrentQueue<string> _frames = new();

    public FrameCapture(LabNode node, string @interface)
    {
        var index = node.Index(@interface);
        _socket = node.Space.Run(() => new Socket(AddressFamily.Packet, SocketType.Raw, (ProtocolType)EveryKind));
        _socket.Bind(new InterfaceEndPoint(index));
        _reading = Task.Run(ReadAsync);
    }

    /// <summary>In hex, in their order.</summary>
    public IReadOnlyList<string> Frames => [.. _frames];

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _socket.Dispose();
        _stop.Dispose();
    }

    private async Task ReadAsync()
    {
        var buffer = new byte[2_048];
        while (true)
        {
            var length = await _socket.ReceiveAsync(buffer, _stop.Token);
            _frames.Enqueue(Convert.ToHexStringLower(buffer.AsSpan(0, length)));
        }
    }

    /// <summary>struct sockaddr_ll of linux/if_packet.h.</summary>
    private sealed class InterfaceEndPoint(int index) : EndPoint
    {
        public override AddressFamily AddressFamily => AddressFamily.Packet;

        public override SocketAddress Serialize()
        {
            var address = new SocketAddress(AddressFamily.Packet, 20);
            var bytes = new byte[6];
            BinaryPrimitives.WriteUInt16LittleEndian(bytes, EveryKind);
            BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(2), index);
            for (var i = 0; i < bytes.Length; i++) address[2 + i] = bytes[i];
            return address;
        }
    }
}
