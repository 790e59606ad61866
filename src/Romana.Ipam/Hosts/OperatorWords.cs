namespace Romana.Ipam.Hosts;

/// <summary>What an operator may say of a host; each is one CAS on its record (`romana hosts drain|remove`).</summary>
public static class OperatorWords
{
    public const string DrainReason = "drained by the operator";
    public const string RemoveReason = "removed by the operator";

    /// <summary>Own blocks stay, no spares are granted, no router's role.</summary>
    public static HostSpec Drain(HostSpec host, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(host);
        var drained = host with { DrainedByOperator = true };
        return host.Condition == HostCondition.Live
            ? drained with { Condition = HostCondition.Draining, Reason = DrainReason, Since = now }

            // Unknown stays unknown, and another cause keeps its name until discovery ends it.
            : drained;
    }

    /// <summary>Discovery says what it is from the next pass on.</summary>
    public static HostSpec TakeBack(HostSpec host, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(host);
        var back = host with { DrainedByOperator = false };
        return host is { Condition: HostCondition.Draining, Reason: DrainReason }
            ? back with { Condition = HostCondition.Live, Reason = null, Since = now } : back;
    }

    /// <summary>
    /// The host is gone for good: its blocks are freed after their delays. Final for this UID; a machine that comes
    /// back is a new host.
    /// </summary>
    public static HostSpec Remove(HostSpec host, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(host);
        return host with { Condition = HostCondition.Dead, Reason = RemoveReason, Since = now };
    }
}
