using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Romana.Ipam.Addressing;

namespace Romana.Cloud.Planning;

/// <summary>What every managed table should hold, and the calls that take it there. Its JSON is what `romana plan -o json` prints.</summary>
public sealed record RoutePlan
{
    public required ImmutableArray<TablePlan> Tables { get; init; }

    /// <summary>In the order in which they will be made.</summary>
    public required ImmutableArray<RouteChange> Changes { get; init; }

    public required PlannedCalls Calls { get; init; }

    /// <summary>Routes in the tables that stand where ours should and are not ours (R2): never touched.</summary>
    public ImmutableArray<RouteConflict> Conflicts { get; init; } = [];

    /// <summary>What was not planned, and why: no room, overlap, brake.</summary>
    public ImmutableArray<Refusal> Refused { get; init; } = [];

    /// <summary>Routes of others that are ours from now on without any call, because they stand right and the operator said adopt.</summary>
    [JsonIgnore]
    public ImmutableArray<AdoptedRoute> Adopted { get; init; } = [];

    /// <summary>How far the inventory can grow, where that was asked.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Capacity? Capacity { get; init; }

    [JsonIgnore]
    public bool HasChanges => !Changes.IsEmpty;
}

/// <summary>One table and family.</summary>
public sealed record TablePlan
{
    public required string Id { get; init; }
    public required IpFamily Family { get; init; }
    public required int Quota { get; init; }

    /// <summary>Routes that are not ours and count against the quota; "local" does not.</summary>
    public required int Foreign { get; init; }

    /// <summary>Foreign plus planned.</summary>
    public required int Used { get; init; }

    /// <summary>Every granted block of every host that is not Down has a correct longest match.</summary>
    public required bool Complete { get; init; }

    /// <summary>Routes that the smallest complete set has beyond the room there is; 0 when the table is complete.</summary>
    public required int Missing { get; init; }

    /// <summary>Said when the exact routes do not fit and the table is aggregated; null when it is not.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Aggregated? Aggregated { get; init; }

    public required double ExtraHopShare { get; init; }
    public required double LocalExtraHopShare { get; init; }
    public required ImmutableArray<PlannedRoute> Routes { get; init; }
}

/// <param name="ExactRoutes">Routes of ours that it would take to send every block to its own host.</param>
/// <param name="Room">Routes of ours that the table may hold.</param>
public sealed record Aggregated(int ExactRoutes, int Room)
{
    /// <summary>
    /// The least extra_hop_share that any plan could have is less by this at the most; 0 = this is the least. Above 0 only
    /// where the exact way would have been too much work.
    /// </summary>
    public double Gap { get; init; }

    /// <summary>The same of local_extra_hop_share.</summary>
    public double LocalGap { get; init; }
}

public enum PlannedRouteKind
{
    /// <summary>One host's block or merged blocks.</summary>
    Host,

    /// <summary>Led by a router.</summary>
    Aggregate,

    /// <summary>A group's cover.</summary>
    Cover,

    /// <summary>A group's `via`.</summary>
    Segment,
}

/// <param name="Host">Name of the next hop; null for a segment.</param>
public sealed record PlannedRoute(Cidr Destination, string Target, string? Host, PlannedRouteKind Kind, string Why);

public enum RouteOp
{
    /// <summary>EC2 CreateRoute.</summary>
    Create,

    /// <summary>EC2 ReplaceRoute.</summary>
    Replace,

    /// <summary>EC2 DeleteRoute.</summary>
    Delete,
}

/// <summary>One call.</summary>
public sealed record RouteChange
{
    public required string Table { get; init; }
    public required RouteOp Op { get; init; }
    public required Cidr Destination { get; init; }

    /// <summary>New target; the old one for a delete.</summary>
    public required string Target { get; init; }

    /// <summary>Target before the change; null for a create.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? From { get; init; }

    /// <summary>
    /// Make before break: there is something in <see cref="Awaits"/>, because EC2 orders calls, not its data plane.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool AfterSettle { get; init; }

    /// <summary>
    /// Destinations that earlier calls of this plan change in the same table and that this call relies on: it is sent
    /// when the settle time is over since the reply to the last of those calls.
    /// </summary>
    [JsonIgnore]
    public ImmutableArray<Cidr> Awaits { get; init; } = [];

    /// <summary>Destinations of ours that stood before the plan and that this call relies on: an earlier pass may have made them a moment ago.</summary>
    [JsonIgnore]
    public ImmutableArray<Cidr> AwaitsEarlier { get; init; } = [];

    /// <summary>
    /// Whether the call relies on what an earlier pass did to a destination. A plan does not see what is gone, and what
    /// is gone only in EC2's words may still catch the addresses of a longer route that goes after it.
    /// </summary>
    public bool ReliesOnEarlier(Cidr destination, bool isGone) =>
        Awaits.Contains(destination) || AwaitsEarlier.Contains(destination)
        || (isGone && Op == RouteOp.Delete && destination != Destination && destination.Contains(Destination));
}

/// <summary>By the names of EC2's actions.</summary>
public sealed record PlannedCalls(
    [property: JsonPropertyName("CreateRoute")] int CreateRoute,
    [property: JsonPropertyName("ReplaceRoute")] int ReplaceRoute,
    [property: JsonPropertyName("DeleteRoute")] int DeleteRoute)
{
    /// <summary>Source/destination checks to switch off; known on live state only, 0 offline, and no part of <see cref="Total"/>.</summary>
    [JsonPropertyName("ModifyNetworkInterfaceAttribute"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int ModifyNetworkInterfaceAttribute { get; init; }

    [JsonIgnore]
    public int Total => CreateRoute + ReplaceRoute + DeleteRoute;
}

/// <summary>For the ledger: the entry to write beside the intents of the pass.</summary>
public sealed record AdoptedRoute(string Table, Cidr Destination, string Target);

/// <param name="Found">Target of the route that stands.</param>
/// <param name="Wanted">Target that we would write.</param>
public sealed record RouteConflict(string Table, Cidr Destination, string Found, string Wanted, string Remedy);

/// <param name="Code">
/// "quota", "overlap", "no_host", "no_interface", "no_group", "several_links", "reserved_destination", "brake",
/// "no_hitless_order".
/// </param>
/// <param name="Table">Null when it concerns every table.</param>
public sealed record Refusal(string Code, string? Table, string Message, string Remedy);
