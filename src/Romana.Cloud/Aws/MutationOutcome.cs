namespace Romana.Cloud.Aws;

/// <summary>What became of one mutating call, in words that tell the caller what to do.</summary>
public enum OutcomeKind
{
    /// <summary>The reply says that it is done; that is the truth, whatever a describe shows for a while.</summary>
    Done,

    /// <summary>RouteAlreadyExists: read and compare.</summary>
    RouteExists,

    /// <summary>InvalidRoute.NotFound, or ReplaceRoute on a destination that has no route.</summary>
    RouteMissing,

    /// <summary>RouteLimitExceeded: stop creating in that table.</summary>
    LimitExceeded,

    /// <summary>The table vanished: drop it, rediscover.</summary>
    TableMissing,

    /// <summary>The interface or its instance vanished: resolve the host again.</summary>
    TargetMissing,

    /// <summary>IncorrectInstanceState, IncorrectState: the host is unhealthy.</summary>
    TargetUnhealthy,

    /// <summary>Not allowed, or the credentials are no good: a condition and a long wait.</summary>
    Unauthorized,

    /// <summary>Throttled to the end of our patience; it did not happen.</summary>
    Throttled,

    /// <summary>Refused for another reason; it did not happen.</summary>
    Refused,

    /// <summary>The answer was lost or EC2 failed: it may have happened. Read and compare.</summary>
    Unknown,

    /// <summary>The term is over: it was not sent.</summary>
    TermLost,

    /// <summary>A newer picture of the world came before its turn: it was not sent.</summary>
    Overtaken,
}

/// <param name="Message">EC2's code and words, for people; empty when done.</param>
public sealed record MutationOutcome(OutcomeKind Kind, string Message = "")
{
    public static readonly MutationOutcome Done = new(OutcomeKind.Done);
    public static readonly MutationOutcome TermLost = new(OutcomeKind.TermLost, "another controller took over");
    public static readonly MutationOutcome Overtaken = new(OutcomeKind.Overtaken, "hosts, blocks or their health changed");

    /// <summary>EC2's error code; null when done, or when EC2 did not answer.</summary>
    public string? Code { get; init; }

    public bool IsDone => Kind == OutcomeKind.Done;
}
