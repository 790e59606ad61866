using System.Collections.Immutable;
using Romana.Ipam.Addressing;
using Romana.Ipam.Blocks;
using Romana.Ipam.Topologies;

namespace Romana.Ipam.Planning;

/// <summary>The controller's pass over topology, hosts and blocks: what was read in, conditional writes out.</summary>
public static class LifecyclePlanner
{
    /// <summary>
    /// Hosts are always kept up. Blocks move only with a topology, never during a store review, and nothing is granted
    /// while a proposal is open or in the pass that changes the topology.
    /// </summary>
    public static LifecyclePlan Plan(ControllerView view) => Plan(view, LifecycleRules.All);

    internal static LifecyclePlan Plan(ControllerView view, LifecycleRules rules)
    {
        ArgumentNullException.ThrowIfNull(view);
        var plan = new PlanBuilder(view);
        var blocks = new BlockIndex(view.Blocks);
        var space = view is { Topology: { } topology, Layout: { } layout } ? CommittedSpace.Of(topology.Spec, layout) : null;
        var underReview = space is not null && new StoreReviewPlanner(view, space, blocks, rules, plan).Plan();
        new HostPlanner(view, new GroupBinding(view, blocks), blocks, plan).Plan(underReview);
        if (space is null) plan.GrantsHeld = GrantsHeld.NoTopology;
        else if (underReview) plan.GrantsHeld = GrantsHeld.StoreUnderReview;
        else Blocks(view, space, blocks, rules, plan);
        return Build(space, blocks, plan);
    }

    private static void Blocks(ControllerView view, CommittedSpace space, BlockIndex blocks, LifecycleRules rules, PlanBuilder plan)
    {
        if (view.Topology!.Spec.Proposal is { } proposal && view.ProposedLayout is { } proposed)
            new ProposalPlanner(view, proposal, space, CommittedSpace.Of(proposal, proposed), rules, plan).Plan(blocks);
        new HoldingPlanner(view, space, rules, plan).Plan(blocks);
        if (view.Topology.Spec.Proposal is not null && rules.ProposalStops) plan.GrantsHeld = GrantsHeld.ProposalOpen;
        else if (!plan.Touches(view.Topology.Key)) GrantPlanner.Plan(view, space, blocks, rules, plan);
    }

    private static LifecyclePlan Build(CommittedSpace? space, BlockIndex blocks, PlanBuilder plan)
    {
        var overlapping = blocks.Overlapping();
        if (overlapping.Length > 0)
        {
            plan.Condition("Overlap", $"{string.Join(", ", overlapping.Select(block => $"{block.Spec.Cidr} of {block.Spec.Host}"))} "
                + "overlap: no route of theirs changes; drain one of the hosts");
        }

        var leftAlone = overlapping.Select(block => block.Spec.Cidr).ToHashSet();
        ImmutableArray<BlockSpec> routable = space is null ? [] : [.. blocks.All.Select(block => block.Spec)
            .Where(block => block.Intent == BlockIntent.Lent && space.SlotHome(block.Cidr) is not null && !leftAlone.Contains(block.Cidr))
            .OrderBy(block => block.Cidr)];
        return plan.Build(routable, [.. leftAlone.Order()]);
    }
}
