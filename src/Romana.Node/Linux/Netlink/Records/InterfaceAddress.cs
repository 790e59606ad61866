using Romana.Ipam.Addressing;

namespace Romana.Node.Linux.Netlink.Records;

/// <summary>How far an address or a route is meant to reach (RT_SCOPE_*).</summary>
internal enum Scope : byte
{
    Global = 0,
    Site = 200,
    Link = 253,
    Host = 254,
    Nowhere = 255,
}

/// <summary>IFA_F_* of linux/if_addr.h.</summary>
[Flags]
internal enum AddressFlags : uint
{
    None = 0,
    Secondary = 0x1,
    NoDuplicateDetection = 0x2,
    DuplicateFound = 0x8,
    Deprecated = 0x20,
    Tentative = 0x40,
    Permanent = 0x80,
    NoPrefixRoute = 0x200,
}

/// <summary>An address on an interface. Its key is interface, address and prefix length.</summary>
internal sealed record InterfaceAddress
{
    public required int Interface { get; init; }

    public required IpAddress Address { get; init; }

    /// <summary>Prefix length; the kernel adds a route for the prefix unless <see cref="AddressFlags.NoPrefixRoute"/> is set.</summary>
    public required int Length { get; init; }

    /// <summary>The other end of a point-to-point address, which the prefix is of then.</summary>
    public IpAddress? Peer { get; init; }

    public Scope Scope { get; init; }

    public AddressFlags Flags { get; init; }

    /// <summary>Seconds for which the address may begin connections; uint.MaxValue is for ever.</summary>
    public uint PreferredSeconds { get; init; } = uint.MaxValue;

    public uint ValidSeconds { get; init; } = uint.MaxValue;

    /// <summary>Who made it, as for routes; 0 is not said. Kernels before 5.18 keep no such word.</summary>
    public byte Protocol { get; init; }

    public override string ToString() => $"{Address}/{Length} on interface {Interface}";
}
