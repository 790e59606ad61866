namespace Romana.Node.Linux.Netlink.Records;

/// <summary>One end of a veth pair.</summary>
/// <param name="Mac">Null lets the kernel draw one at random, anew at each creation.</param>
internal sealed record VethEnd(string Name, MacAddress? Mac = null, int? Mtu = null);

/// <summary>A namespace as an open descriptor's number; whoever holds the descriptor keeps it open meanwhile.</summary>
internal readonly record struct NamespaceHandle(int Handle);

/// <summary>A pair whose far end appears in its namespace at once, under its name: nothing to move, nothing to rename.</summary>
internal sealed record VethRequest(VethEnd Near, VethEnd Far)
{
    /// <summary>Null puts both ends into one namespace.</summary>
    public NamespaceHandle? FarNamespace { get; init; }

    public override string ToString() => $"{Near.Name} with peer {Far.Name}{(FarNamespace is null ? "" : " in another namespace")}";
}

/// <param name="Trunk">Index of the interface that carries the tagged frames.</param>
internal sealed record VlanRequest(string Name, int Trunk, int Id, int? Mtu = null)
{
    public override string ToString() => $"{Name} with id {Id} on interface {Trunk}";
}

/// <summary>What to change of an interface; null leaves a property as it is.</summary>
internal sealed record InterfaceChange
{
    public bool? IsUp { get; init; }

    /// <summary>Before Linux 6.2 only of an interface that is down (EBUSY).</summary>
    public string? Name { get; init; }

    public int? Mtu { get; init; }

    public MacAddress? Mac { get; init; }

    public string? Alias { get; init; }

    /// <summary>Index of a bridge; 0 takes the interface out of it.</summary>
    public int? Master { get; init; }

    public uint? Group { get; init; }

    /// <summary>No link-local IPv6 address comes by itself when it is set up. A kernel without IPv6 refuses it.</summary>
    public bool HasNoOwnAddress { get; init; }

    /// <summary>IPv4 only: IPv6 cannot be told so by netlink.</summary>
    public bool? Forwards { get; init; }

    /// <summary>IPv4's rp_filter.</summary>
    public int? ReversePath { get; init; }
}
