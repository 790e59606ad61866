using Romana.Node.Linux.Namespaces;

namespace Romana.Node.Linux.Netlink;

/// <summary>
/// The kernel's network in one namespace, asked by netlink over one socket that stays there, from any thread. Requests
/// take turns; removing an interface takes the kernel tens of milliseconds, so whoever removes many opens one of his own.
/// </summary>
internal sealed class KernelNetwork : IDisposable
{
    private readonly NetlinkSocket _socket;

    private KernelNetwork(NetlinkSocket socket)
    {
        _socket = socket;
        Interfaces = new KernelInterfaces(socket);
        Addresses = new KernelAddresses(socket);
        Routes = new KernelRoutes(socket);
        Rules = new KernelRules(socket);
        Neighbours = new KernelNeighbours(socket);
    }

    public KernelInterfaces Interfaces { get; }

    public KernelAddresses Addresses { get; }

    public KernelRoutes Routes { get; }

    public KernelRules Rules { get; }

    public KernelNeighbours Neighbours { get; }

    /// <summary>Marks the notifications of what was changed here (<see cref="KernelMonitor"/>).</summary>
    public uint Port => _socket.Port;

    /// <summary>In the calling thread's namespace.</summary>
    public static KernelNetwork Open() => new(NetlinkSocket.Open());

    public static KernelNetwork Open(NetworkNamespace space) => space.Run(Open);

    public void Dispose() => _socket.Dispose();
}
