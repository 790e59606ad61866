using System.Globalization;
using Romana.Cloud.Planning;
using Romana.Ipam.Addressing;

namespace Romana.Bench;

/// <summary>
/// Plans of 500, 5,000 and 10,000 hosts under quotas of 50 and 500. Beside each what comes to mind first: covers, and the
/// largest merged pieces of hosts' blocks for as long as there is room.
/// </summary>
public static class AggregationFigures
{
    private const int Runs = 3;

    public static IEnumerable<Figure> Measure()
    {
        foreach (var worn in (bool[])[false, true])
        {
            foreach (var hosts in (int[])[500, 5_000, 10_000])
            {
                var world = AggregationWorld.Make(hosts, worn);
                foreach (var quota in (int[])[50, 500]) yield return Measure(world, hosts, quota, worn);
            }
        }
    }

    private static Figure Measure(AggregationWorld world, int hosts, int quota, bool worn)
    {
        var options = new PlanOptions { Limit = quota };
        RoutePlan plan = null!;
        var runs = new List<(double Milliseconds, double Allocated, double Heap)>();
        for (var run = 0; run < Runs; run++)
        {
            GC.Collect();
            var before = GC.GetTotalAllocatedBytes(precise: true);
            var start = TimeProvider.System.GetTimestamp();
            plan = RoutePlanner.Plan(world.Topology, world.Inventory, options);
            var took = TimeProvider.System.GetElapsedTime(start);
            runs.Add((took.TotalMilliseconds, (GC.GetTotalAllocatedBytes(precise: true) - before) / 1e6, GC.GetGCMemoryInfo().HeapSizeBytes / 1e6));
        }

        runs.Sort();
        var (milliseconds, allocated, _) = runs[Runs / 2];
        var naive = world.Inventory.Tables.Select(table => Naive(world, table, quota)).ToList();
        return new Figure(
            $"{hosts} hosts, {world.Inventory.Blocks!.Value.Length} blocks{(worn ? " scattered as after years" : "")}, {world.Inventory.Tables.Length} tables, quota {quota}",
            Text($"{milliseconds:F0} ms, {allocated:F0} MB allocated, heap at most {runs.Max(run => run.Heap):F0} MB; ")
                + string.Join("; ", plan.Tables.Select(table => Line(table.Routes.Length, table.ExtraHopShare, table.LocalExtraHopShare) + (table.Complete ? "" : " INCOMPLETE")).Distinct()),
            "5000 ms, 1000 MB",
            "covers and the largest merged pieces: " + string.Join("; ", naive.Select(one => Line(one.Routes, one.Extra, one.Local)).Distinct()),
            plan.Tables.Sum(table => table.ExtraHopShare) is var ours and > 0 ? naive.Sum(one => one.Extra) / ours : null);
    }

    private static (int Routes, double Extra, double Local) Naive(AggregationWorld world, InventoryTable table, int quota)
    {
        var leaves = world.Topology.Networks[0].Leaves.ToList();
        var room = quota - table.Routes.Count(route => route.Target != "local") - 1 - leaves.Count;
        var exact = RoutePlanner.Plan(world.Topology, world.Inventory with { Tables = [table] }, new PlanOptions { Limit = int.MaxValue }).Tables.Single();
        var owned = world.Inventory.Blocks!.Value.GroupBy(block => block.Host).ToDictionary(held => held.Key, held => held.Select(block => block.Cidr).ToList());
        var pieces = exact.Routes.Where(route => route.Kind == PlannedRouteKind.Host)
            .OrderBy(route => IsLocal(route.Destination, leaves, table))
            .ThenByDescending(route => owned[route.Host!].Count(route.Destination.Contains)).Take(Math.Max(0, room));
        var routes = exact.Routes.Where(route => route.Kind == PlannedRouteKind.Cover).Concat(pieces).ToDictionary(route => route.Destination, route => route.Host);
        double far = 0, near = 0, total = 0;
        foreach (var block in world.Inventory.Blocks!.Value)
        {
            total += (double)block.Cidr.Count;
            var met = block.Cidr;
            while (!routes.ContainsKey(met)) met = met.Parent;
            if (routes[met] == block.Host) continue;
            if (IsLocal(block.Cidr, leaves, table)) near += (double)block.Cidr.Count;
            else far += (double)block.Cidr.Count;
        }

        return (routes.Count, far / total, near / total);
    }

    private static bool IsLocal(Cidr block, List<Ipam.Topologies.Group> leaves, InventoryTable table) =>
        leaves.Find(leaf => leaf.Cidr.Contains(block))!.Assignment["romana.io/subnet"] == table.Subnets[0];

    private static string Line(int routes, double extra, double local) => Text($"{routes} routes, extra hop {extra:P2}, local {local:P2}");

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
