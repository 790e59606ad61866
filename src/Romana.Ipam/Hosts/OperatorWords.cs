namespace Romana.Ipam.Hosts;

/// <summary>What an operator may say of a host; each is one CAS on its record (`romana hosts drain|remove`).</summary>
public static class OperatorWords
{
    /// <summary>Own blocks stay, no spares are granted, no router's role.</summary>
    public static HostSpec Drain(HostSpec host, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(host);
        return host with { DrainedByOperator = true, Condition = HostCondition.Draining, Reason = "drained by the operator", Since = now };
    }

    /// <summary>Discovery says what it is from the next pass on.</summary>
    public static HostSpec TakeBack(HostSpec host, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(host);
        return host with { DrainedByOperator = false, Condition = HostCondition.Live, Reason = null, Since = now };
    }

    /// <summary>
    /// The host is gone for good: its blocks are freed after their delays. Final for this UID; a machine that comes
    /// back is a new host.
    /// </summary>
    public static HostSpec Remove(HostSpec host, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(host);
        return host with { Condition = HostCondition.Dead, Reason = "removed by the operator", Since = now };
    }
}
