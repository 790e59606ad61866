using System.Net.Sockets;
using Romana.Node.Linux.Namespaces;
using Romana.Node.Linux.Netlink.Wire;

namespace Romana.Node.Linux.Netlink;

/// <summary>Kinds of objects that changed.</summary>
[Flags]
internal enum KernelKinds
{
    None = 0,
    Interfaces = 1,
    Addresses = 2,
    Routes = 4,
    Rules = 8,
    Neighbours = 16,
    All = Interfaces | Addresses | Routes | Rules | Neighbours,
}

/// <summary>"Look again." Says what kind of thing changed, never what it is now: that is read.</summary>
/// <param name="Others">Changed by anybody but the sockets named as our own.</param>
/// <param name="OfOurs">Of those, what carries our protocol number: somebody meddled with what we made.</param>
/// <param name="Own">Changed on a request of ours.</param>
/// <param name="IsOverflow">Notifications were lost; all kinds watched are in the two first.</param>
internal readonly record struct LookAgain(KernelKinds Others, KernelKinds OfOurs, KernelKinds Own, bool IsOverflow = false)
{
    public LookAgain And(LookAgain later) => new(Others | later.Others, OfOurs | later.OfOurs, Own | later.Own, IsOverflow || later.IsOverflow);
}

/// <param name="IsOwn">Whether a port is one of our sockets' (<see cref="KernelNetwork.Port"/>).</param>
internal sealed record MonitorOptions(Func<uint, bool> IsOwn)
{
    /// <summary>Neighbours are noisy: each comes and goes with traffic.</summary>
    public KernelKinds Kinds { get; init; } = KernelKinds.All;

    /// <summary>Bytes that wait unread before the kernel drops notifications; the usual holds a few thousand.</summary>
    public int Buffer { get; init; } = 4 * 1024 * 1024;
}

/// <summary>
/// Notifications of one namespace. No thread waits: the socket is in the runtime's epoll set. Not every change is told:
/// the kernel is silent about IPv4 routes that go with their interface and about proxy neighbours (an interface's own
/// change is always told). Of interfaces, of IPv6 addresses and of what the kernel removes by itself it does not say for
/// whom, so they count as others'.
/// </summary>
internal sealed class KernelMonitor : IDisposable
{
    // RTNLGRP_* of linux/rtnetlink.h.
    private static readonly (KernelKinds Kind, int Group)[] Groups =
    [
        (KernelKinds.Interfaces, 1),
        (KernelKinds.Neighbours, 3),
        (KernelKinds.Addresses, 5), (KernelKinds.Addresses, 9),
        (KernelKinds.Routes, 7), (KernelKinds.Routes, 11),
        (KernelKinds.Rules, 8), (KernelKinds.Rules, 19),
    ];

    private readonly byte[] _buffer = GC.AllocateUninitializedArray<byte>(64 * 1024, pinned: true);
    private readonly Socket _socket;
    private readonly MonitorOptions _options;

    private KernelMonitor(Socket socket, MonitorOptions options)
    {
        _socket = socket;
        _options = options;
    }

    /// <summary>In the calling thread's namespace. Whoever opens it and then lists misses nothing.</summary>
    public static KernelMonitor Open(MonitorOptions options)
    {
        using var handle = NetlinkHandle.Open();
        handle.SetReceiveBuffer(options.Buffer);
        foreach (var (kind, group) in Groups)
        {
            if ((options.Kinds & kind) != 0) handle.Join(group);
        }

        return new KernelMonitor(new Socket(handle.Detach()), options);
    }

    public static KernelMonitor Open(NetworkNamespace space, MonitorOptions options) => space.Run(() => Open(options));

    /// <summary>Waits for a change, then takes in whatever else is there already.</summary>
    public async ValueTask<LookAgain> NextAsync(CancellationToken cancel)
    {
        var seen = await ReceiveAsync(cancel).ConfigureAwait(false);
        while (_socket.Poll(TimeSpan.Zero, SelectMode.SelectRead)) seen = seen.And(await ReceiveAsync(cancel).ConfigureAwait(false));
        return seen;
    }

    public void Dispose() => _socket.Dispose();

    private async ValueTask<LookAgain> ReceiveAsync(CancellationToken cancel)
    {
        try
        {
            var length = await _socket.ReceiveAsync(_buffer.AsMemory(), SocketFlags.None, cancel).ConfigureAwait(false);
            return NotificationReader.Read(_buffer.AsSpan(0, length), _options.IsOwn);
        }
        catch (SocketException fault) when (fault.SocketErrorCode == SocketError.NoBufferSpaceAvailable)
        {
            return Everything;
        }
        catch (MalformedMessageException)
        {
            // Something changed that cannot be read: the one safe meaning is everything.
            return Everything;
        }
    }

    private LookAgain Everything => new(_options.Kinds, _options.Kinds, KernelKinds.None, IsOverflow: true);
}
