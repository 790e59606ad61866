using System.Runtime.InteropServices;
using Romana.Node.Linux.Netlink.Wire;

namespace Romana.Node.Linux.Netlink.Records;

/// <summary>
/// An interface's settings inside IFLA_AF_SPEC, which holds a family's own attributes by the family's number. The way
/// through /proc/sys costs a walk over the same directories of every other namespace, so that it grows with the pods.
/// </summary>
internal static class InterfaceSettings
{
    public const ushort Attribute = 26;

    // IFLA_INET_CONF is a list of numbers when it is read, and attributes by number when it is written; its numbers
    // (IPV4_DEVCONF_* of linux/ip.h) begin with 1, those of IFLA_INET6_CONF (DEVCONF_* of linux/ipv6.h) with 0.
    private const ushort Values4 = 1, Values6 = 2, AddressGeneration = 8;
    private const ushort Forwarding4 = 1, ReversePath4 = 8;
    private const int AcceptAdvertisements6 = 3, Disable6 = 26;

    // IN6_ADDR_GEN_MODE_NONE of linux/if_link.h.
    private const byte NoGeneration = 1;

    public static void Write(ref MessageWriter request, InterfaceChange change)
    {
        if (!change.HasNoOwnAddress && change.Forwards is null && change.ReversePath is null) return;
        var families = request.Open(Attribute);
        if (change.Forwards is not null || change.ReversePath is not null)
        {
            var family = request.Open(Families.V4);
            var values = request.Open(Values4);
            if (change.Forwards is { } forwards) request.I32(Forwarding4, forwards ? 1 : 0);
            if (change.ReversePath is { } path) request.I32(ReversePath4, path);
            request.Close(values);
            request.Close(family);
        }

        if (change.HasNoOwnAddress)
        {
            var family = request.Open(Families.V6);
            request.U8(AddressGeneration, NoGeneration);
            request.Close(family);
        }

        request.Close(families);
    }

    public static Interface Read(Interface found, AttributeReader families)
    {
        while (families.Next())
        {
            if (families.Type == Families.V4) found = found with { V4 = Read4(families.Nested()) };
            else if (families.Type == Families.V6) found = found with { V6 = Read6(families.Nested()) };
        }

        return found;
    }

    private static Settings4? Read4(AttributeReader family)
    {
        if (!family.Find(Values4)) return null;
        var values = MemoryMarshal.Cast<byte, int>(family.Value);
        return values.Length < ReversePath4 ? null : new Settings4(values[Forwarding4 - 1] != 0, values[ReversePath4 - 1]);
    }

    private static Settings6? Read6(AttributeReader family)
    {
        var (found, generation) = (default(Settings6?), 0);
        while (family.Next())
        {
            if (family.Type == AddressGeneration) generation = family.U8();
            if (family.Type != Values6) continue;
            var values = MemoryMarshal.Cast<byte, int>(family.Value);
            if (values.Length > Disable6) found = new Settings6(values[Disable6] != 0, values[AcceptAdvertisements6], 0);
        }

        return found is { } settings ? settings with { AddressGeneration = generation } : null;
    }
}
