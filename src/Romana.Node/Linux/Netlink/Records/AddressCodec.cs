using System.Runtime.InteropServices;
using Romana.Ipam.Addressing;
using Romana.Node.Linux.Netlink.Wire;

namespace Romana.Node.Linux.Netlink.Records;

/// <summary>Addresses in rtnetlink's words (linux/if_addr.h).</summary>
internal static class AddressCodec
{
    private const ushort AddressAttribute = 1, LocalAttribute = 2, CacheInfo = 6, FlagsAttribute = 8, ProtocolAttribute = 11;

    public static InterfaceAddress? Decode(Message message)
    {
        if (message.Header.Type != MessageType.NewAddress) return null;
        var head = message.Head<Fixed>(out var attributes);
        if (Families.From(head.Family) is not { } family) return null;
        IpAddress? address = null, local = null;
        var protocol = (byte)0;
        var (flags, lifetime) = ((uint)head.Flags, new Lifetime { Preferred = uint.MaxValue, Valid = uint.MaxValue });
        while (attributes.Next())
        {
            switch (attributes.Type)
            {
                case AddressAttribute: address = attributes.Address(family); break;
                case LocalAttribute: local = attributes.Address(family); break;
                case FlagsAttribute: flags = attributes.U32(); break;
                case ProtocolAttribute: protocol = attributes.U8(); break;
                case CacheInfo: lifetime = attributes.Structure<Lifetime>(); break;
            }
        }

        // IPv4 names its own address IFA_LOCAL; IPv6 does so only where there is a peer, which is IFA_ADDRESS in both.
        var own = local ?? address ?? throw new MalformedMessageException($"an address of interface {head.Index} has no value");
        if (head.Length > family.Width()) throw new MalformedMessageException($"address {own} has a prefix length of {head.Length}");
        return new InterfaceAddress
        {
            Interface = head.Index,
            Address = own,
            Length = head.Length,
            Peer = address is { } other && other != own ? other : null,
            Scope = (Scope)head.Scope,
            Flags = (AddressFlags)flags,
            Protocol = protocol,
            PreferredSeconds = lifetime.Preferred,
            ValidSeconds = lifetime.Valid,
        };
    }

    public static void WriteDump(ref MessageWriter request, IpFamily? family, int index) =>
        request.Head(new Fixed { Family = family?.Number() ?? 0, Index = index });

    public static void WriteAdd(ref MessageWriter request, InterfaceAddress address)
    {
        WriteHead(ref request, address);
        request.Address(LocalAttribute, address.Address);
        if (address.Protocol != 0) request.U8(ProtocolAttribute, address.Protocol);
        if (address.Flags != 0) request.U32(FlagsAttribute, (uint)address.Flags);
        request.Address(AddressAttribute, address.Peer ?? address.Address);
        if (address.PreferredSeconds == uint.MaxValue && address.ValidSeconds == uint.MaxValue) return;
        var info = request.Open(CacheInfo);
        request.Structure(new Lifetime { Preferred = address.PreferredSeconds, Valid = address.ValidSeconds });
        request.Close(info);
    }

    public static void WriteDelete(ref MessageWriter request, InterfaceAddress address)
    {
        WriteHead(ref request, address);
        request.Address(LocalAttribute, address.Address);
        request.Address(AddressAttribute, address.Peer ?? address.Address);
    }

    private static void WriteHead(ref MessageWriter request, InterfaceAddress address) =>
        request.Head(new Fixed
        {
            Family = address.Address.Family.Number(),
            Length = (byte)address.Length,
            Scope = (byte)address.Scope,
            Index = address.Interface,
        });

    /// <summary>struct ifaddrmsg.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Fixed
    {
        public byte Family;
        public byte Length;
        public byte Flags;
        public byte Scope;
        public int Index;
    }

    /// <summary>struct ifa_cacheinfo; the two stamps are the kernel's to fill in.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Lifetime
    {
        public uint Preferred;
        public uint Valid;
        public uint Created;
        public uint Updated;
    }
}
