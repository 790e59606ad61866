using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Romana.Node.Linux.Namespaces;

namespace Romana.Node.Linux;

/// <summary>Sends whole Ethernet frames by an interface of one namespace (AF_PACKET). It receives nothing.</summary>
internal sealed class FrameSender : IDisposable
{
    private readonly Socket _socket;

    private FrameSender(Socket socket) => _socket = socket;

    /// <param name="space">Null is the calling thread's namespace.</param>
    /// <exception cref="SocketException">It takes CAP_NET_RAW and a kernel with packet sockets.</exception>
    public static FrameSender Open(NetworkNamespace? space)
    {
        // Protocol 0: the kernel hands it no frame.
        static FrameSender Here() => new(new Socket(AddressFamily.Packet, SocketType.Raw, ProtocolType.Unspecified));
        return space is null ? Here() : space.Run(Here);
    }

    /// <summary>Null: sent; else why the world does not allow it, an interface that is gone or down.</summary>
    public string? Send(int @interface, byte[] frame)
    {
        try
        {
            _socket.SendTo(frame, new InterfaceEndPoint(@interface));
            return null;
        }
        catch (SocketException fault)
        {
            return $"cannot send a frame by interface {@interface}: {fault.Message}";
        }
    }

    public void Dispose() => _socket.Dispose();

    /// <summary>struct sockaddr_ll of linux/if_packet.h; the frame says the rest.</summary>
    private sealed class InterfaceEndPoint(int index) : EndPoint
    {
        private const int Size = 20, IndexOffset = 4;

        public override AddressFamily AddressFamily => AddressFamily.Packet;

        public override SocketAddress Serialize()
        {
            var address = new SocketAddress(AddressFamily.Packet, Size);
            Span<byte> number = stackalloc byte[sizeof(int)];
            BinaryPrimitives.WriteInt32LittleEndian(number, index);
            for (var i = 0; i < number.Length; i++) address[IndexOffset + i] = number[i];
            return address;
        }
    }
}
