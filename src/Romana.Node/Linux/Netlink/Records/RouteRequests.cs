using Romana.Ipam.Addressing;

namespace Romana.Node.Linux.Netlink.Records;

/// <summary>Which routes to list; null is any.</summary>
internal sealed record RouteFilter
{
    /// <summary>Null lists both.</summary>
    public IpFamily? Family { get; init; }

    public uint? Table { get; init; }

    public byte? Protocol { get; init; }

    public RouteType? Type { get; init; }

    /// <summary>Index; a route with several hops counts by any of them.</summary>
    public int? Interface { get; init; }
}

/// <summary>What the kernel would do with one packet.</summary>
internal sealed record RouteQuestion(IpAddress To)
{
    public IpAddress? From { get; init; }

    /// <summary>Index of the interface that it came in by; null: the node itself sends it.</summary>
    public int? InterfaceIn { get; init; }

    public uint Mark { get; init; }

    /// <summary>TCP port that it is sent to; null: the lookup knows no ports.</summary>
    public int? Port { get; init; }

    /// <summary>True asks for the route with its prefix, false for what becomes of this destination.</summary>
    public bool AsRoute { get; init; }

    public override string ToString() =>
        $"look up {To}{(From is { } from ? $" from {from}" : "")}{(InterfaceIn is { } index ? $" in by interface {index}" : "")}{(Mark == 0 ? "" : $" mark 0x{Mark:x}")}";
}
