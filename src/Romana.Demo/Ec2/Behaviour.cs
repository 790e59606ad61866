using System.Collections.Immutable;

namespace Romana.Demo.Ec2;

/// <summary>How the account answers, besides what it holds. Replace it at any time: <c>vpc.Behaviour = vpc.Behaviour with { ... }</c>.</summary>
public sealed record Behaviour
{
    /// <summary>Describes show the account as it was this long ago. Replies of mutations are the truth all the same.</summary>
    public TimeSpan VisibilityLag { get; init; }

    /// <summary>The VPC's routers follow the tables this much later.</summary>
    public TimeSpan DataPlaneLag { get; init; }

    /// <summary>Every call takes this long.</summary>
    public TimeSpan Latency { get; init; }

    /// <summary>EC2's token buckets; false answers every call.</summary>
    public bool Throttling { get; init; } = true;

    /// <summary>The part of every bucket, burst and rate alike, that another customer of the account uses up; 0 to below 1.</summary>
    public double TakenByOthers { get; init; }

    /// <summary>Static routes per table and family (Service Quotas L-93826ACB), where a table has none of its own.</summary>
    public int RouteQuota { get; init; } = 500;

    /// <summary>Access key ids that are known; empty = every one.</summary>
    public ImmutableHashSet<string> AccessKeys { get; init; } = [];

    /// <summary>What IAM refuses; empty = nothing.</summary>
    public ImmutableArray<Denial> Denied { get; init; } = [];
}

/// <summary>An action that IAM refuses.</summary>
/// <param name="Action">With * and ?, "Create*".</param>
/// <param name="Resource">Id of the table, interface or instance, with * and ?.</param>
public sealed record Denial(string Action, string Resource = "*");
