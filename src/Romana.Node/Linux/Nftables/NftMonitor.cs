using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Net.Sockets;
using Romana.Node.Linux.Namespaces;
using Romana.Node.Linux.Netlink;
using Romana.Node.Linux.Netlink.Wire;

namespace Romana.Node.Linux.Nftables;

/// <summary>
/// Notifications of nftables in one namespace: tells which of the tables that are watched were changed by others. Whoever
/// changes something himself knows it, and a burst of pods would otherwise make him read his table again and again. iptables of the nft kind is told here as well, in its tables `filter`; the older kind tells nobody.
/// </summary>
internal sealed class NftMonitor : IDisposable
{
    // linux/netfilter/nfnetlink.h and nf_tables.h. Every message but that of a generation names its table first.
    private const int NetfilterProtocol = 12, TablesGroup = 7, TablesSubsystem = 10, NewGeneration = 15, TableName = 1;

    // NFTA_GEN_PROC_PID, which is a thread's number, and NFTA_GEN_PROC_NAME.
    private const int GenerationThread = 2, GenerationName = 3;

    private readonly byte[] _buffer = GC.AllocateUninitializedArray<byte>(64 * 1024, pinned: true);
    private readonly Socket _socket;
    private readonly ImmutableHashSet<string> _watched;
    private readonly Func<NftWriter, bool> _isOwn;

    /// <summary>Of the transaction that is being told; its last word says who made it.</summary>
    private ImmutableHashSet<string> _told = [];

    private NftMonitor(Socket socket, ImmutableHashSet<string> watched, Func<NftWriter, bool> isOwn) => (_socket, _watched, _isOwn) = (socket, watched, isOwn);

    /// <summary>In the calling thread's namespace.</summary>
    /// <param name="watched">Names of tables, of any family.</param>
    /// <param name="isOwn">Whose changes are not told (<see cref="INftables.IsOwn"/>).</param>
    /// <exception cref="IOException">This kernel lacks nftables.</exception>
    public static NftMonitor Open(ImmutableHashSet<string> watched, Func<NftWriter, bool> isOwn)
    {
        using var handle = NetlinkHandle.Open(NetfilterProtocol);
        handle.SetReceiveBuffer(4 * 1024 * 1024);
        handle.Join(TablesGroup);
        return new NftMonitor(new Socket(handle.Detach()), watched, isOwn);
    }

    public static NftMonitor Open(NetworkNamespace? space, ImmutableHashSet<string> watched, Func<NftWriter, bool> isOwn) =>
        space is null ? Open(watched, isOwn) : space.Run(() => Open(watched, isOwn));

    /// <summary>Waits until another changed a watched table. Lost notifications may have told of any of them.</summary>
    public async ValueTask<ImmutableHashSet<string>> NextAsync(CancellationToken cancel)
    {
        var seen = await ReceiveAsync(cancel).ConfigureAwait(false);
        while (seen.IsEmpty || _socket.Poll(TimeSpan.Zero, SelectMode.SelectRead)) seen = seen.Union(await ReceiveAsync(cancel).ConfigureAwait(false));
        return seen;
    }

    public void Dispose() => _socket.Dispose();

    private async ValueTask<ImmutableHashSet<string>> ReceiveAsync(CancellationToken cancel)
    {
        try
        {
            var length = await _socket.ReceiveAsync(_buffer.AsMemory(), SocketFlags.None, cancel).ConfigureAwait(false);
            return Seen(_buffer.AsSpan(0, length));
        }
        catch (SocketException fault) when (fault.SocketErrorCode == SocketError.NoBufferSpaceAvailable)
        {
            return Lost();
        }
        catch (MalformedMessageException)
        {
            return Lost();
        }
    }

    private ImmutableHashSet<string> Lost()
    {
        _told = [];
        return _watched;
    }

    private ImmutableHashSet<string> Seen(ReadOnlySpan<byte> datagram)
    {
        var seen = ImmutableHashSet<string>.Empty;
        var messages = new MessageReader(datagram);
        while (messages.Next())
        {
            var type = messages.Current.Header.Type;
            if (type >> 8 != TablesSubsystem) continue;
            messages.Current.Head<uint>(out var attributes);
            if ((type & 0xff) == NewGeneration)
            {
                if (!_told.IsEmpty && !_isOwn(WriterOf(attributes))) seen = seen.Union(_told);
                _told = [];
            }
            else if (attributes.Find(TableName) && attributes.Text() is var name && _watched.Contains(name)) _told = _told.Add(name);
        }

        return seen;
    }

    private static NftWriter WriterOf(AttributeReader generation)
    {
        var (number, name) = (0u, "");
        while (generation.Next())
        {
            if (generation.Type == GenerationThread) number = BinaryPrimitives.ReverseEndianness(generation.U32());
            else if (generation.Type == GenerationName) name = generation.Text();
        }

        return new NftWriter((int)number, name);
    }
}
