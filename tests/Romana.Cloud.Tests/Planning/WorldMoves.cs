using System.Collections.Immutable;
using CsCheck;
using Romana.Cloud.Planning;
using Romana.Ipam.Addressing;
using Romana.Ipam.Topologies;

namespace Romana.Cloud.Tests.Planning;

/// <summary>What happens to a world between two plans.</summary>
internal enum Move
{
    Grow,
    Shrink,
    Quota,
    RouterGone,
    ZoneGone,
    ZoneNew,
    Adopt,
    Uninstall,
    Health,
    BlockMoves,
    Regroup,
    Anything,
}

/// <summary>A world in which the first plan has settled, and the world that the next plan sees.</summary>
internal sealed record MovedWorld(Move Move, SmallWorld Old, SmallWorld New)
{
    public IpFamily Family => Old.Leaves.First().Cidr.Family;

    public PlanOptions Options => new() { AllowMassRemoval = true, Adopt = Move == Move.Adopt };

    public override string ToString() => $"{Old}\n--- {Move}\n{New}";
}

/// <summary>Transitions of small worlds, by kind.</summary>
internal static class WorldMoves
{
    public static readonly Gen<MovedWorld> Any =
        from old in RandomWorlds.Tight
        from other in RandomWorlds.Like(old)
        from move in Gen.Enum<Move>()
        from seed in Gen.UInt
        select new MovedWorld(move, old, Moved(move, old, other, seed));

    private static SmallWorld Moved(Move move, SmallWorld old, SmallWorld other, uint seed) => move switch
    {
        Move.Grow => WithBlocks(old, [.. Blocks(old), .. Blocks(other).Where(block => !Blocks(old).Any(held => held.Cidr.Overlaps(block.Cidr)))]),
        Move.Shrink => WithBlocks(old, [.. Blocks(old).Where((_, at) => (seed >> at & 1) != 0)]),
        Move.Quota => WithQuota(old, 1 + (int)(seed % 24)),
        Move.RouterGone => WithHealth(old, (host, at) => at % 4 == seed % 4 ? (HostHealth)(1 + seed / 4 % 3) : host.Health),
        Move.ZoneGone => WithoutGroup(old, old.Leaves.ElementAt((int)(seed % old.Leaves.Count()))),
        Move.ZoneNew or Move.Anything or Move.Adopt => other,
        Move.Uninstall => old with { Topology = World.Of(), Inventory = old.Inventory with { Blocks = [] } },
        Move.Health => WithHealth(old, (_, at) => other.Inventory.Hosts[at].Health),
        Move.BlockMoves => WithBlocks(old, [.. Blocks(old).Select((block, at) => (seed >> at & 1) == 0 ? block : block with { Host = Neighbour(block.Host, seed) })]),
        _ => Regrouped(old),
    };

    /// <summary>The new world with what our ledger holds after the old one has settled.</summary>
    public static SmallWorld Standing(MovedWorld moved)
    {
        var old = moved.Move == Move.ZoneNew && moved.Old.Leaves.Skip(1).Any() ? WithoutGroup(moved.Old, moved.Old.Leaves.Last()) : moved.Old;
        var settled = World.Apply(old.Inventory, World.Plan(old.Topology, old.Inventory, moved.Options).Changes).Tables[0];
        if (moved.Move == Move.Adopt)
        {
            // Another system wrote half of them.
            settled = settled with { Routes = [.. settled.Routes.Select((route, at) => route.Owned && at % 2 == 0 ? route with { Owned = false } : route)] };
        }

        return moved.New with { Inventory = moved.New.Inventory with { Tables = [settled with { Quota = moved.New.Inventory.Tables[0].Quota }] } };
    }

    private static ImmutableArray<InventoryBlock> Blocks(SmallWorld world) => world.Inventory.Blocks!.Value;

    private static SmallWorld WithBlocks(SmallWorld world, ImmutableArray<InventoryBlock> blocks) =>
        world with { Inventory = world.Inventory with { Blocks = blocks } };

    private static SmallWorld WithQuota(SmallWorld world, int quota) => world with
    {
        Inventory = world.Inventory with { Tables = [world.Inventory.Tables[0] with { Quota = new TableQuota(quota, quota) }] },
    };

    private static SmallWorld WithHealth(SmallWorld world, Func<InventoryHost, int, HostHealth> health) => world with
    {
        Inventory = world.Inventory with { Hosts = [.. world.Inventory.Hosts.Select((host, at) => host with { Health = health(host, at) })] },
    };

    private static SmallWorld WithoutGroup(SmallWorld world, Group group) => new(
        Topology(world, [.. world.Leaves.Where(leaf => leaf.Cidr != group.Cidr)]),
        world.Inventory with
        {
            Hosts = [.. world.Inventory.Hosts.Where(host => host.Groups["pods"] != group.Cidr)],
            Blocks = [.. Blocks(world).Where(block => !group.Cidr.Contains(block.Cidr))],
        });

    /// <summary>The first two groups become one of twice the size; their hosts and blocks stay.</summary>
    private static SmallWorld Regrouped(SmallWorld world)
    {
        var leaves = world.Leaves.ToList();
        if (leaves.Count < 2) return world;
        var merged = leaves[0].Cidr.Parent;
        Cidr Of(Cidr group) => merged.Contains(group) ? merged : group;
        return new SmallWorld(
            Topology(world, [World.Leaf(merged.ToString(), leaves[0].Cover, "merged"), .. leaves.Skip(2)]),
            world.Inventory with
            {
                Hosts = [.. world.Inventory.Hosts.Select(host => host with { Groups = host.Groups.SetItem("pods", Of(host.Groups["pods"])) })],
            });
    }

    private static Topology Topology(SmallWorld world, Group[] leaves) =>
        leaves.Length == 0 ? World.Of() : World.Of(World.Net(world.Topology.Networks[0].Cidr.ToString(), leaves));

    /// <summary>Another host of the same group: h1 to h4 are the first one's.</summary>
    private static string Neighbour(string host, uint seed)
    {
        var number = int.Parse(host[1..], System.Globalization.CultureInfo.InvariantCulture) - 1;
        return $"h{(number / 4 * 4) + ((number + 1 + (int)(seed >> 16 & 1)) % 4) + 1}";
    }
}
