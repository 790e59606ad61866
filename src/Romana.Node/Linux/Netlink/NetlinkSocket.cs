using System.Runtime.InteropServices;
using Romana.Node.Linux.Netlink.Wire;

namespace Romana.Node.Linux.Netlink;

/// <summary>
/// Asks the kernel, one request at a time. Rtnetlink works a request off inside send(2), so the answer is there when send
/// returns: the calls are synchronous, and a caller waits no longer than the kernel works.
/// </summary>
internal sealed class NetlinkSocket : IDisposable
{
    // The kernel makes datagrams of a dump up to 32 KB.
    private const int BufferSize = 64 * 1024;

    // MSG_TRUNC as a flag of recv(2): the true length is returned even if it does not fit.
    private const int TrueLength = 0x20;

    private const int MostLooks = 20;

    private static readonly TimeSpan MostWaiting = TimeSpan.FromSeconds(30);

    private readonly Lock _turn = new();
    private readonly byte[] _buffer = GC.AllocateUninitializedArray<byte>(BufferSize, pinned: true);
    private readonly NetlinkHandle _handle;
    private uint _sequence;

    private NetlinkSocket(NetlinkHandle handle) => _handle = handle;

    /// <summary>Its number in the notifications of changes that were asked for here.</summary>
    public uint Port => _handle.Port;

    /// <summary>In the calling thread's namespace.</summary>
    public static NetlinkSocket Open()
    {
        var handle = NetlinkHandle.Open();
        handle.AskForDetails();
        handle.LimitWaiting(MostWaiting);
        return new NetlinkSocket(handle);
    }

    /// <summary>Asks for a change; null is success.</summary>
    public KernelFailure? Change(ref MessageWriter request) => Ask(ref request, NoObject).Failure;

    /// <summary>Asks for one object, or for a change that answers with one.</summary>
    public Reply<T> Ask<T>(ref MessageWriter request, MessageDecoder<T> decode)
        where T : class
    {
        lock (_turn)
        {
            var sequence = ++_sequence;
            Send(request.Finish(sequence));
            var reply = new Reply<T>(sequence, decode);
            while (!reply.IsComplete) reply.Take(Receive());
            return reply.Fault is { } fault ? throw fault : reply;
        }
    }

    /// <summary>
    /// Lists. A list that changed while the kernel wrote it may lack what was there all the time, and is asked for again.
    /// The kernel's word for it does not come for every list, and not for every change: a list in pieces is believed only
    /// if all of the look before is still in it. Then nothing that was removed has shifted what stood.
    /// </summary>
    /// <param name="request">Begun with <see cref="MessageFlags.Dump"/>.</param>
    /// <param name="decode">Reads one object.</param>
    /// <param name="goesOn">How the kernel finds its place again from one piece to the next.</param>
    /// <exception cref="NetlinkException">It changed under every one of twenty looks.</exception>
    public Reply<T> Dump<T>(ref MessageWriter request, MessageDecoder<T> decode, GoesOn goesOn)
        where T : class
    {
        List<T>? earlier = null;
        for (var i = 0; i < MostLooks; i++)
        {
            var reply = Ask(ref request, decode);
            if (reply.IsInterrupted) continue;
            if (!reply.IsPieced || goesOn == GoesOn.ByKey) return reply;
            if (earlier is not null && !earlier.Except(reply.Items).Any()) return reply;
            earlier = reply.Items;
        }

        throw new NetlinkException($"the kernel's list changed under each of {MostLooks} looks at it");
    }

    public void Dispose() => _handle.Dispose();

    private static object? NoObject(Message message) => null;

    private void Send(ReadOnlySpan<byte> request)
    {
        while (Libc.Send(_handle, request, request.Length, 0) < 0)
        {
            if (Marshal.GetLastPInvokeError() != Errno.Interrupted) throw Libc.Failure("send to the kernel by netlink");
        }
    }

    private ReadOnlySpan<byte> Receive()
    {
        while (true)
        {
            var length = Libc.Receive(_handle, _buffer, _buffer.Length, TrueLength);
            if (length > _buffer.Length) throw new NetlinkException($"the kernel sent {length} bytes at once where {_buffer.Length} fit");
            if (length >= 0) return _buffer.AsSpan(0, (int)length);
            switch (Marshal.GetLastPInvokeError())
            {
                case Errno.Interrupted: break;
                case Errno.Again: throw new NetlinkException($"the kernel did not answer in {MostWaiting.TotalSeconds:0} s");
                default: throw Libc.Failure("receive from the kernel by netlink");
            }
        }
    }
}
