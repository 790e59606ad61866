using Romana.Ipam.Addressing;

namespace Romana.Demo.Ec2;

/// <summary>CreateRoute or ReplaceRoute as asked for.</summary>
/// <param name="Destination">Text of the one destination parameter that was given.</param>
/// <param name="Target">Id of the one target that was given; an instance's id as well.</param>
public sealed record RouteRequest(string TableId, string Destination, string Target);

/// <summary>What EC2 allows in a route table: CreateRoute, ReplaceRoute and DeleteRoute as pure functions.</summary>
public static class RouteRules
{
    /// <summary>Link-local ranges that EC2 keeps for itself (instance metadata, DNS, time).</summary>
    private static readonly Cidr[] Forbidden = [Cidr.Parse("169.254.168.0/22"), Cidr.Parse("fd00:ec2::/32")];

    /// <param name="accountQuota">Static routes per table and family where the table has no quota of its own.</param>
    public static Outcome Create(AccountState state, RouteRequest request, int accountQuota)
    {
        if (!state.Tables.TryGetValue(request.TableId, out var table)) return Refuse(Ec2Error.NoTable(request.TableId));
        if (Resolve(state, table, request, out var route) is { } error) return Refuse(error);
        if (table.Routes.ContainsKey(route.Destination))
            return Refuse(new Ec2Error("RouteAlreadyExists", $"The route identified by {route.Destination} already exists."));
        if (DestinationRefusal(state, table, route) is { } refusal) return Refuse(refusal);
        var family = FamilyOf(state, route);
        if (Used(state, table, family) + Weight(state, route) > (table.Quota ?? accountQuota))
            return Refuse(new Ec2Error("RouteLimitExceeded", "The maximum number of routes has been reached."));
        return new Outcome.Done(state.With(table.With(route)));
    }

    public static Outcome Replace(AccountState state, RouteRequest request)
    {
        if (!state.Tables.TryGetValue(request.TableId, out var table)) return Refuse(Ec2Error.NoTable(request.TableId));
        if (Resolve(state, table, request, out var route) is { } error) return Refuse(error);
        if (!table.Routes.TryGetValue(route.Destination, out var standing))
            return Refuse(Ec2Error.BadValue(
                $"There is no route defined for '{route.Destination}' in the route table. Use CreateRoute instead."));
        return new Outcome.Done(state.With(table.With(route with { Origin = standing.Origin })));
    }

    public static Outcome Delete(AccountState state, string tableId, string destination)
    {
        if (!state.Tables.TryGetValue(tableId, out var table)) return Refuse(Ec2Error.NoTable(tableId));
        if (Canonical(destination, out var canonical) is { } error) return Refuse(error);
        if (!table.Routes.TryGetValue(canonical, out var route))
            return Refuse(new Ec2Error(
                "InvalidRoute.NotFound", $"no route with destination-cidr-block {canonical} in route table {tableId}"));
        return route.IsLocal
            ? Refuse(Ec2Error.BadValue($"cannot remove local route {canonical} in route table {tableId}"))
            : new Outcome.Done(state.With(table.Without(canonical)));
    }

    /// <summary>What counts against the quota: every static route of the family by weight; local and propagated ones do not.</summary>
    public static int Used(AccountState state, RouteTable table, IpFamily family)
    {
        ArgumentNullException.ThrowIfNull(table);
        return table.Routes.Values.Where(route => !route.IsLocal && FamilyOf(state, route) == family).Sum(route => Weight(state, route));
    }

    /// <summary>1, or a prefix list's maximum number of entries, however few it holds.</summary>
    public static int Weight(AccountState state, Route route)
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(route);
        return state.PrefixLists.TryGetValue(route.Destination, out var list) ? list.MaxEntries : 1;
    }

    private static IpFamily FamilyOf(AccountState state, Route route) =>
        route.Cidr?.Family ?? state.PrefixLists.GetValueOrDefault(route.Destination)?.Family ?? IpFamily.IPv4;

    private static Ec2Error? Resolve(AccountState state, RouteTable table, RouteRequest request, out Route route)
    {
        route = new Route("", "");
        if (Canonical(request.Destination, out var destination) is { } bad) return bad;
        if (destination.StartsWith("pl-", StringComparison.Ordinal) && !state.PrefixLists.ContainsKey(destination))
            return Ec2Error.NotFound("InvalidPrefixListID.NotFound", "prefixList", destination);
        if (RouteTargets.Resolve(state, table.VpcId, request.Target, out var target) is { } missing) return missing;
        route = new Route(destination, target);
        return target.StartsWith("eigw-", StringComparison.Ordinal) && FamilyOf(state, route) == IpFamily.IPv4
            ? Ec2Error.BadValue("An egress-only internet gateway can only be used with an IPv6 destination.")
            : null;
    }

    /// <summary>EC2 masks host bits away: 100.68.0.18/18 becomes 100.68.0.0/18.</summary>
    private static Ec2Error? Canonical(string text, out string canonical)
    {
        canonical = text;
        if (text.StartsWith("pl-", StringComparison.Ordinal)) return null;
        if (!Cidr.TryParseMasking(text, out var cidr, out _))
            return Ec2Error.BadValue($"Value ({text}) for parameter destinationCidrBlock is invalid. This is not a valid CIDR block.");
        canonical = cidr.ToString();
        return null;
    }

    /// <summary>Inside a VPC CIDR only a whole subnet may be steered, so pod networks lie outside.</summary>
    private static Ec2Error? DestinationRefusal(AccountState state, RouteTable table, Route route)
    {
        if (route.Cidr is not { } cidr) return null;
        if (Forbidden.Any(range => range.Contains(cidr)))
            return Ec2Error.BadValue($"The destination CIDR block {cidr} is reserved for use by AWS.");
        var insideVpc = state.Vpcs[table.VpcId].Cidrs.Any(range => range.Contains(cidr));
        var isSubnet = state.Subnets.Values.Any(one => one.VpcId == table.VpcId && (one.Cidr == cidr || one.Ipv6Cidr == cidr));
        return insideVpc && !isSubnet
            ? Ec2Error.BadValue(
                $"The destination CIDR block {cidr} is equal to or more specific than one of this VPC's CIDR blocks, and matches no subnet's CIDR block.")
            : null;
    }

    private static Outcome.Refused Refuse(Ec2Error error) => new(error);
}
