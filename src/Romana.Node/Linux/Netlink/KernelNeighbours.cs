using Romana.Ipam.Addressing;
using Romana.Node.Linux.Netlink.Records;
using Romana.Node.Linux.Netlink.Wire;

namespace Romana.Node.Linux.Netlink;

/// <summary>ARP and ND entries of one namespace, and addresses answered for by proxy.</summary>
internal sealed class KernelNeighbours(NetlinkSocket socket)
{
    /// <param name="family">Null lists both.</param>
    public IReadOnlyList<Neighbour> List(IpFamily? family = null) => List(family, proxies: false);

    /// <inheritdoc cref="List(IpFamily?)"/>
    public IReadOnlyList<Neighbour> ListProxies(IpFamily? family = null) => List(family, proxies: true);

    /// <summary><see cref="OutcomeKind.Exists"/>: an entry of that address, learnt or said. Proxies are <see cref="Set"/>.</summary>
    public Outcome Add(Neighbour neighbour)
    {
        var request = new MessageWriter(stackalloc byte[MessageWriter.ScratchSize], MessageType.NewNeighbour, KernelCalls.Add);
        NeighbourCodec.WriteSet(ref request, neighbour);
        return socket.Create(ref request, "neighbour", neighbour);
    }

    /// <summary>Also takes the place of an entry that was learnt.</summary>
    public Outcome Set(Neighbour neighbour)
    {
        var request = new MessageWriter(stackalloc byte[MessageWriter.ScratchSize], MessageType.NewNeighbour, KernelCalls.CreateOrReplace);
        NeighbourCodec.WriteSet(ref request, neighbour);
        return socket.Set(ref request, "neighbour", neighbour);
    }

    public Outcome Remove(Neighbour neighbour)
    {
        var request = new MessageWriter(stackalloc byte[MessageWriter.ScratchSize], MessageType.DeleteNeighbour, MessageFlags.Acknowledge);
        NeighbourCodec.WriteDelete(ref request, neighbour);
        return socket.Remove(ref request, "neighbour", neighbour);
    }

    private IReadOnlyList<Neighbour> List(IpFamily? family, bool proxies)
    {
        var request = new MessageWriter(stackalloc byte[MessageWriter.ScratchSize], MessageType.GetNeighbour, MessageFlags.Dump);
        NeighbourCodec.WriteDump(ref request, family, proxies);
        return socket.List(ref request, NeighbourCodec.Decode, "neighbours");
    }
}
