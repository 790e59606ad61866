using System.Collections.Immutable;
using Romana.Ipam.Addressing;

namespace Romana.Ipam.Planning;

/// <summary>A way to a host as the kernel answers it.</summary>
/// <param name="Gateway">Null: the host is on one of our links.</param>
public sealed record PathToHost(IpAddress? Gateway);

/// <summary>What a node does about one block of another host.</summary>
public abstract record NeighbourRoute
{
    /// <summary>A kernel route: the block by way of the host's own address.</summary>
    public sealed record Route(Cidr Destination, IpAddress Gateway, int Table) : NeighbourRoute;

    /// <param name="Code">no_path, multipath, lookup, not_adjacent.</param>
    public sealed record Refused(string Code, string Message) : NeighbourRoute;
}

/// <summary>Decides the kernel routes to the blocks of other hosts, one by one.</summary>
public static class NeighbourRoutes
{
    /// <param name="paths">Null when the kernel could not say.</param>
    /// <param name="multihop">Set a route also where a router stands between; it must know the block itself.</param>
    /// <param name="multipath">The kernel may spread over several paths (ECMP), so more than one is no fault.</param>
    public static NeighbourRoute ToBlock(
        Cidr block, IpAddress host, ImmutableArray<PathToHost>? paths, bool multihop, int table, bool multipath = false)
    {
        if (paths is not { } known) return new NeighbourRoute.Refused("lookup", $"the way to {host} could not be looked up");
        if (known.IsEmpty) return new NeighbourRoute.Refused("no_path", $"there is no way to {host}");
        if (known.Length > 1 && !multipath) return new NeighbourRoute.Refused("multipath", $"there are {known.Length} ways to {host}");
        // A host behind a router is the usual case of another group: its traffic takes the main table's way.
        if (!multihop && known.Any(path => path.Gateway is not null))
            return new NeighbourRoute.Refused("not_adjacent", $"{host} is behind a router");
        return new NeighbourRoute.Route(block, host, table);
    }

    /// <summary>The table whose rule must be added; null when it is there already, so that doing it again changes nothing.</summary>
    public static int? MissingRule(int table, IEnumerable<int> existing) => existing.Contains(table) ? null : table;
}
