using Romana.Ipam.Addressing;

namespace Romana.Demo.Ec2;

/// <summary>Where the VPC takes a packet.</summary>
public abstract record Delivery
{
    private Delivery()
    {
    }

    /// <summary>Handed to that interface.</summary>
    public sealed record ToInterface(string Interface, string? Instance, string Via) : Delivery;

    /// <summary>Handed to a gateway, peering or endpoint.</summary>
    public sealed record ToGateway(string Target, string Via) : Delivery;

    public sealed record Dropped(string Why) : Delivery;
}

/// <summary>The VPC's router as an oracle: longest prefix, static before propagated, source/destination checks.</summary>
public static class DataPlane
{
    /// <param name="from">Subnet that the packet leaves.</param>
    /// <param name="sender">Interface that sends it from an address that is not its own; null = the source is the interface's own.</param>
    public static Delivery Forward(AccountState state, string from, IpAddress to, string? sender = null)
    {
        ArgumentNullException.ThrowIfNull(state);
        if (sender is not null && state.Interfaces.TryGetValue(sender, out var eni) && eni.SourceDestCheck)
            return new Delivery.Dropped($"source/destination check of {sender} is on");
        if (state.TableOf(from) is not { } table) return new Delivery.Dropped($"subnet {from} has no route table");
        if (Match(state, table, to) is not { } route) return new Delivery.Dropped($"no route to {to} in {table.Id}");
        if (route.IsLocal) return Local(state, table, to);
        if (state.IsBlackhole(route)) return new Delivery.Dropped($"route {route.Destination} in {table.Id} is a blackhole");
        return state.Interfaces.TryGetValue(route.Target, out var target)
            ? Into(target, to, route.Destination)
            : new Delivery.ToGateway(route.Target, route.Destination);
    }

    /// <summary>The route that decides; null = none.</summary>
    public static Route? Match(AccountState state, RouteTable table, IpAddress to)
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(table);
        return table.AllRoutes
            .Select(route => (route, length: LengthOf(state, route, to)))
            .Where(candidate => candidate.length >= 0)
            .OrderByDescending(candidate => candidate.length)
            .ThenBy(candidate => candidate.route.Propagated)
            .Select(candidate => candidate.route)
            .FirstOrDefault();
    }

    private static int LengthOf(AccountState state, Route route, IpAddress to)
    {
        if (route.Cidr is { } cidr) return cidr.Contains(to) ? cidr.Length : -1;
        return state.PrefixLists.TryGetValue(route.Destination, out var list)
            ? list.Entries.Where(entry => entry.Contains(to)).Select(entry => entry.Length).DefaultIfEmpty(-1).Max()
            : -1;
    }

    private static Delivery Local(AccountState state, RouteTable table, IpAddress to) =>
        state.Interfaces.Values.FirstOrDefault(eni => eni.VpcId == table.VpcId && eni.Has(to)) is { } eni
            ? Into(eni, to, "local")
            : new Delivery.Dropped($"no interface of {table.VpcId} has {to}");

    private static Delivery Into(NetworkInterface eni, IpAddress to, string via) =>
        eni.SourceDestCheck && !eni.Has(to)
            ? new Delivery.Dropped($"source/destination check of {eni.Id} is on")
            : new Delivery.ToInterface(eni.Id, eni.Attachment?.InstanceId, via);
}
