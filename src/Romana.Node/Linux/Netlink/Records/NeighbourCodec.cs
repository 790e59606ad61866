using System.Runtime.InteropServices;
using Romana.Ipam.Addressing;
using Romana.Node.Linux.Netlink.Wire;

namespace Romana.Node.Linux.Netlink.Records;

/// <summary>Neighbours in rtnetlink's words (linux/neighbour.h).</summary>
internal static class NeighbourCodec
{
    private const byte ProxyFlag = 0x08;

    private const ushort AddressAttribute = 1, MacAttribute = 2, ProtocolAttribute = 12;

    public static Neighbour? Decode(Message message)
    {
        if (message.Header.Type != MessageType.NewNeighbour) return null;
        var head = message.Head<Fixed>(out var attributes);
        if (Families.From(head.Family) is not { } family) return null;
        IpAddress? address = null;
        MacAddress? mac = null;
        byte protocol = 0;
        while (attributes.Next())
        {
            switch (attributes.Type)
            {
                case AddressAttribute: address = attributes.Address(family); break;
                case MacAttribute: mac = MacAddress.From(attributes.Value); break;
                case ProtocolAttribute: protocol = attributes.U8(); break;
            }
        }

        return new Neighbour
        {
            Interface = head.Index,
            Address = address ?? throw new MalformedMessageException($"a neighbour of interface {head.Index} has no address"),
            Mac = mac,
            State = (NeighbourState)head.State,
            IsProxy = (head.Flags & ProxyFlag) != 0,
            Protocol = protocol,
        };
    }

    /// <inheritdoc cref="RuleCodec.ProtocolOf"/>
    public static byte ProtocolOf(Message message)
    {
        message.Head<Fixed>(out var attributes);
        return attributes.Find(ProtocolAttribute) ? attributes.U8() : (byte)0;
    }

    /// <summary>Proxy entries are a table of their own, and dumped only if asked for.</summary>
    public static void WriteDump(ref MessageWriter request, IpFamily? family, bool proxies) =>
        request.Head(new Fixed { Family = family?.Number() ?? 0, Flags = proxies ? ProxyFlag : (byte)0 });

    public static void WriteSet(ref MessageWriter request, Neighbour neighbour)
    {
        // A proxy entry has no state; the kernel's tools say permanent, and so do we.
        WriteHead(ref request, neighbour, neighbour.IsProxy ? NeighbourState.Permanent : neighbour.State);
        if (neighbour.Protocol != 0) request.U8(ProtocolAttribute, neighbour.Protocol);
        request.Address(AddressAttribute, neighbour.Address);
        if (neighbour.Mac is { } mac)
        {
            Span<byte> bytes = stackalloc byte[MacAddress.Size];
            mac.CopyTo(bytes);
            request.Bytes(MacAttribute, bytes);
        }
    }

    public static void WriteDelete(ref MessageWriter request, Neighbour neighbour)
    {
        WriteHead(ref request, neighbour, NeighbourState.None);
        request.Address(AddressAttribute, neighbour.Address);
    }

    private static void WriteHead(ref MessageWriter request, Neighbour neighbour, NeighbourState state) =>
        request.Head(new Fixed
        {
            Family = neighbour.Address.Family.Number(),
            Index = neighbour.Interface,
            State = (ushort)state,
            Flags = neighbour.IsProxy ? ProxyFlag : (byte)0,
        });

    /// <summary>struct ndmsg.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Fixed
    {
        public byte Family;
        public byte Padding1;
        public ushort Padding2;
        public int Index;
        public ushort State;
        public byte Flags;
        public byte Type;
    }
}
