using System.Collections.Immutable;
using Romana.Ipam.Addressing;
using Romana.Ipam.Topologies;

namespace Romana.Cloud.Planning;

/// <summary>What the VPC's tables hold for a group.</summary>
internal enum GroupDuty
{
    /// <summary>`block-announce-vpc` alone: exact routes.</summary>
    Exact,

    /// <summary>`cover: always`, or prefix and blocks announced: one route for the group's CIDR, and exact routes.</summary>
    Covered,

    /// <summary>`prefix-announce-vpc` alone: the route for the group's CIDR and nothing else.</summary>
    PrefixOnly,

    /// <summary>`via`: the group is elsewhere, one route to that target.</summary>
    Segment,
}

/// <summary>A group that the tables must reach: a leaf with hosts, or one that is elsewhere.</summary>
internal sealed class PlanGroup(Group group, GroupDuty duty)
{
    public Group Group => group;

    public Cidr Cidr => group.Cidr;

    public GroupDuty Duty => duty;

    public bool WantsCover => duty is GroupDuty.Covered or GroupDuty.PrefixOnly;

    /// <summary>Hosts bound to it or holding a block of it.</summary>
    public SortedSet<int> Members { get; } = [];

    /// <summary>Its hosts share one subnet, so that each Up one can be the others' next hop.</summary>
    public bool OneLink { get; set; }

    /// <summary>Up members that may lead: the willing ones, else the unwilling. Empty when its hosts are on several links.</summary>
    public ImmutableArray<int> Routers { get; set; } = [];

    /// <summary>It has hosts and we cannot tell how to reach one that could lead: its route stays as it is (R3).</summary>
    public bool MustStand { get; set; }

    /// <summary>Blocks of hosts that take their own, in address order.</summary>
    public List<PlanBlock> Granted { get; } = [];

    /// <summary>Those of them that want a route of their own.</summary>
    public List<PlanBlock> Wanting => Duty == GroupDuty.PrefixOnly ? [] : Granted;

    public string Label => group.Name.Length > 0 ? group.Name : $"{group.Network} {group.Cidr}";
}

/// <param name="Host">Index of the holder; -1 when nobody of that name is known.</param>
/// <param name="Group">Index of the group; -1 outside of all.</param>
internal readonly record struct PlanBlock(Cidr Cidr, int Host, int Group);
