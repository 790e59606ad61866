namespace Romana.Cloud.Control;

/// <summary>What a pass tells its loop.</summary>
public abstract record Verdict
{
    private Verdict() { }

    /// <summary>Nothing is left to do but to look again at the next event or resync.</summary>
    /// <param name="Changes">Calls and store writes that the pass made.</param>
    public sealed record Done(int Changes) : Verdict;

    /// <summary>Something is left; look again after <paramref name="After"/> at the latest.</summary>
    public sealed record RetryAfter(TimeSpan After, string Reason, int Changes = 0) : Verdict;

    /// <summary>Nothing can be done before the world changes: wait for an event or the resync.</summary>
    public sealed record GiveUp(string Reason) : Verdict;
}
