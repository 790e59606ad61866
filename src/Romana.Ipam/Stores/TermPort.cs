namespace Romana.Ipam.Stores;

/// <summary>A stretch of sole control. Every call that changes the world passes a gate on it.</summary>
public interface ITerm : IDisposable
{
    /// <summary>Grows with every acquisition, over all processes and for ever; written into intents.</summary>
    long Number { get; }

    /// <summary>How long a call may still be on the wire, by a clock that counts suspended time; zero once lost.</summary>
    TimeSpan Remaining { get; }

    /// <summary>Cancelled when the term is lost.</summary>
    CancellationToken Lost { get; }
}

public interface ITermSource
{
    /// <summary>Null while somebody else holds it; <paramref name="holder"/> is shown to those who find it taken.</summary>
    ValueTask<ITerm?> TryAcquireAsync(string holder, CancellationToken cancel);

    /// <summary>Who holds it, as that holder called itself; null if nobody or unknown.</summary>
    ValueTask<string?> HolderAsync(CancellationToken cancel);
}
