using System.Globalization;
using Romana.Ipam.Planning;

namespace Romana.Model.Tests;

/// <summary>A rule taken away. The first five are switches of the product's own rules; the last two are what its callers promise.</summary>
public enum Mutation
{
    None,
    NoProposalCheck,
    GrantedBlocksIgnored,
    EpochNotCompared,
    UidNotCompared,
    KeyWithMask,
    ListBeforePropose,
    BlindPut,
}

internal static class Mutations
{
    public static LifecycleRules Rules(this Mutation mutation) => LifecycleRules.All with
    {
        ProposalStops = mutation != Mutation.NoProposalCheck,
        GrantedCounts = mutation != Mutation.GrantedBlocksIgnored,
        EpochCompared = mutation != Mutation.EpochNotCompared,
        UidCompared = mutation != Mutation.UidNotCompared,
        KeyIgnoresMask = mutation != Mutation.KeyWithMask,
    };
}

/// <summary>What of the world a search may use; the search is exhaustive within it.</summary>
public sealed record Bounds
{
    public int Epochs { get; init; } = 3;

    /// <summary>Epochs that may be granted beyond those once the copy of the store was put back: then the copy need not be kept any more.</summary>
    public int EpochsAfterRestore { get; init; }

    public int MostEpochs(bool restored) => restored ? Epochs + EpochsAfterRestore : Epochs;
    public int Commits { get; init; } = 2;
    public bool StaleLeader { get; init; } = true;
    public bool Restore { get; init; } = true;

    /// <summary>The third host's agent is not admitted at first.</summary>
    public bool Admission { get; init; } = true;

    public bool Deaths { get; init; } = true;

    /// <summary>Reading and planning as steps of their own, instead of only where they make a difference (<see cref="InFlight"/>).</summary>
    public bool EveryStep { get; init; }

    /// <summary>A state in memory is some 200 bytes while its level is searched, and 30 from then on.</summary>
    public int MaxStates { get; init; } = 20_000_000;

    public string InWords => string.Create(CultureInfo.InvariantCulture,
        $"{(StaleLeader ? 2 : 1)} leaders, {Epochs} epochs{(Restore ? $" and {EpochsAfterRestore} more after a restore" : "")}, {Commits} topology changes{(Deaths ? ", deaths" : "")}{(Admission ? ", admission" : "")}");
}
