namespace Romana.Node.Linux.Netlink.Records;

/// <summary>A network interface as the kernel shows it ("link" in iproute2; a Link of ours is a reach, not a device).</summary>
internal sealed record Interface
{
    public required int Index { get; init; }

    public required string Name { get; init; }

    /// <summary>Asked to be up (IFF_UP); says nothing of the cable.</summary>
    public required bool IsUp { get; init; }

    /// <summary>A carrier is there (IFF_LOWER_UP).</summary>
    public bool HasCarrier { get; init; }

    public bool IsLoopback { get; init; }

    public MacAddress? Mac { get; init; }

    public int Mtu { get; init; }

    /// <summary>veth, vlan, bridge; null for hardware and lo.</summary>
    public string? Kind { get; init; }

    /// <summary>Index of what this stands on: a VLAN's trunk, a veth's peer (in <see cref="LowerNamespace"/> if that is set).</summary>
    public int? Lower { get; init; }

    /// <summary>The kernel's id, in this namespace, of the namespace that <see cref="Lower"/> is in.</summary>
    public int? LowerNamespace { get; init; }

    /// <summary>Index of the bridge or bond that this is a port of.</summary>
    public int? Master { get; init; }

    /// <summary>802.1Q id, of a VLAN interface.</summary>
    public int? VlanId { get; init; }

    /// <summary>A number that says which interfaces are to be changed or removed together; 0 unless somebody said one.</summary>
    public uint Group { get; init; }

    public string? Alias { get; init; }

    /// <summary>Null: this kernel does not say.</summary>
    public Settings4? V4 { get; init; }

    /// <summary>Null: this kernel has no IPv6, or the interface does not speak it (an MTU below 1,280).</summary>
    public Settings6? V6 { get; init; }
}

/// <summary>An interface's settings of IPv4: net/ipv4/conf/NAME/forwarding and rp_filter, without the way through /proc.</summary>
internal readonly record struct Settings4(bool Forwards, int ReversePath);

/// <summary>The same of IPv6: disable_ipv6, accept_ra, addr_gen_mode.</summary>
internal readonly record struct Settings6(bool IsDisabled, int Advertisements, int AddressGeneration);
