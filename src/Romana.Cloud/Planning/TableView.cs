using Romana.Ipam.Addressing;

namespace Romana.Cloud.Planning;

internal enum Standing
{
    /// <summary>Ours to replace and delete.</summary>
    Ours,

    /// <summary>Ours, but nothing may move there in this plan.</summary>
    Still,

    /// <summary>Another's: never touched (R2).</summary>
    Foreign,

    /// <summary>Another's, and the operator said adopt: may become ours where we want a route, is never deleted.</summary>
    Adoptable,

    /// <summary>Learnt by the table from a gateway: a static route with its destination beats it.</summary>
    Propagated,
}

internal readonly record struct StandingRoute(Cidr Destination, string Target, Standing Kind);

/// <summary>One table and family as it stands, each route told by what may be done with it.</summary>
internal sealed class TableView
{
    private TableView(InventoryTable table, IpFamily family, int quota)
    {
        Table = table;
        Family = family;
        Quota = quota;
    }

    public InventoryTable Table { get; }

    public string Id => Table.Id;

    public IpFamily Family { get; }

    public int Quota { get; }

    /// <summary>Routes that are not ours and count; those that the plan adopts are still among them.</summary>
    public int Foreign { get; private set; }

    public Dictionary<Cidr, StandingRoute> Routes { get; } = [];

    /// <summary>Targets of propagated routes: they come to light where a static one of their destination goes.</summary>
    public Dictionary<Cidr, string> Propagated { get; } = [];

    public int Owned { get; private set; }

    /// <summary>A table of one subnet, not the main one: that subnet's own hosts reach each other past it.</summary>
    public string? LocalSubnet => !Table.Main && Table.Subnets.Length == 1 ? Table.Subnets[0] : null;

    public static TableView Read(InventoryTable table, IpFamily family, PlanGround ground, PlanOptions options, IReadOnlySet<Cidr> braked)
    {
        var view = new TableView(table, family, options.Limit ?? table.Quota.Of(family));
        foreach (var route in table.Routes) view.Add(route, ground, options, braked);
        return view;
    }

    /// <summary>Our routes in the table, whatever may be done with them.</summary>
    public IEnumerable<StandingRoute> Ours => Routes.Values.Where(route => route.Kind is Standing.Ours or Standing.Still);

    private void Add(InventoryRoute route, PlanGround ground, PlanOptions options, IReadOnlySet<Cidr> braked)
    {
        if (!Cidr.TryParse(route.Destination, out var destination, out _))
        {
            // A prefix list, or a form of destination that is not known yet: it is somebody's, and it counts.
            if ((route.Family ?? Family) == Family && !route.Propagated) Foreign += Math.Max(1, route.Weight);
            return;
        }

        if (destination.Family != Family || route.Target == "local") return;
        var adopts = options.Adopt || options.TakeBack.Contains((Id, destination));
        var kind = KindOf(route, destination, ground, adopts, braked);
        if (kind is Standing.Foreign or Standing.Adoptable) Foreign += Math.Max(1, route.Weight);
        if (kind is Standing.Ours or Standing.Still) Owned++;
        if (kind == Standing.Propagated)
        {
            Propagated[destination] = route.Target;
            if (Routes.ContainsKey(destination)) return;
        }

        Routes[destination] = new StandingRoute(destination, route.Target, kind);
    }

    private static Standing KindOf(InventoryRoute route, Cidr destination, PlanGround ground, bool adopts, IReadOnlySet<Cidr> braked)
    {
        if (route.Propagated) return Standing.Propagated;
        if (!route.Owned) return adopts && !ground.Untouched.Overlaps(destination) ? Standing.Adoptable : Standing.Foreign;
        if (ground.Untouched.Overlaps(destination) || braked.Contains(destination)) return Standing.Still;
        // A group's own route is led by any healthy member: blocks that may not move inside it do not hold it.
        if (ground.Roots.TryGetValue(destination, out var group) && !group.MustStand) return Standing.Ours;
        if (group is not null) return Standing.Still;
        if (!ground.Still.Overlaps(destination)) return Standing.Ours;
        // A wider route that leads to a host which may lead nothing is led elsewhere, as a cover is; R1 guards the block.
        return !ground.Still.Holds(destination) && ground.Hosts.HostBehind(route.Target) is { CanLead: false } ? Standing.Ours : Standing.Still;
    }
}
