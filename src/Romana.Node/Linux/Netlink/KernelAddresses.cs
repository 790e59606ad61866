using Romana.Ipam.Addressing;
using Romana.Node.Linux.Netlink.Records;
using Romana.Node.Linux.Netlink.Wire;

namespace Romana.Node.Linux.Netlink;

/// <summary>Addresses of one namespace.</summary>
internal sealed class KernelAddresses(NetlinkSocket socket)
{
    /// <param name="family">Null lists both.</param>
    /// <param name="index">Of one interface; 0 is all.</param>
    public IReadOnlyList<InterfaceAddress> List(IpFamily? family = null, int index = 0)
    {
        var request = new MessageWriter(stackalloc byte[MessageWriter.ScratchSize], MessageType.GetAddress, MessageFlags.Dump);
        AddressCodec.WriteDump(ref request, family, index);
        return socket.List(ref request, AddressCodec.Decode, "addresses");
    }

    public Outcome Add(InterfaceAddress address)
    {
        var request = new MessageWriter(stackalloc byte[MessageWriter.ScratchSize], MessageType.NewAddress, KernelCalls.Add);
        AddressCodec.WriteAdd(ref request, address);
        return socket.Create(ref request, "address", address);
    }

    public Outcome Remove(InterfaceAddress address)
    {
        var request = new MessageWriter(stackalloc byte[MessageWriter.ScratchSize], MessageType.DeleteAddress, MessageFlags.Acknowledge);
        AddressCodec.WriteDelete(ref request, address);
        return socket.Remove(ref request, "address", address);
    }
}
