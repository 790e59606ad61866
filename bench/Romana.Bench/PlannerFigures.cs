using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using Romana.Cloud.Planning;
using Romana.Ipam.Addressing;
using Romana.Ipam.Topologies;

namespace Romana.Bench;

/// <summary>The exact plan at full size: 5,000 hosts, 10,000 blocks, 6 tables, no limit. Beside it one route per block.</summary>
public static class PlannerFigures
{
    private const int Hosts = 5_000;
    private const int Tables = 6;
    private const int Groups = 6;
    private const int Runs = 5;

    public static IEnumerable<Figure> Measure()
    {
        var topology = MakeTopology();
        var inventory = MakeInventory(topology);
        var options = new PlanOptions { Limit = int.MaxValue };
        var plan = RoutePlanner.Plan(topology, inventory, options);
        var (milliseconds, processor, allocated, heap) = Median(() => RoutePlanner.Plan(topology, inventory, options).Changes.Length);
        var (naive, _, naiveAllocated, _) = Median(() => Naive(inventory));
        var routes = plan.Tables.Sum(table => table.Routes.Length);
        var perBlock = inventory.Blocks!.Value.Length * Tables;
        yield return new Figure(
            $"exact plan, {Hosts} hosts, {inventory.Blocks!.Value.Length} blocks, {Tables} tables, no limit",
            Text($"{milliseconds:F0} ms ({processor:F0} ms of processor), {allocated:F0} MB allocated, heap at most {heap:F0} MB, working set {WorkingSet():F0} MB, {routes} routes"),
            "1000 ms, 300 MB",
            Text($"one route per block: {naive:F0} ms, {naiveAllocated:F0} MB allocated, {perBlock} routes"),
            (double)perBlock / routes);

        var settled = Settled(inventory, plan);
        var (again, againProcessor, _, _) = Median(() => RoutePlanner.Plan(topology, settled, options).Changes.Length);
        yield return new Figure(
            "the same planned again on its own result", Text($"{again:F0} ms ({againProcessor:F0} ms of processor), {RoutePlanner.Plan(topology, settled, options).Changes.Length} changes"),
            "1000 ms, 0 changes", "-", null);
    }

    private static Topology MakeTopology()
    {
        var network = Cidr.Parse("10.128.0.0/9");
        return new Topology
        {
            Networks =
            [
                new Network
                {
                    Name = "pods",
                    Cidr = network,
                    BlockMask = 26,
                    Root = new Group
                    {
                        Network = "pods", Path = [], Name = "", Cidr = network, Kind = GroupKind.Groups,
                        Groups = [.. Enumerable.Range(0, Groups).Select(index => new Group
                        {
                            Network = "pods", Path = [index], Name = $"subnet-{index}", Cidr = network.Slice(13, (UInt128)index), Kind = GroupKind.Hosts,
                            Modes = RoutingModes.BlockAnnounceVpc, Cover = true,
                            Assignment = ImmutableSortedDictionary<string, string>.Empty.Add("romana.io/subnet", $"subnet-{index}"),
                        })],
                    },
                },
            ],
        };
    }

    /// <summary>The second round of blocks comes after the first, so that a host's two lie apart: little merges.</summary>
    private static Inventory MakeInventory(Topology topology)
    {
        var leaves = topology.Networks[0].Leaves.ToList();
        var next = new int[Groups];
        InventoryBlock Block(int host) => new(leaves[host % Groups].Cidr.Slice(26, (UInt128)next[host % Groups]++), "pods", $"host-{host:D4}");
        return new Inventory
        {
            Vpc = new InventoryVpc { Cidrs = [Cidr.Parse("10.0.0.0/16")] },
            Subnets = [.. Enumerable.Range(0, Groups).Select(index => new InventorySubnet($"subnet-{index}", $"zone-{index / 2}", Cidr.Parse($"10.0.{index * 16}.0/20")))],
            Hosts = [.. Enumerable.Range(0, Hosts).Select(host => new InventoryHost
            {
                Name = $"host-{host:D4}", Ip = new IpAddress(IpFamily.IPv4, 0x0a000010u + (uint)host), Eni = $"eni-{host:D4}", Subnet = $"subnet-{host % Groups}",
                Labels = ImmutableSortedDictionary<string, string>.Empty.Add("romana.io/subnet", $"subnet-{host % Groups}"),
            })],
            Blocks = [.. Enumerable.Range(0, 2 * Hosts).Select(index => Block(index % Hosts))],
            Tables = [.. Enumerable.Range(0, Tables).Select(table => new InventoryTable
            {
                Id = $"rtb-{table}",
                Subnets = [$"subnet-{table}"],
                Routes = [new InventoryRoute { Destination = "10.0.0.0/16", Target = "local" }, new InventoryRoute { Destination = "0.0.0.0/0", Target = "nat-1" }],
            })],
        };
    }

    private static Inventory Settled(Inventory inventory, RoutePlan plan)
    {
        var byTable = plan.Tables.ToDictionary(table => table.Id, table => table.Routes);
        return inventory with
        {
            Tables = [.. inventory.Tables.Select(table => table with
            {
                Routes = [.. table.Routes, .. byTable[table.Id].Select(route => new InventoryRoute { Destination = route.Destination.ToString(), Target = route.Target, Owned = true })],
            })],
        };
    }

    /// <summary>What a controller without merging and covers computes: one route per block and table, and the difference to what stands.</summary>
    private static int Naive(Inventory inventory)
    {
        var enis = inventory.Hosts.ToDictionary(host => host.Name, host => host.Eni);
        var changes = new List<RouteChange>();
        foreach (var table in inventory.Tables)
        {
            var standing = table.Routes.ToDictionary(route => route.Destination, route => route.Target);
            foreach (var block in inventory.Blocks!.Value)
            {
                if (!standing.TryGetValue(block.Cidr.ToString(), out var target) || target != enis[block.Host])
                    changes.Add(new RouteChange { Table = table.Id, Op = RouteOp.Create, Destination = block.Cidr, Target = enis[block.Host], From = target });
            }
        }

        return changes.Count;
    }

    /// <summary>On a busy machine the time says how busy it is; the processor's says what the work costs, the collector's included.</summary>
    private static (double Milliseconds, double ProcessorMs, double AllocatedMb, double HeapMb) Median(Func<int> work)
    {
        var runs = new List<(double Milliseconds, double Processor, double Allocated, double Heap)>();
        for (var run = 0; run < Runs; run++)
        {
            GC.Collect();
            var before = GC.GetTotalAllocatedBytes(precise: true);
            var processor = Environment.CpuUsage.TotalTime;
            var start = TimeProvider.System.GetTimestamp();
            var done = work();
            var took = TimeProvider.System.GetElapsedTime(start);
            GC.KeepAlive(done);
            runs.Add((took.TotalMilliseconds, (Environment.CpuUsage.TotalTime - processor).TotalMilliseconds, (GC.GetTotalAllocatedBytes(precise: true) - before) / 1e6, GC.GetGCMemoryInfo().HeapSizeBytes / 1e6));
        }

        runs.Sort();
        return (runs[Runs / 2].Milliseconds, runs[Runs / 2].Processor, runs[Runs / 2].Allocated, runs.Max(run => run.Heap));
    }

    private static double WorkingSet()
    {
        using var self = Process.GetCurrentProcess();
        return self.PeakWorkingSet64 / 1e6;
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
