using System.Collections.Immutable;
using Romana.Ipam.Attachments;
using Romana.Ipam.Blocks;
using Romana.Ipam.Hosts;
using Romana.Ipam.Stores;

namespace Romana.Node.Agent;

/// <summary>Why pods cannot be served yet, network by network. Pure.</summary>
internal static class Serving
{
    /// <param name="homes">Networks in which this host has a group.</param>
    public static ImmutableArray<string> WhyNot(HostUid self, IReadOnlyCollection<NetworkTerms> homes, IEnumerable<TypedRecord<BlockSpec, BlockStatus>> blocks)
    {
        if (homes.Count == 0) return ["this host is in no group of any network: compare its labels with the topology ('romana hosts')"];
        var own = blocks.Where(block => block.Spec.Host == self && block.Spec.Intent == BlockIntent.Lent).ToLookup(block => block.Spec.Network, StringComparer.Ordinal);
        return [.. homes.Select(home => WhyNot(home, [.. own[home.Network.Name]])).OfType<string>()];
    }

    /// <summary>By the journal alone.</summary>
    public static ImmutableArray<string> WhyNot(IReadOnlyCollection<NetworkTerms> homes, IReadOnlyCollection<JournalBlock> held) =>
        homes.Count == 0 ? ["this host was in no group of any network when the store was last read"]
        : [.. homes.Where(home => !held.Any(block => block.Network == home.Network.Name && block is { Recalled: false, Doubted: false } && (block.Routed || !home.Announced)))
            .Select(home => $"no block of {home.Network.Name} is known to serve here, and the store is away")];

    private static string? WhyNot(NetworkTerms home, ImmutableArray<TypedRecord<BlockSpec, BlockStatus>> lent)
    {
        if (lent.IsEmpty) return $"no block of {home.Network.Name} is lent to this host yet";
        var accepted = lent.Where(block => BlockFacts.IsAccepted(block.Spec, block.Status)).ToList();
        if (accepted.Count == 0) return $"no block of {home.Network.Name} is accepted yet";
        return !home.Announced || accepted.Exists(block => block.Spec.RoutedEpoch == block.Spec.Epoch) ? null
            : $"no block of {home.Network.Name} is routed yet: see 'romana routes show' for the table and its quota";
    }
}
