namespace Romana.Cloud.Health.Judging;

/// <summary>How probes are sent and what follows from their answers (docs/decisions/0021-who-is-down.md).</summary>
public sealed record ProbeRules
{
    /// <summary>Between two probes of one host.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Probes in a row that must go unanswered before a host is Down.</summary>
    public int Count { get; init; } = 3;

    /// <summary>After which a probe counts as unanswered.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Without a bad moment before a Down host that answers again counts as Suspect: its own blocks come back.</summary>
    public TimeSpan Steady { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Without a bad moment before a host is Up again, and the time in which its health changes twice at most.</summary>
    public TimeSpan HoldDown { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Newest probes of a host by which its loss is told.</summary>
    public const int LossWindow = 20;

    /// <summary>Of <see cref="LossWindow"/>; from this on a host is Suspect.</summary>
    public const int LossLimit = 8;

    /// <summary>After this long without a miss no loss is left in the window.</summary>
    public TimeSpan LossForgotten => LossWindow * Interval;

    /// <summary>
    /// In this time a fault of our own eyes has taken every host's probes alike: hosts that fell longer ago fell for
    /// themselves.
    /// </summary>
    public TimeSpan OneMoment => (Count + 1) * Interval + Timeout;
}
