using System.Runtime.InteropServices;
using Romana.Node.Linux.Netlink.Wire;

namespace Romana.Node.Linux.Netlink.Records;

/// <summary>Interfaces in rtnetlink's words (linux/if_link.h).</summary>
internal static class InterfaceCodec
{
    public const int LongestName = 15;

    private const uint Up = 0x1, Loopback = 0x8, LowerUp = 0x10000;

    // RTEXT_FILTER_SKIP_STATS: counters are most of the bytes of a dump, and nobody here reads them.
    private const uint SkipStatistics = 1 << 3;

    public const ushort MacAttribute = 1, NameAttribute = 3, MtuAttribute = 4, LowerAttribute = 5, Info = 18;

    private const ushort MasterAttribute = 10,
        AliasAttribute = 20, GroupAttribute = 27, NamespaceAttribute = 28, Extensions = 29, LowerNamespaceAttribute = 37;

    private const ushort InfoKind = 1, InfoData = 2, VethPeer = 1, VlanIdAttribute = 1;

    public static Interface? Decode(Message message)
    {
        if (message.Header.Type != MessageType.NewInterface) return null;
        var head = message.Head<Fixed>(out var attributes);
        var found = new Interface
        {
            Index = head.Index,
            Name = "",
            IsUp = (head.Flags & Up) != 0,
            HasCarrier = (head.Flags & LowerUp) != 0,
            IsLoopback = (head.Flags & Loopback) != 0,
        };
        while (attributes.Next()) found = With(found, attributes);
        return found.Name.Length > 0 ? found : throw new MalformedMessageException($"interface {head.Index} has no name");
    }

    public static void WriteGet(ref MessageWriter request, int index, string? name)
    {
        request.Head(new Fixed { Index = index });
        request.U32(Extensions, SkipStatistics);
        if (name is not null) request.Text(NameAttribute, name);
    }

    public static void WriteDump(ref MessageWriter request) => WriteGet(ref request, 0, null);

    public static void WriteVeth(ref MessageWriter request, VethRequest veth)
    {
        request.Head(default(Fixed));
        WriteEnd(ref request, veth.Near);
        var info = request.Open(Info);
        request.Bytes(InfoKind, "veth"u8);
        var data = request.Open(InfoData);
        var peer = request.Open(VethPeer);
        request.Structure(default(Fixed));
        WriteEnd(ref request, veth.Far, veth.FarNamespace);
        request.Close(peer);
        request.Close(data);
        request.Close(info);
    }

    public static void WriteVlan(ref MessageWriter request, VlanRequest vlan)
    {
        request.Head(default(Fixed));
        request.I32(LowerAttribute, vlan.Trunk);
        request.Text(NameAttribute, vlan.Name);
        if (vlan.Mtu is { } mtu) request.I32(MtuAttribute, mtu);
        var info = request.Open(Info);
        request.Bytes(InfoKind, "vlan"u8);
        var data = request.Open(InfoData);
        request.U16(VlanIdAttribute, (ushort)vlan.Id);
        request.Close(data);
        request.Close(info);
    }

    public static void WriteChange(ref MessageWriter request, int index, InterfaceChange change)
    {
        request.Head(new Fixed
        {
            Index = index,
            Flags = change.IsUp == true ? Up : 0,
            Change = change.IsUp is null ? 0 : Up,
        });
        if (change.Name is { } name) request.Text(NameAttribute, name);
        if (change.Mtu is { } mtu) request.I32(MtuAttribute, mtu);
        if (change.Mac is { } mac) WriteMac(ref request, mac);
        if (change.Alias is { } alias) request.Text(AliasAttribute, alias);
        if (change.Master is { } master) request.I32(MasterAttribute, master);
        if (change.Group is { } group) request.U32(GroupAttribute, group);
        InterfaceSettings.Write(ref request, change);
    }

    public static void WriteDelete(ref MessageWriter request, int index) => request.Head(new Fixed { Index = index });

    public static void WriteDeleteGroup(ref MessageWriter request, uint group)
    {
        request.Head(default(Fixed));
        request.U32(GroupAttribute, group);
    }

    private static void WriteEnd(ref MessageWriter request, VethEnd end, NamespaceHandle? space = null)
    {
        if (end.Mtu is { } mtu) request.I32(MtuAttribute, mtu);
        if (end.Mac is { } mac) WriteMac(ref request, mac);
        if (space is { } there) request.I32(NamespaceAttribute, there.Handle);
        request.Text(NameAttribute, end.Name);
    }

    private static void WriteMac(ref MessageWriter request, MacAddress mac)
    {
        Span<byte> bytes = stackalloc byte[MacAddress.Size];
        mac.CopyTo(bytes);
        request.Bytes(MacAttribute, bytes);
    }

    private static Interface With(Interface found, AttributeReader attribute) => attribute.Type switch
    {
        MacAttribute => found with { Mac = MacAddress.From(attribute.Value) },
        NameAttribute => found with { Name = attribute.Text() },
        MtuAttribute => found with { Mtu = attribute.I32() },
        LowerAttribute => found with { Lower = attribute.I32() },
        MasterAttribute => found with { Master = attribute.I32() },
        GroupAttribute => found with { Group = attribute.U32() },
        AliasAttribute => found with { Alias = attribute.Text() },
        LowerNamespaceAttribute => found with { LowerNamespace = attribute.I32() },
        Info => WithInfo(found, attribute.Nested()),
        InterfaceSettings.Attribute => InterfaceSettings.Read(found, attribute.Nested()),
        _ => found,
    };

    private static Interface WithInfo(Interface found, AttributeReader info)
    {
        while (info.Next())
        {
            if (info.Type == InfoKind) found = found with { Kind = info.Text() };
            // The kind comes first: the kernel's order since it has kinds (rtnl_link_fill).
            else if (info.Type == InfoData && found.Kind == "vlan") found = found with { VlanId = VlanId(info.Nested()) };
        }

        return found;
    }

    private static int? VlanId(AttributeReader data) => data.Find(VlanIdAttribute) ? data.U16() : null;

    /// <summary>struct ifinfomsg.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Fixed
    {
        public byte Family;
        public byte Padding;
        public ushort Type;
        public int Index;
        public uint Flags;
        public uint Change;
    }
}
