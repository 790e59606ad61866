using Romana.Ipam.Addressing;

namespace Romana.Node.Linux.Netlink.Records;

/// <summary>NUD_* of linux/neighbour.h.</summary>
[Flags]
internal enum NeighbourState : ushort
{
    None = 0,
    Incomplete = 0x01,
    Reachable = 0x02,
    Stale = 0x04,
    Delay = 0x08,
    Probe = 0x10,
    Failed = 0x20,
    NoArp = 0x40,

    /// <summary>Said by somebody; never asked for on the wire.</summary>
    Permanent = 0x80,
}

/// <summary>An entry of the ARP or ND table, or an address that is answered for on an interface (a proxy entry).</summary>
internal sealed record Neighbour
{
    public required int Interface { get; init; }

    public required IpAddress Address { get; init; }

    /// <summary>Null while it is not known, and of a proxy entry.</summary>
    public MacAddress? Mac { get; init; }

    public NeighbourState State { get; init; } = NeighbourState.Permanent;

    public bool IsProxy { get; init; }

    /// <summary>Who made it, as for routes; 0 is not said.</summary>
    public byte Protocol { get; init; } = RouteProtocols.Romana;

    public static Neighbour Proxy(int index, IpAddress address) =>
        new() { Interface = index, Address = address, IsProxy = true, State = NeighbourState.None };

    public override string ToString() =>
        $"{(IsProxy ? "proxy " : "")}{Address}{(Mac is { } mac ? $" lladdr {mac}" : "")} dev {Interface}{(IsProxy ? "" : $" {State}")}";
}
