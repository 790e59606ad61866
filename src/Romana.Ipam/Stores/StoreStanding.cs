namespace Romana.Ipam.Stores;

public enum StoreStanding
{
    /// <summary>Whoever led last said so, and nothing speaks against it.</summary>
    Trusted,

    /// <summary>Made empty, and nobody has vouched for it yet: hosts may hold blocks that it does not know.</summary>
    New,

    /// <summary>Something beside the store remembers a later state or another store: it was restored or replaced.</summary>
    Rewound,
}

/// <summary>
/// What a store knows of its own past. A store that is not Trusted grants nothing until the known hosts reported what
/// they hold, or a grace passed; then the leader vouches for it. Survives restarts.
/// </summary>
public interface IStoreStanding
{
    /// <summary>Minted when the store was made.</summary>
    string StoreId { get; }

    StoreStanding Standing { get; }

    /// <summary>Minted each time that the store was found to have gone back in time; null before the first time.</summary>
    string? Rewind { get; }

    /// <exception cref="StoreUnavailableException">Standing is as before.</exception>
    ValueTask TrustAsync(CancellationToken cancel);
}
