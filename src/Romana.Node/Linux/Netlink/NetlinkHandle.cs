using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Romana.Node.Linux.Netlink;

/// <summary>A netlink socket, bound and connected to the kernel. It belongs to the namespace of the thread that opened it.</summary>
internal sealed class NetlinkHandle : SafeHandleZeroOrMinusOneIsInvalid
{
    private const int NetlinkDomain = 16, RawCloseOnExec = 3 | 0x80000;
    private const int SocketLevel = 1, ReceiveTimeout = 20, ReceiveBufferForced = 33, ReceiveBuffer = 8;
    private const int NetlinkLevel = 270, AddMembership = 1, CapAcknowledgement = 10, ExtendedAcknowledgement = 11, StrictCheck = 12;

    public NetlinkHandle() : base(ownsHandle: true)
    {
    }

    /// <summary>The kernel's name for the socket; unique in its namespace.</summary>
    public uint Port { get; private set; }

    /// <param name="protocol">NETLINK_* of linux/netlink.h; 0 is NETLINK_ROUTE.</param>
    public static NetlinkHandle Open(int protocol = 0)
    {
        var handle = new NetlinkHandle();
        try
        {
            var number = Libc.Socket(NetlinkDomain, RawCloseOnExec, protocol);
            if (number < 0) throw Libc.Failure("open a netlink socket");
            handle.SetHandle(number);
            handle.Bind();
            return handle;
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>Errors with text, errors that do not repeat the request, and dumps that are filtered by the kernel.</summary>
    public void AskForDetails()
    {
        SetOption(NetlinkLevel, ExtendedAcknowledgement, 1);
        SetOption(NetlinkLevel, CapAcknowledgement, 1);
        SetOption(NetlinkLevel, StrictCheck, 1);
    }

    /// <summary>No request of ours takes the kernel this long; without it a lost answer would hang the caller for ever.</summary>
    public void LimitWaiting(TimeSpan limit) => SetOption(SocketLevel, ReceiveTimeout, (long)limit.TotalSeconds, 0L);

    public void Join(int group) => SetOption(NetlinkLevel, AddMembership, group);

    /// <summary>Bytes of what was not read yet; above the system's limit as far as the caller may.</summary>
    public void SetReceiveBuffer(int bytes)
    {
        if (TrySetOption(SocketLevel, ReceiveBufferForced, bytes) != 0) SetOption(SocketLevel, ReceiveBuffer, bytes);
    }

    /// <summary>The descriptor for another owner; this one no longer closes it.</summary>
    public SafeSocketHandle Detach()
    {
        var socket = new SafeSocketHandle(handle, ownsHandle: true);
        SetHandleAsInvalid();
        return socket;
    }

    protected override bool ReleaseHandle()
    {
        using var closing = new SafeFileHandle(handle, ownsHandle: true);
        return true;
    }

    private void Bind()
    {
        var address = new Libc.NetlinkAddress { Family = NetlinkDomain };
        var size = Unsafe.SizeOf<Libc.NetlinkAddress>();
        if (Libc.Bind(this, ref address, size) != 0) throw Libc.Failure("bind a netlink socket");
        if (Libc.SocketName(this, ref address, ref size) != 0) throw Libc.Failure("ask for a netlink socket's port");
        Port = address.Port;
        // Connected to port 0: nobody but the kernel can send to it.
        address = new Libc.NetlinkAddress { Family = NetlinkDomain };
        if (Libc.Connect(this, ref address, size) != 0) throw Libc.Failure("connect a netlink socket to the kernel");
    }

    private void SetOption<T>(int level, int option, params ReadOnlySpan<T> value)
        where T : unmanaged
    {
        if (TrySetOption(level, option, value) != 0) throw Libc.Failure($"set option {option} of a netlink socket");
    }

    private int TrySetOption<T>(int level, int option, params ReadOnlySpan<T> value)
        where T : unmanaged
    {
        var bytes = MemoryMarshal.AsBytes(value);
        return Libc.SetOption(this, level, option, bytes, bytes.Length);
    }
}
