using System.Collections.Immutable;
using Romana.Cloud.Health.Judging;
using Romana.Cloud.Planning;
using Romana.Ipam.Stores;
using Romana.Ipam.Topologies;

namespace Romana.Cloud.Control;

/// <summary>What the controller last saw, planned and did: the one thing that the HTTP API and the metrics show of it.</summary>
public sealed class ControllerState
{
    private ControllerSnapshot _current = new();

    /// <summary>An immutable picture; take it once per request.</summary>
    public ControllerSnapshot Current => Volatile.Read(ref _current);

    /// <summary>Applies <paramref name="change"/> to the newest picture, whoever else writes at the same time.</summary>
    public void Update(Func<ControllerSnapshot, ControllerSnapshot> change)
    {
        ControllerSnapshot seen;
        do
        {
            seen = Current;
        }
        while (Interlocked.CompareExchange(ref _current, change(seen), seen) != seen);
    }
}

public sealed record ControllerSnapshot
{
    /// <summary>The store's term is held by this process.</summary>
    public bool Leading { get; init; }

    /// <summary>Number of the term; 0 before the first.</summary>
    public long Term { get; init; }

    /// <summary>Newest report of each loop, by its name: "hosts", "routes".</summary>
    public ImmutableSortedDictionary<string, PassReport> Passes { get; init; } = ImmutableSortedDictionary<string, PassReport>.Empty;

    /// <summary>As committed; null before the first pass and without a topology.</summary>
    public Topology? Topology { get; init; }

    /// <summary>Input of <see cref="Plan"/>.</summary>
    public Inventory? Inventory { get; init; }

    public RoutePlan? Plan { get; init; }

    /// <summary>What the hosts are taken for.</summary>
    public HealthPicture Health { get; init; } = HealthPicture.Nothing;

    /// <summary>Tables of the VPC that are not managed, and what therefore cannot reach pods.</summary>
    public ImmutableArray<LeftOutTable> LeftOut { get; init; } = [];

    /// <summary>All conditions that are true now, of every record, by the name of what they are about.</summary>
    public ImmutableArray<StandingCondition> Conditions { get; init; } = [];

    /// <summary>EC2 requests sent since the start, by action.</summary>
    public ImmutableSortedDictionary<string, long> Calls { get; init; } = ImmutableSortedDictionary<string, long>.Empty;

    /// <summary>Every loop made a pass that ended well.</summary>
    public bool Ready => Leading && Passes.ContainsKey("hosts") && Passes.ContainsKey("routes") && Passes.Values.All(pass => pass.EverDone);
}

/// <param name="Loop">"hosts", "routes".</param>
/// <param name="Verdict">"done", "retry" or "give-up".</param>
/// <param name="Reason">Why not done; null when done.</param>
/// <param name="Changes">What the last pass changed, in calls and store writes.</param>
/// <param name="EverDone">A pass of this loop ended with "done" since the start.</param>
public sealed record PassReport(
    string Loop, DateTimeOffset At, TimeSpan Took, string Verdict, string? Reason, int Changes, bool EverDone);

/// <param name="About">"topology", "rtb-...", "host NAME".</param>
public sealed record StandingCondition(string About, Condition Condition);

/// <param name="Why">What in it cannot reach pods.</param>
public sealed record LeftOutTable(string Id, ImmutableArray<string> Subnets, string Why);
