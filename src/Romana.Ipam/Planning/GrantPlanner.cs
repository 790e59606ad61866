using System.Collections.Immutable;
using Romana.Ipam.Addressing;
using Romana.Ipam.Blocks;
using Romana.Ipam.Stores;
using Romana.Ipam.Topologies;

namespace Romana.Ipam.Planning;

/// <summary>Grants ahead of need: create-if-absent, or a CAS on a Free slot past its delay.</summary>
internal static class GrantPlanner
{
    public static void Plan(ControllerView view, CommittedSpace space, BlockIndex blocks, LifecycleRules rules, PlanBuilder plan)
    {
        var taken = blocks.Taken(view.Now, rules);
        var leaves = new Dictionary<(string, Cidr), FreeSpace>();
        foreach (var need in Demand.Of(view, space, blocks))
        {
            if (rules.ReviewRests && RestsUntil(view, need.Network) is { } until)
            {
                plan.Condition("StoreReviewed", $"{need.Network.Name}: {need.Host.Name} gets no block before {until:u}: the store had "
                    + "forgotten grants whose addresses may have been in use until its review ended");
                continue;
            }

            var exclusions = space.Exclusions(need.Network);
            var key = (need.Network.Name, need.Leaf.Cidr);
            if (!leaves.TryGetValue(key, out var free))
                leaves[key] = free = FreeSpace.Of(space, need.Network.Name, need.Leaf.Cidr, taken, exclusions);
            Grant(need, free, exclusions, view.Topology!.Spec, blocks, rules, plan);
        }
    }

    /// <summary>
    /// A grant that the store forgot may have been used until its holder died, at the latest just before the review
    /// ended. What was freed since then rests for longer anyway.
    /// </summary>
    private static DateTimeOffset? RestsUntil(ControllerView view, Network network) =>
        view.Topology!.Spec.ReviewEnded + view.Settings.Settle + network.ReuseDelay is { } until && until > view.Now ? until : null;

    private static void Grant(Need need, FreeSpace free, Exclusions exclusions, TopologySpec topology,
        BlockIndex blocks, LifecycleRules rules, PlanBuilder plan)
    {
        var beside = need.Beside;
        for (var left = need.Blocks; left > 0;)
        {
            var slot = need.Network.Placement == Placement.Sequential ? free.TakeLowest()
                : beside is { } block ? free.TakeBeside(block) : free.TakeRoomiest();
            if (slot is not { } cidr)
            {
                plan.Condition("GroupFull", $"{need.Network.Name}: group {need.Leaf.Cidr} has no free block: {need.Host.Name} "
                    + $"needs {left} more; widen the group, or drain hosts that hold blocks they do not use");
                return;
            }

            if (exclusions.Usable(cidr) == 0 || plan.Touches(RecordTypes.Blocks.Key(BlockFacts.Name(cidr, rules)))) continue;
            plan.Add(Lend(need, cidr, topology, blocks, rules, plan));
            beside ??= cidr;
            left--;
        }
    }

    private static Change Lend(
        Need need, Cidr cidr, TopologySpec topology, BlockIndex blocks, LifecycleRules rules, PlanBuilder plan)
    {
        var name = BlockFacts.Name(cidr, rules);
        var current = blocks.Named(name);
        var epoch = Math.Max((current?.Spec.Epoch ?? 0) + 1, topology.EpochFloor);
        var spec = new BlockSpec
        {
            Cidr = cidr,
            Network = need.Network.Name,
            Group = need.Leaf.Cidr,
            Host = need.Host.Uid,
            Epoch = epoch,
            RoutedEpoch = plan.IsRouted(cidr, need.Host.Uid) ? epoch : 0,
            Generation = topology.Generation,
            Intent = BlockIntent.Lent,
        };
        var why = $"lend {cidr} to {need.Host.Name}";
        return current is null ? new Change.CreateBlock(name, spec, why) : new Change.UpdateBlock(current, spec, why);
    }
}
