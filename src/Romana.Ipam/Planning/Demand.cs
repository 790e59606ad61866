using Romana.Ipam.Addressing;
using Romana.Ipam.Blocks;
using Romana.Ipam.Hosts;
using Romana.Ipam.Stores;
using Romana.Ipam.Topologies;

namespace Romana.Ipam.Planning;

/// <summary>How many blocks one host needs in one network, so that a pod never waits for a grant.</summary>
internal readonly record struct Need(HostSpec Host, Network Network, Group Leaf, int Blocks, Cidr? Beside);

internal static class Demand
{
    /// <summary>In the order of networks, then hosts by name: the same input always gives the same grants.</summary>
    public static IEnumerable<Need> Of(ControllerView view, CommittedSpace space, BlockIndex blocks)
    {
        var live = view.Hosts.Where(host => host.Spec.Condition == HostCondition.Live)
            .OrderBy(host => host.Spec.Name, StringComparer.Ordinal).ThenBy(host => host.Spec.Uid).ToList();
        foreach (var network in space.Layout.Networks)
        {
            var exclusions = space.Exclusions(network);
            foreach (var host in live)
            {
                if (!host.Spec.Groups.TryGetValue(network.Name, out var group) || space.Leaf(network.Name, group) is not { } leaf) continue;
                var held = blocks.OfHost(host.Spec.Uid).Where(block => block.Spec.Network == network.Name).ToList();
                var count = Count(view.Settings, network, exclusions, host, held);
                if (count > 0) yield return new Need(host.Spec, network, leaf, count, Beside(held, leaf));
            }
        }
    }

    private static Cidr? Beside(List<TypedRecord<BlockSpec, BlockStatus>> held, Group leaf)
    {
        var inside = held.Where(block => leaf.Cidr.Contains(block.Spec.Cidr)).ToList();
        return inside.Count == 0 ? null : inside[0].Spec.Cidr;
    }

    private static int Count(LifecycleSettings settings, Network network, Exclusions exclusions,
        TypedRecord<HostSpec, HostStatus> host, List<TypedRecord<BlockSpec, BlockStatus>> held)
    {
        var (free, unbound, unaccepted) = (UInt128.Zero, 0, 0);
        foreach (var block in held.Where(block => block.Spec.Intent == BlockIntent.Lent))
        {
            var word = BlockFacts.Word(block.Spec, block.Status);
            if (word?.Phase == BlockPhase.Returned) continue;
            free += word is null ? exclusions.Usable(block.Spec.Cidr) : (UInt128)Math.Max(0, word.Free);
            if (word?.Owner is null) unbound++;
            if (word is null) unaccepted++;
        }

        var size = UInt128.One << (network.Cidr.Family.Width() - network.BlockMask);
        var wanted = (UInt128)settings.FreeAddresses;
        var forAddresses = free >= wanted ? 0 : (int)((wanted - free + size - 1) / size);
        var forOwners = network.Owner == OwnerMode.Host ? 0 : Math.Max(0, settings.UnboundBlocks - unbound);

        // What the agent wished for before it saw the grants that answer it must not be granted twice.
        var wish = Math.Min(host.Status?.Wants.GetValueOrDefault(network.Name) ?? 0, settings.LargestWish) - unaccepted;
        return Math.Max(Math.Max(forAddresses, forOwners), wish);
    }
}
