namespace Romana.Ipam.Planning;

/// <summary>
/// The rules that keep an address from having two holders, one switch each, so that the state-space test can take one
/// away and see the violation that it prevents. Production has all of them.
/// </summary>
internal sealed record LifecycleRules
{
    public static readonly LifecycleRules All = new();

    /// <summary>Nothing is granted or accepted while a proposal or a store review is open.</summary>
    public bool ProposalStops { get; init; } = true;

    /// <summary>A block counts as taken from its grant on, not from its acceptance.</summary>
    public bool GrantedCounts { get; init; } = true;

    /// <summary>A status or journal row of another epoch is no word about this grant.</summary>
    public bool EpochCompared { get; init; } = true;

    /// <summary>A block, or a status, of another UID is not ours.</summary>
    public bool UidCompared { get; init; } = true;

    /// <summary>What a store may have forgotten rests one reuse delay after its review.</summary>
    public bool ReviewRests { get; init; } = true;

    /// <summary>Slots of all masks that begin at one address share one record.</summary>
    public bool KeyIgnoresMask { get; init; } = true;
}
