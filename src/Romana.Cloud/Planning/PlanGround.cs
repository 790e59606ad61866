using Romana.Ipam.Addressing;
using Romana.Ipam.Topologies;

namespace Romana.Cloud.Planning;

/// <summary>
/// What every table's plan stands on: hosts, groups that the VPC must reach, blocks that want routes, spaces where
/// nothing may move, and what was refused on the way. The same for all tables.
/// </summary>
internal sealed class PlanGround
{
    private PlanGround(PlanHosts hosts) => Hosts = hosts;

    public PlanHosts Hosts { get; }

    /// <summary>In document order.</summary>
    public List<PlanGroup> Groups { get; } = [];

    /// <summary>Every granted block of an announced network, in address order; for judging a table.</summary>
    public List<PlanBlock> Blocks { get; } = [];

    public List<Refusal> Refused { get; } = [];

    public HashSet<IpFamily> Families { get; } = [];

    /// <summary>Groups that want one route for their CIDR, by it.</summary>
    public Dictionary<Cidr, PlanGroup> Roots { get; } = [];

    /// <summary>Blocks that overlap, have no reachable holder or lie outside their group: routes inside them stay as they are.</summary>
    public SpaceSet Still { get; private set; } = new([]);

    /// <summary>Networks with AddressConflict: nothing of theirs is touched, covers included.</summary>
    public SpaceSet Untouched { get; private set; } = new([]);

    public static PlanGround Read(Topology topology, Inventory inventory)
    {
        var refused = new List<Refusal>();
        var ground = new PlanGround(new PlanHosts(inventory.Hosts, refused));
        ground.Refused.AddRange(refused);
        var untouched = new List<Cidr>();
        foreach (var network in topology.Networks)
        {
            if (ReservedSpace.Check(network, inventory.Vpc) is { } conflict)
            {
                ground.Refused.Add(conflict);
                untouched.Add(network.Cidr);
                ground.Families.Add(network.Cidr.Family);
                continue;
            }

            ground.AddGroups(network);
        }

        foreach (var group in ground.Groups.Where(group => group.WantsCover || group.Duty == GroupDuty.Segment)) ground.Roots.TryAdd(group.Cidr, group);
        ground.Untouched = new SpaceSet(untouched);
        ground.Still = new SpaceSet(new BlockSorting(ground, topology).Sort(inventory.Blocks ?? []));
        GroupMembership.Bind(ground, topology);
        return ground;
    }

    private void AddGroups(Network network)
    {
        if (network.Root is null) return;
        var before = Groups.Count;
        AddGroups(network.Root);
        if (Groups.Count > before) Families.Add(network.Cidr.Family);
    }

    private void AddGroups(Group group)
    {
        if (group.Via is not null) Groups.Add(new PlanGroup(group, GroupDuty.Segment));
        else if (group.Kind == GroupKind.Groups) foreach (var child in group.Groups) AddGroups(child);
        else if (group.Kind == GroupKind.Hosts && DutyOf(group) is { } duty) Groups.Add(new PlanGroup(group, duty));
    }

    private static GroupDuty? DutyOf(Group leaf)
    {
        var blocks = leaf.Modes.HasFlag(RoutingModes.BlockAnnounceVpc);
        var prefix = leaf.Modes.HasFlag(RoutingModes.PrefixAnnounceVpc);
        if (!blocks) return prefix ? GroupDuty.PrefixOnly : null;
        return prefix || leaf.Cover ? GroupDuty.Covered : GroupDuty.Exact;
    }
}
