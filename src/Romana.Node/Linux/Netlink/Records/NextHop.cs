using Romana.Ipam.Addressing;

namespace Romana.Node.Linux.Netlink.Records;

/// <summary>Where a route sends its packets.</summary>
/// <param name="Interface">Index.</param>
/// <param name="Via">Null: the destination itself is asked for on the interface. May be of the other family (RFC 5549).</param>
/// <param name="OnLink">The gateway is taken to be on the interface whatever the addresses there say.</param>
/// <param name="Weight">Share among several hops, 1 to 256.</param>
internal readonly record struct NextHop(int Interface, IpAddress? Via = null, bool OnLink = false, int Weight = 1) : IComparable<NextHop>
{
    public int CompareTo(NextHop other)
    {
        var byInterface = Interface.CompareTo(other.Interface);
        if (byInterface != 0) return byInterface;
        var byGateway = (Via ?? default).CompareTo(other.Via ?? default);
        return byGateway != 0 ? byGateway : Weight.CompareTo(other.Weight);
    }

    public static bool operator <(NextHop left, NextHop right) => left.CompareTo(right) < 0;
    public static bool operator >(NextHop left, NextHop right) => left.CompareTo(right) > 0;
    public static bool operator <=(NextHop left, NextHop right) => left.CompareTo(right) <= 0;
    public static bool operator >=(NextHop left, NextHop right) => left.CompareTo(right) >= 0;

    public override string ToString() =>
        $"{(Via is { } via ? $"via {via} " : "")}dev {Interface}{(OnLink ? " onlink" : "")}{(Weight > 1 ? $" weight {Weight}" : "")}";
}
