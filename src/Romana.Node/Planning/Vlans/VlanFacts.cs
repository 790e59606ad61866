using System.Collections.Immutable;
using Romana.Ipam.Addressing;
using Romana.Node.Linux.Netlink.Records;

namespace Romana.Node.Planning.Vlans;

/// <summary>One family of a VLAN.</summary>
internal sealed record VlanSide
{
    public required Cidr Cidr { get; init; }

    public required IpAddress Gateway { get; init; }

    public required IpAddress Node { get; init; }

    public required Reach Reach { get; init; }

    /// <summary>
    /// The node address was on the machine before us and others reach the machine by it: it and its connected route stay
    /// as they are, and what the node itself sends into this VLAN is main's.
    /// </summary>
    public bool HoldsManagement { get; init; }

    public ImmutableArray<Cidr> OwnBlocks { get; init; } = [];

    public ImmutableArray<VlanBlock> OtherBlocks { get; init; } = [];

    public IpFamily Family => Cidr.Family;
}

/// <summary>A pod of a VLAN, with those of its addresses that are of it.</summary>
/// <param name="Index">Of the host's end.</param>
internal sealed record VlanPod(int Index, string Interface, ImmutableArray<IpAddress> Addresses);

/// <param name="Index">Null: the tagged interface is still to be made.</param>
/// <param name="IsUp">Routes can lead through it.</param>
internal sealed record VlanUplink(string Name, int? Index, bool IsUp)
{
    /// <summary>We keep it: it is made, and set up, by this plan. Null: a plain interface.</summary>
    public TaggedLink? Tagged { get; init; }
}

/// <param name="Trunk">Index.</param>
internal sealed record TaggedLink(string Name, int Trunk, int Id)
{
    public override string ToString() => $"{Name} with id {Id} on interface {Trunk}";
}

internal sealed record Vlan
{
    /// <summary>Its id, or what stands for one: table and zone follow from it.</summary>
    public required int Number { get; init; }

    public required VlanUplink Uplink { get; init; }

    /// <summary>IPv4 first.</summary>
    public required ImmutableArray<VlanSide> Sides { get; init; }

    public ImmutableArray<VlanPod> Pods { get; init; } = [];

    public uint Table => VlanTerms.FirstTable + (uint)Number;
}

/// <summary>All that the plan of a host's VLANs follows from.</summary>
internal sealed record VlanFacts
{
    /// <summary>By number.</summary>
    public required ImmutableArray<Vlan> Vlans { get; init; }

    /// <summary>Addresses that were on the machine before us: what answers from them follows main, come what may.</summary>
    public ImmutableArray<IpAddress> Standing { get; init; } = [];

    /// <summary>Interfaces by which others than VLANs reach this machine.</summary>
    public ImmutableArray<string> Management { get; init; } = [];

    /// <summary>Networks of refused VLANs: whoever has an address of theirs sends nothing.</summary>
    public ImmutableArray<Cidr> Closed { get; init; } = [];

    /// <summary>Names that our tagged interfaces of refused VLANs may have.</summary>
    public ImmutableHashSet<string> KeptLinks { get; init; } = [];
}

/// <param name="Networks">Of the VLAN that is refused; the others are kept.</param>
/// <param name="Message">What, where, remedy.</param>
internal sealed record VlanRefusal(ImmutableArray<string> Networks, string Message);

internal sealed record VlanReadingOutcome(VlanFacts Facts, ImmutableArray<VlanRefusal> Refusals);
