using System.Collections.Immutable;
using Romana.Ipam.Addressing;

namespace Romana.Node.Planning.Vlans;

/// <summary>How a VLAN's gateway finds pods.</summary>
internal enum Reach
{
    /// <summary>It asks for each on the wire, and the pod's host answers.</summary>
    Arp,

    /// <summary>It learns routes to blocks by BGP.</summary>
    Bgp,

    /// <summary>Somebody wrote routes to blocks there.</summary>
    Static,
}

/// <param name="NodeAddress">The holder's address in the VLAN.</param>
internal sealed record VlanBlock(Cidr Cidr, IpAddress NodeAddress);

/// <summary>One network of one family whose pods are on a VLAN. Networks of one VLAN and of both families are one VLAN.</summary>
internal sealed record VlanNetwork
{
    public required string Name { get; init; }

    public required Cidr Cidr { get; init; }

    /// <summary>802.1Q id. Null: the interface is the VLAN, and nobody numbers it.</summary>
    public int? Id { get; init; }

    /// <summary>Carries this VLAN alone, untagged. Null: the tagged interface on the trunk.</summary>
    public string? Interface { get; init; }

    public IpAddress? Gateway { get; init; }

    /// <summary>This host's own.</summary>
    public IpAddress? NodeAddress { get; init; }

    /// <summary>The document's word on where it comes from.</summary>
    public string? NodeAddresses { get; init; }

    public Reach Reach { get; init; }

    public ImmutableArray<Cidr> OwnBlocks { get; init; } = [];

    public ImmutableArray<VlanBlock> OtherBlocks { get; init; } = [];
}

/// <summary>What the store says of VLANs; nothing of it was asked of the kernel.</summary>
internal sealed record VlanKnowledge
{
    public ImmutableArray<VlanNetwork> Networks { get; init; } = [];

    /// <summary>Carries tagged VLANs. Null: the interface with the host's address does.</summary>
    public string? Trunk { get; init; }

    /// <summary>This host's addresses in the store: always there before us, whatever their flags say.</summary>
    public ImmutableArray<IpAddress> HostAddresses { get; init; } = [];
}
