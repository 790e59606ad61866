using Romana.Cloud.Planning;
using Romana.Ipam.Addressing;
using Romana.Ipam.Blocks;
using Romana.Ipam.Hosts;
using Romana.Ipam.Planning;
using Romana.Ipam.Stores;

namespace Romana.Cloud.Control;

/// <summary>
/// Blocks that nobody holds any more, by their holders' own words: returned by the agent, or recalled from a host where
/// no agent ever spoke, or taken from the dead. What is left to do is to take their routes away. Pure.
/// </summary>
internal static class GivenBack
{
    public static IEnumerable<(BlockSpec Block, HostSpec? Holder)> Of(ControllerView view)
    {
        var hosts = view.Hosts.ToDictionary(host => host.Spec.Uid);
        foreach (var block in view.Blocks)
        {
            var holder = hosts.GetValueOrDefault(block.Spec.Host);
            if (IsGivenBack(block, holder)) yield return (block.Spec, holder?.Spec);
        }
    }

    /// <summary>
    /// Those of <see cref="Of"/> whose routes may go in any number, because nothing about them can be our blindness: the
    /// holder itself gave the block back, the operator said that it is dead, or EC2 said so of that very instance id in two
    /// looks and the tables agree: no route to its interface is active. A Node's absence is no proof.
    /// </summary>
    /// <param name="tables">As the newest look shows them.</param>
    public static IEnumerable<Cidr> Proved(ControllerView view, IEnumerable<InventoryTable> tables)
    {
        var active = tables.SelectMany(table => table.Routes).Where(route => route is { Owned: true, State: RouteState.Active })
            .Select(route => route.Target).ToHashSet(StringComparer.Ordinal);
        return Of(view).Where(one => one.Holder is not { Condition: HostCondition.Dead } dead || dead.Reason == OperatorWords.RemoveReason
            || dead.Ended >= HostPlanner.Observations && dead.PodInterface?.Id is { } eni && !active.Contains(eni)).Select(one => one.Block.Cidr);
    }

    private static bool IsGivenBack(TypedRecord<BlockSpec, BlockStatus> block, TypedRecord<HostSpec, HostStatus>? holder)
    {
        if (block.Spec.Intent == BlockIntent.Free) return false;
        if (holder?.Spec.Condition == HostCondition.Dead) return block.Spec is { Intent: BlockIntent.Recall, RecalledFor: BlockSpec.Death };
        var word = BlockFacts.Word(block.Spec, block.Status);
        return word?.Phase == BlockPhase.Returned
            || block.Spec.Intent == BlockIntent.Recall && word is null && holder is { Spec.AgentAdmitted: false, Status: null };
    }
}
