using System.Collections.Immutable;
using CsCheck;
using Romana.Cloud.Planning;
using Romana.Ipam.Addressing;

namespace Romana.Cloud.Tests.Planning;

/// <summary>A table with routes of ours, and routes that shall stand there in their place.</summary>
/// <param name="World">Its only table holds what stands.</param>
internal sealed record Transition(SmallWorld World, ImmutableArray<(Cidr Destination, string Target)> Wanted)
{
    public InventoryTable Table => World.Inventory.Tables[0];

    public IpFamily Family => World.Leaves.First().Cidr.Family;

    public override string ToString() => $"{World}\nwanted {string.Join(' ', Wanted.Select(route => $"{route.Destination}>{route.Target}"))}";
}

/// <summary>
/// Two sets of routes that no planner made: nested aggregates, covers, exact and misleading ones, some wider than a
/// group, beside others' and propagated routes, with quotas that leave one place or two, or are passed already.
/// </summary>
internal static class OrderWorlds
{
    private static readonly Gen<(int Group, int Bits, int At, int Host)[]> Routes =
        Gen.Select(Gen.Int[0, 2], Gen.Frequency((5, Gen.Int[1, 4]), (2, Gen.Int[5, 6])), Gen.Int[0, 31], Gen.Int[1, 4]).Array[0, 9];

    public static readonly Gen<Transition> Any =
        from world in RandomWorlds.Tight
        from standing in Routes
        from wanted in Routes
        from propagated in Gen.Frequency((3, Gen.Const(0)), (1, Gen.Int[1, 2]))
        from share in Gen.Int[0, 4]
        from soundBefore in Gen.Bool
        from soundAfter in Gen.Frequency((1, Gen.Const(false)), (3, Gen.Const(true)))
        from spare in Gen.Frequency((1, Gen.Const(0)), (6, Gen.Const(1)), (2, Gen.Const(2)))
        select Between(world, standing, wanted, (share, propagated, spare), soundBefore, soundAfter);

    private static Transition Between(
        SmallWorld world, (int Group, int Bits, int At, int Host)[] standing, (int Group, int Bits, int At, int Host)[] wanted,
        (int Share, int Propagated, int Spare) drawn, bool soundBefore, bool soundAfter)
    {
        var table = world.Inventory.Tables[0];
        var theirs = table.Routes.Select(route => World.C(route.Destination)).ToHashSet();
        // Some routes stay: the wanted ones begin with a part of those that stand.
        var before = Sound(world, [.. Draw(world, standing).Where(route => !theirs.Contains(route.Destination))], soundBefore, theirs);
        var stay = before.Take(before.Length * drawn.Share / 8);
        var after = Sound(world, [.. stay.Concat(Draw(world, wanted).Where(route => !theirs.Contains(route.Destination))).DistinctBy(route => route.Destination)], soundAfter, theirs);
        var count = Math.Max(before.Length, after.Length);
        var foreign = theirs.Count(cidr => cidr.Family == world.Leaves.First().Cidr.Family && cidr != World.C("10.0.0.0/16"));
        var beneath = after.Concat(before).Take(drawn.Propagated).Select(route => World.Other(route.Destination.ToString(), "vgw-1") with { Propagated = true });
        table = table with
        {
            Quota = new TableQuota(foreign + count + drawn.Spare, foreign + count + drawn.Spare),
            Routes = [.. table.Routes, .. before.Select(route => World.Ours(route.Destination.ToString(), route.Target)), .. beneath.DistinctBy(route => route.Destination)],
        };
        return new Transition(world with { Inventory = world.Inventory with { Tables = [table] } }, after);
    }

    private static IEnumerable<(Cidr Destination, string Target)> Draw(SmallWorld world, (int Group, int Bits, int At, int Host)[] drawn)
    {
        var leaves = world.Leaves.ToList();
        return drawn.Select(one =>
        {
            var group = one.Group % leaves.Count;
            var within = leaves[group].Cidr;
            return (Cidr.Around(within.First.Plus((UInt128)one.At), within.Family.Width() - one.Bits), $"eni-{(group * 4) + one.Host}");
        }).DistinctBy(route => route.Item1);
    }

    /// <summary>With a route to its own host for every block of which an address would be misled.</summary>
    private static ImmutableArray<(Cidr Destination, string Target)> Sound(
        SmallWorld world, List<(Cidr Destination, string Target)> routes, bool sound, HashSet<Cidr> theirs)
    {
        if (!sound) return [.. routes];
        var judge = new SlowJudge(world);
        for (var round = 0; round < 4; round++)
        {
            var table = world.Inventory.Tables[0];
            var reach = judge.Reach(table with { Routes = [.. table.Routes, .. routes.Select(route => World.Ours(route.Destination.ToString(), route.Target))] });
            var lost = world.Inventory.Blocks!.Value.Where(block => reach.Any(pair => pair.Value < SlowJudge.Match.Router && block.Cidr.Contains(pair.Key))).ToList();
            if (lost.Count == 0) break;
            foreach (var block in lost)
            {
                routes.RemoveAll(route => block.Cidr.Contains(route.Destination));
                if (!theirs.Contains(block.Cidr)) routes.Add((block.Cidr, world.Named(block.Host)!.Eni));
            }
        }

        return [.. routes];
    }
}
