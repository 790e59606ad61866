using System.Collections.Frozen;
using Romana.Ipam.Addressing;
using Romana.Ipam.Topologies;

namespace Romana.Cloud.Planning;

/// <summary>
/// From topology and inventory to the routes that every managed table should hold and the calls that take it there.
/// Pure: same input, same output; planning again on the result gives no change. The calls of one table are to be made
/// in their order; where one fails or its answer is lost, what depends on it is not made: read, plan again.
/// Tables do not wait for each other. What is wrong with the input is refused piece by piece, never thrown.
/// </summary>
public static class RoutePlanner
{
    public static RoutePlan Plan(Topology topology, Inventory inventory, PlanOptions options)
    {
        var ground = PlanGround.Read(topology, inventory);
        var views = Views(ground, inventory, options, null);
        if (RouteBrake.Blind(inventory, ground, views, options) is { } blind)
        {
            ground.Refused.Add(blind);
            return Build(ground, views.ConvertAll(view => TableDecision.StandStill(view, ground)));
        }

        var decisions = TableDecision.Decide(ground, views, options.AggregationWork);
        if (Braked(ground, decisions, inventory, options) is not { } braked) return Build(ground, decisions);
        views = Views(ground, inventory, options, braked);
        return Build(ground, TableDecision.Decide(ground, views, options.AggregationWork));
    }

    internal static List<TableView> Views(
        PlanGround ground, Inventory inventory, PlanOptions options, Dictionary<(string, IpFamily), HashSet<Cidr>>? braked)
    {
        var views = new List<TableView>();
        foreach (var table in inventory.Tables)
        {
            foreach (var family in Families(ground, table))
            {
                IReadOnlySet<Cidr> held = braked?.GetValueOrDefault((table.Id, family)) is { } set ? set : FrozenSet<Cidr>.Empty;
                views.Add(TableView.Read(table, family, ground, options, held));
            }
        }

        return views;
    }

    /// <summary>Families of the topology, and of routes that are left from an older one.</summary>
    private static SortedSet<IpFamily> Families(PlanGround ground, InventoryTable table)
    {
        var families = new SortedSet<IpFamily>(ground.Families);
        foreach (var route in table.Routes)
        {
            if (route.Owned && Cidr.TryParse(route.Destination, out var destination, out _)) families.Add(destination.Family);
        }

        if (families.Count == 0) families.Add(IpFamily.IPv4);
        return families;
    }

    /// <summary>Routes that must stay because too many would go at once; null when the brake is off.</summary>
    private static Dictionary<(string, IpFamily), HashSet<Cidr>>? Braked(
        PlanGround ground, List<TableDecision> tables, Inventory inventory, PlanOptions options)
    {
        var used = new SpaceSet(ground.Blocks.Where(block => block.Host < 0 || !ground.Hosts[block.Host].Down).Select(block => block.Cidr));
        var released = new SpaceSet(options.Released);
        var losses = tables.Sum(table => RouteBrake.Losses(table.View, table.Wanted, used, released).Count());
        var refusal = RouteBrake.Shrunk(losses, inventory, options) ?? RouteBrake.TooMuch(losses, tables.Sum(table => table.View.Owned), options);
        if (refusal is null) return null;
        ground.Refused.Add(refusal);
        return tables.ToDictionary(table => (table.View.Id, table.View.Family), table => RouteBrake.Held(table.View, table.Wanted, used, released).ToHashSet());
    }

    private static RoutePlan Build(PlanGround ground, List<TableDecision> tables)
    {
        var planner = new TablePlanner(ground);
        var planned = tables.ConvertAll(planner.Plan);
        var byOp = planner.Changes.CountBy(change => change.Op).ToDictionary();
        return new RoutePlan
        {
            Tables = [.. planned],
            Changes = [.. planner.Changes],
            Calls = new PlannedCalls(
                byOp.GetValueOrDefault(RouteOp.Create), byOp.GetValueOrDefault(RouteOp.Replace), byOp.GetValueOrDefault(RouteOp.Delete)),
            Conflicts = [.. planner.Conflicts],
            Refused = [.. ground.Refused, .. planner.Refused],
            Adopted = [.. planner.Adopted],
        };
    }
}
