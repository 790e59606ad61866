using System.Text.Json;
using Romana.Cloud.Planning;
using Romana.Ipam.Addressing;

namespace Romana.Cloud.Tests.Planning;

/// <summary>What must hold of aggregated plans at sizes where no search can follow.</summary>
public sealed class AggregateLargeTests
{
    public static TheoryData<int, int, int, int> Worlds => new() { { 900, 3, 1, 1 }, { 1_200, 2, 2, 2 }, { 600, 4, 1, 3 }, { 1_500, 3, 2, 4 } };

    [Theory]
    [InlineData(5_000, 50)]
    [InlineData(10_000, 500)]
    public void Thousands_of_hosts_in_three_zones_fit_beside_five_routes_of_others(int hosts, int quota)
    {
        var world = LargeWorlds.Even(hosts, zones: 3);
        var plan = World.Plan(world.Topology, world.Inventory, new PlanOptions { Limit = quota });

        Assert.Empty(plan.Refused);
        Assert.Equal(3, plan.Tables.Length);
        foreach (var table in plan.Tables)
        {
            Assert.Equal((true, 0, 5), (table.Complete, table.Missing, table.Foreign));
            Assert.Equal(quota - 1, table.Used);
            // A third of all is the table's own zone, where neighbours pass it by: that goes first.
            Assert.Equal(1.0 / 3, table.LocalExtraHopShare, 3);
            // Three covers and as many blocks as there is room for are reached straight, and the two far routers' own.
            var straight = quota - 6 - 3 + 2;
            Assert.Equal((2.0 / 3) - ((double)straight / hosts), table.ExtraHopShare, 3);
        }
    }

    [Theory]
    [MemberData(nameof(Worlds))]
    public void Quota_order_of_input_repetition_and_bound_hold(int hosts, int zones, int subnets, int seed)
    {
        var world = LargeWorlds.Worn(hosts, zones, subnets, seed);
        var plan = World.Plan(world.Topology, world.Inventory);
        Assert.All(plan.Tables, table => Assert.True(table.Complete && table.Aggregated is not null && table.Used < table.Quota, $"{table.Id} {table.Used}"));
        var after = World.Apply(world.Inventory, plan.Changes);
        Assert.All(after.Tables, table => Assert.Empty(Unreached(world, table)));
        Assert.Empty(World.Plan(world.Topology, after).Changes);
        Assert.Equal(JsonSerializer.Serialize(plan, PlanText.Json), JsonSerializer.Serialize(World.Plan(world.Topology, Shuffled(world.Inventory, seed)), PlanText.Json));

        var priced = World.Plan(world.Topology, world.Inventory, new PlanOptions { AggregationWork = 0 });
        foreach (var (best, other) in plan.Tables.Zip(priced.Tables))
        {
            Assert.Equal((0.0, 0.0), (best.Aggregated!.Gap, best.Aggregated.LocalGap));
            Assert.InRange(other.ExtraHopShare, best.ExtraHopShare - 1e-9, 1);
            Assert.InRange(best.ExtraHopShare, other.ExtraHopShare - other.Aggregated!.Gap - 1e-9, 1);
            Assert.True(other.Aggregated.Gap < 0.05, $"a gap of {other.Aggregated.Gap:P1} says little");
        }
    }

    [Theory]
    [MemberData(nameof(Worlds))]
    public void More_room_never_means_more_extra_hops(int hosts, int zones, int subnets, int seed)
    {
        var world = LargeWorlds.Worn(hosts, zones, subnets, seed);
        var last = Enumerable.Repeat((Far: 1.0, Near: 1.0), zones).ToList();
        foreach (var quota in (int[])[20, 30, 50, 90, 200, 400, 900, 5_000])
        {
            var shares = World.Plan(world.Topology, world.Inventory, new PlanOptions { Limit = quota }).Tables.Select(table => (Far: table.ExtraHopShare, Near: table.LocalExtraHopShare)).ToList();
            foreach (var (before, now) in last.Zip(shares)) Assert.True(now.Far < before.Far || (now.Far <= before.Far && now.Near <= before.Near), $"quota {quota}: {now} after {before}");
            last = shares;
        }

        Assert.All(last, share => Assert.Equal((0.0, 0.0), share));
    }

    /// <summary>Blocks whose longest match is neither their host nor an Up host of their subnet.</summary>
    private static IEnumerable<InventoryBlock> Unreached(SmallWorld world, InventoryTable table)
    {
        var hosts = world.Inventory.Hosts.ToDictionary(host => host.Name);
        var byEni = world.Inventory.Hosts.ToDictionary(host => host.Eni);
        var routes = table.Routes.ToDictionary(route => World.C(route.Destination), route => route.Target);
        foreach (var block in world.Inventory.Blocks!.Value)
        {
            var own = hosts[block.Host];
            if (own.Health == HostHealth.Down) continue;
            var met = block.Cidr;
            while (!routes.ContainsKey(met)) met = met.Parent;
            if (!byEni.TryGetValue(routes[met], out var hop)) yield return block;
            else if (hop.Name != own.Name && (hop.Subnet != own.Subnet || hop.Health != HostHealth.Up || hop.Spot)) yield return block;
        }
    }

    private static Inventory Shuffled(Inventory inventory, int seed)
    {
        var random = new Random(seed);
        return inventory with
        {
            Hosts = [.. inventory.Hosts.OrderBy(_ => random.Next())],
            Blocks = [.. inventory.Blocks!.Value.OrderBy(_ => random.Next())],
            Tables = [.. inventory.Tables.Select(table => table with { Routes = [.. table.Routes.OrderBy(_ => random.Next())] })],
        };
    }
}
