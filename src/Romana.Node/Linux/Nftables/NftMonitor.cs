using System.Collections.Immutable;
using System.Net.Sockets;
using Romana.Node.Linux.Namespaces;
using Romana.Node.Linux.Netlink;
using Romana.Node.Linux.Netlink.Wire;

namespace Romana.Node.Linux.Nftables;

/// <summary>
/// Notifications of nftables in one namespace: tells which of the tables that are watched changed, by whomever. iptables of the nft kind is told here as well, in its tables `filter`; the older kind tells nobody.
/// </summary>
internal sealed class NftMonitor : IDisposable
{
    // linux/netfilter/nfnetlink.h and nf_tables.h. Every message but that of a generation names its table first.
    private const int NetfilterProtocol = 12, TablesGroup = 7, TablesSubsystem = 10, NewGeneration = 15, TableName = 1;

    private readonly byte[] _buffer = GC.AllocateUninitializedArray<byte>(64 * 1024, pinned: true);
    private readonly Socket _socket;
    private readonly ImmutableHashSet<string> _watched;

    private NftMonitor(Socket socket, ImmutableHashSet<string> watched) => (_socket, _watched) = (socket, watched);

    /// <summary>In the calling thread's namespace.</summary>
    /// <param name="watched">Names of tables, of any family.</param>
    /// <exception cref="IOException">This kernel lacks nftables.</exception>
    public static NftMonitor Open(ImmutableHashSet<string> watched)
    {
        using var handle = NetlinkHandle.Open(NetfilterProtocol);
        handle.SetReceiveBuffer(4 * 1024 * 1024);
        handle.Join(TablesGroup);
        return new NftMonitor(new Socket(handle.Detach()), watched);
    }

    public static NftMonitor Open(NetworkNamespace? space, ImmutableHashSet<string> watched) =>
        space is null ? Open(watched) : space.Run(() => Open(watched));

    /// <summary>Waits until a watched table was changed. Lost notifications may have told of any of them.</summary>
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
            return _watched;
        }
        catch (MalformedMessageException)
        {
            return _watched;
        }
    }

    private ImmutableHashSet<string> Seen(ReadOnlySpan<byte> datagram)
    {
        var seen = ImmutableHashSet<string>.Empty;
        var messages = new MessageReader(datagram);
        while (messages.Next())
        {
            var type = messages.Current.Header.Type;
            if (type >> 8 != TablesSubsystem || (type & 0xff) == NewGeneration) continue;
            messages.Current.Head<uint>(out var attributes);
            if (attributes.Find(TableName) && attributes.Text() is var name && _watched.Contains(name)) seen = seen.Add(name);
        }

        return seen;
    }
}
