using System.Collections.Immutable;
using Romana.Ipam.Blocks;
using Romana.Ipam.Stores;

namespace Romana.Ipam.Planning;

/// <summary>The controller's pass over topology, hosts and blocks: what was read in, conditional writes out.</summary>
public static class LifecyclePlanner
{
    public static LifecyclePlan Plan(ControllerView view) => Plan(view, LifecycleRules.All);

    internal static LifecyclePlan Plan(ControllerView view, LifecycleRules rules)
    {
        ArgumentNullException.ThrowIfNull(view);
        var plan = new PlanBuilder(view);
        var blocks = new BlockIndex(view.Blocks);
        if (view.Topology is not { } topology || view.Layout is not { } layout)
        {
            plan.GrantsHeld = GrantsHeld.NoTopology;
            return plan.Build([], []);
        }

        var space = CommittedSpace.Of(topology.Spec, layout);
        plan.GrantsHeld = topology.Spec.Proposal is null ? GrantsHeld.No : GrantsHeld.ProposalOpen;
        if (plan.GrantsHeld == GrantsHeld.No) GrantPlanner.Plan(view, space, blocks, rules, plan);
        return plan.Build([], []);
    }
}
