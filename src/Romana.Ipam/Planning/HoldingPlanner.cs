using Romana.Ipam.Addressing;
using Romana.Ipam.Blocks;
using Romana.Ipam.Hosts;
using Romana.Ipam.Stores;
using Romana.Ipam.Topologies;

namespace Romana.Ipam.Planning;

/// <summary>What becomes of blocks that are lent or recalled: routed, recalled, freed, taken from the dead.</summary>
internal sealed class HoldingPlanner(ControllerView view, CommittedSpace space, LifecycleRules rules, PlanBuilder plan)
{
    private readonly Dictionary<HostUid, TypedRecord<HostSpec, HostStatus>> _hosts = view.Hosts.ToDictionary(host => host.Spec.Uid);
    private readonly HashSet<Cidr> _overlapping = [];
    private readonly HashSet<HostUid> _orphaned = [];

    public void Plan(BlockIndex blocks)
    {
        foreach (var block in blocks.Overlapping()) _overlapping.Add(block.Spec.Cidr);
        foreach (var block in blocks.All)
        {
            if (block.Spec.Intent == BlockIntent.Free || plan.Touches(block.Key)) continue;
            if (Next(block) is var (spec, why)) plan.Add(new Change.UpdateBlock(block, spec, why));
        }
    }

    /// <summary>Its agent would wait for ever. A host whose record changes in this very pass is judged in the next one.</summary>
    private bool IsElsewhere(TypedRecord<HostSpec, HostStatus> host, Home home) => !plan.Touches(host.Key)
        && host.Spec.Groups.TryGetValue(home.Network.Name, out var group) && group != home.Leaf.Cidr;

    private (BlockSpec Spec, string Why)? Next(TypedRecord<BlockSpec, BlockStatus> block)
    {
        var host = _hosts.GetValueOrDefault(block.Spec.Host);
        if (IsGone(host, block)) return OfDead(block.Spec);
        return block.Spec.Intent == BlockIntent.Lent ? Lent(block, host) : Recalled(block, host);
    }

    /// <summary>A host record is deleted only when its host is dead; what it had accepted before is for people to judge.</summary>
    private bool IsGone(TypedRecord<HostSpec, HostStatus>? host, TypedRecord<BlockSpec, BlockStatus> block)
    {
        if (host is not null) return host.Spec.Condition == HostCondition.Dead;
        if (Word(block) is null) return true;
        plan.Condition("OrphanBlock", $"{block.Spec.Cidr} was accepted by {block.Spec.Host}, of which there was no record: "
            + $"nothing moves; if that host is gone for good, say so with 'romana hosts remove {block.Spec.Host}'");

        // A record by which people can name it.
        if (_orphaned.Add(block.Spec.Host)) plan.Add(new Change.CreateHost(Orphan(block.Spec.Host), $"{block.Spec.Host} holds {block.Spec.Cidr} without a record"));
        return false;
    }

    private HostSpec Orphan(HostUid host) => new()
    {
        Uid = host,
        Name = host.Text,
        Condition = HostCondition.Unknown,
        Reason = "its record was lost",
        Since = view.Now,
    };

    private (BlockSpec, string)? OfDead(BlockSpec spec)
    {
        if (spec.Intent == BlockIntent.Recall && spec.RecalledFor == BlockSpec.Death)
            return view.StillRouted.Contains(spec.Cidr) ? null : Freed(spec);

        // The higher epoch tells an agent that is not so dead after all to stop serving, and makes its word worthless.
        return (spec with { Intent = BlockIntent.Recall, Epoch = spec.Epoch + 1, RecalledFor = BlockSpec.Death, RoutedEpoch = 0 },
            $"take {spec.Cidr} from the dead {spec.Host}");
    }

    private (BlockSpec, string)? Lent(TypedRecord<BlockSpec, BlockStatus> block, TypedRecord<HostSpec, HostStatus>? host)
    {
        var (spec, word) = (block.Spec, Word(block));
        if (word?.Phase == BlockPhase.Returned)
            return view.StillRouted.Contains(spec.Cidr) ? Recall(spec, $"{spec.Cidr} was declined by its host") : Freed(spec);
        var home = space.SlotHome(spec.Cidr);
        if (word is null && (home is null || _overlapping.Contains(spec.Cidr)))
            return Recall(spec, $"{spec.Cidr} was granted on an old view of the topology");
        if (word is null && host is not null && home is not null && IsElsewhere(host, home))
            return Recall(spec, $"{spec.Cidr} is in group {home.Leaf.Cidr}, and {host.Spec.Name} is in another one now");
        if (home is null)
        {
            plan.Condition("Misplaced", $"{spec.Cidr} of {host?.Spec.Name} is no slot of the committed topology: it keeps "
                + "serving, gets no route; apply the topology that it was granted from, or drain the host");
        }
        else if (home.Network.Name != spec.Network || home.Leaf.Cidr != spec.Group)
        {
            // A committed change renamed its network or reshaped its group around it.
            return (spec with { Network = home.Network.Name, Group = home.Leaf.Cidr, Generation = view.Topology!.Spec.Generation },
                $"{spec.Cidr} is in group {home.Leaf.Cidr} of {home.Network.Name} now");
        }

        if (spec.RoutedEpoch == spec.Epoch && view.DropsPods(spec.Host))
            return (spec with { RoutedEpoch = 0 }, $"{spec.Cidr} takes no new pod while the source/destination check of {host?.Spec.Name} is on");
        return spec.RoutedEpoch != spec.Epoch && view.IsRouted(spec.Cidr, spec.Host)
            ? (spec with { RoutedEpoch = spec.Epoch }, $"{spec.Cidr} is routed") : null;
    }

    /// <summary>
    /// A record that went back in time can say "not admitted" of an agent that was; whose agent has ever spoken is asked.
    /// </summary>
    private (BlockSpec, string)? Recalled(TypedRecord<BlockSpec, BlockStatus> block, TypedRecord<HostSpec, HostStatus>? host)
    {
        var (spec, word) = (block.Spec, Word(block));
        if (word?.Phase == BlockPhase.Returned || word is null && host is { Spec.AgentAdmitted: false, Status: null })
            return view.StillRouted.Contains(spec.Cidr) ? null : Freed(spec);
        var wantedBack = spec.RecalledFor is { } proposal && proposal != BlockSpec.Death
            && view.Topology!.Spec.Proposal?.Id != proposal;
        return wantedBack && space.SlotHome(spec.Cidr) is not null && !_overlapping.Contains(spec.Cidr)
            ? (spec with { Intent = BlockIntent.Lent, RecalledFor = null }, $"{spec.Cidr} stays with {host?.Spec.Name}") : null;
    }

    private (BlockSpec, string) Freed(BlockSpec spec) => (spec with
    {
        Intent = BlockIntent.Free,
        Host = default,
        RoutedEpoch = 0,
        RecalledFor = null,
        FreeAfter = view.Now + view.Settings.Settle + ReuseDelay(spec),
    }, $"{spec.Cidr} is free");

    private static (BlockSpec, string) Recall(BlockSpec spec, string why) =>
        (spec with { Intent = BlockIntent.Recall, RecalledFor = null }, why);

    private TimeSpan ReuseDelay(BlockSpec spec) =>
        (space.HomeOf(spec.Cidr)?.Network ?? space.Layout.Network(spec.Network))?.ReuseDelay ?? view.Settings.ReuseDelay;

    private BlockStatus? Word(TypedRecord<BlockSpec, BlockStatus> block) => BlockFacts.Word(block.Spec, block.Status, rules);
}
