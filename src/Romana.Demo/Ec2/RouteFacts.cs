using System.Collections.Immutable;
using Romana.Ipam.Addressing;

namespace Romana.Demo.Ec2;

public enum RouteOrigin
{
    /// <summary>Came with the table: the local routes.</summary>
    CreateRouteTable,

    /// <summary>Static.</summary>
    CreateRoute,

    /// <summary>Learnt from a virtual private gateway.</summary>
    EnableVgwRoutePropagation,
}

/// <param name="Destination">Canonical CIDR text, or the id of a prefix list.</param>
/// <param name="Target">"local", or an id whose prefix says what it is: eni-, igw-, vgw-, nat-, tgw-, pcx-, eigw-, vpce-.</param>
public sealed record Route(string Destination, string Target, RouteOrigin Origin = RouteOrigin.CreateRoute)
{
    /// <summary>Null for a prefix list.</summary>
    public Cidr? Cidr { get; } = Romana.Ipam.Addressing.Cidr.TryParse(Destination, out var cidr, out _) ? cidr : null;

    public bool IsLocal => Target == "local";

    public bool Propagated => Origin == RouteOrigin.EnableVgwRoutePropagation;
}

/// <summary>One route table. Changing it makes a new value; the id stays.</summary>
public sealed record RouteTable
{
    /// <summary>A fixed quota of its own beside that of static routes.</summary>
    public const int MostPropagated = 100;

    public required string Id { get; init; }
    public required string VpcId { get; init; }

    /// <summary>Serves every subnet of the VPC that has no explicit association.</summary>
    public bool Main { get; init; }

    /// <summary>Explicitly associated subnets.</summary>
    public ImmutableSortedSet<string> Subnets { get; init; } = ImmutableSortedSet.Create<string>(StringComparer.Ordinal);

    /// <summary>Set on an edge table: the gateway it is associated with.</summary>
    public string? EdgeOf { get; init; }

    /// <summary>Local and static routes by destination.</summary>
    public ImmutableSortedDictionary<string, Route> Routes { get; init; } =
        ImmutableSortedDictionary.Create<string, Route>(StringComparer.Ordinal);

    /// <summary>
    /// Routes learnt from a virtual private gateway; one may share its destination with a static route, which wins. EC2 takes
    /// the first <see cref="MostPropagated"/> and no more.
    /// </summary>
    public ImmutableArray<Route> Propagated { get; init => field = [.. value.Take(MostPropagated)]; } = [];

    /// <summary>Static routes it may hold, each family apart; null = the account's quota.</summary>
    public int? Quota { get; init; }

    public ImmutableSortedDictionary<string, string> Tags { get; init; } = NoTags.Value;

    public IEnumerable<Route> AllRoutes => Routes.Values.Concat(Propagated);

    public RouteTable With(Route route) => this with { Routes = Routes.SetItem(route.Destination, route) };

    public RouteTable Without(string destination) => this with { Routes = Routes.Remove(destination) };
}
