using Romana.Node.Linux.Netlink.Records;
using Romana.Node.Linux.Netlink.Wire;

namespace Romana.Node.Linux.Netlink;

/// <summary>Interfaces of one namespace.</summary>
internal sealed class KernelInterfaces(NetlinkSocket socket)
{
    public IReadOnlyList<Interface> List()
    {
        var request = new MessageWriter(stackalloc byte[MessageWriter.ScratchSize], MessageType.GetInterface, MessageFlags.Dump);
        InterfaceCodec.WriteDump(ref request);
        return socket.List(ref request, InterfaceCodec.Decode, "interfaces", GoesOn.ByKey);
    }

    /// <summary>Null if there is none.</summary>
    public Interface? Get(string name) => name.Length is > 0 and <= InterfaceCodec.LongestName ? Get(0, name) : null;

    /// <inheritdoc cref="Get(string)"/>
    public Interface? Get(int index) => Get(index, null);

    /// <summary><see cref="OutcomeKind.Exists"/>: one of the two names is taken, in its own namespace.</summary>
    public Outcome AddVeth(VethRequest veth)
    {
        var request = new MessageWriter(stackalloc byte[MessageWriter.ScratchSize], MessageType.NewInterface, KernelCalls.Add);
        InterfaceCodec.WriteVeth(ref request, veth);
        return socket.Create(ref request, "veth", veth);
    }

    /// <summary>
    /// <see cref="OutcomeKind.Exists"/>: the name is taken, or the trunk has that id already under another name.
    /// A kernel without 8021q is a refusal that says so.
    /// </summary>
    public Outcome AddVlan(VlanRequest vlan)
    {
        var request = new MessageWriter(stackalloc byte[MessageWriter.ScratchSize], MessageType.NewInterface, KernelCalls.Add);
        InterfaceCodec.WriteVlan(ref request, vlan);
        var outcome = socket.Create(ref request, "VLAN interface", vlan);
        return outcome.Refusal is { Errno: Errno.NotSupported } error
            ? outcome with { Refusal = error with { Remedy = "this kernel has no 802.1Q: load the module 8021q, or use the network's plain interface" } }
            : outcome;
    }

    /// <summary><see cref="OutcomeKind.Exists"/>: another interface has the new name.</summary>
    public Outcome Change(int index, InterfaceChange change)
    {
        var request = new MessageWriter(stackalloc byte[MessageWriter.ScratchSize], MessageType.NewInterface, MessageFlags.Acknowledge);
        InterfaceCodec.WriteChange(ref request, index, change);
        return socket.Change(ref request) switch
        {
            null => new(OutcomeKind.Set),
            { Errno: Errno.Exists } => new(OutcomeKind.Exists),
            { } failure => KernelCalls.Refused(failure, $"change interface {index}: {change}", ref request),
        };
    }

    /// <summary>A veth's peer goes with it. The kernel takes its time: tens of milliseconds.</summary>
    public Outcome Remove(int index)
    {
        var request = new MessageWriter(stackalloc byte[MessageWriter.ScratchSize], MessageType.DeleteInterface, MessageFlags.Acknowledge);
        InterfaceCodec.WriteDelete(ref request, index);
        return socket.Remove(ref request, "interface", index);
    }

    /// <summary>
    /// All interfaces of a group, in the time that one takes. <see cref="OutcomeKind.Absent"/>: there is none in it. If one
    /// of them cannot be removed, none is.
    /// </summary>
    public Outcome RemoveGroup(uint group)
    {
        if (group == 0) throw new ArgumentException("group 0 is every interface that is in no other", nameof(group));
        var request = new MessageWriter(stackalloc byte[MessageWriter.ScratchSize], MessageType.DeleteInterface, MessageFlags.Acknowledge);
        InterfaceCodec.WriteDeleteGroup(ref request, group);
        return socket.Remove(ref request, "interfaces of group", group);
    }

    private Interface? Get(int index, string? name)
    {
        var request = new MessageWriter(stackalloc byte[MessageWriter.ScratchSize], MessageType.GetInterface, MessageFlags.Acknowledge);
        InterfaceCodec.WriteGet(ref request, index, name);
        var reply = socket.Ask(ref request, InterfaceCodec.Decode);
        return reply.Failure switch
        {
            null => reply.Items is [var found, ..] ? found : null,
            { Errno: Errno.NoDevice } => null,
            { } failure => throw new NetlinkException(KernelError.From(failure, $"get interface {name ?? index.ToString()}", request.Finish(0))),
        };
    }
}
