using Romana.Ipam.Addressing;
using Romana.Ipam.Planning;

namespace Romana.Ipam.Blocks;

/// <summary>What a block's two halves say together. A status counts only for the host and the epoch that it names.</summary>
public static class BlockFacts
{
    /// <summary>The holder's word about this very grant; null when there is none.</summary>
    public static BlockStatus? Word(BlockSpec spec, BlockStatus? status) => Word(spec, status, LifecycleRules.All);

    public static bool IsAccepted(BlockSpec spec, BlockStatus? status) => Word(spec, status)?.Phase == BlockPhase.Accepted;

    internal static BlockStatus? Word(BlockSpec spec, BlockStatus? status, LifecycleRules rules)
    {
        ArgumentNullException.ThrowIfNull(spec);
        if (status is null || spec.Intent == BlockIntent.Free) return null;
        if (rules.EpochCompared && status.Epoch != spec.Epoch) return null;
        return rules.UidCompared && status.Host != spec.Host ? null : status;
    }

    internal static string Name(Cidr block, LifecycleRules rules) =>
        rules.KeyIgnoresMask ? BlockKey.Of(block) : $"{BlockKey.Of(block)}-{block.Length}";
}
