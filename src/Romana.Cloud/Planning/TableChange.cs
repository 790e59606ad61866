using System.Collections.Immutable;
using Romana.Ipam.Addressing;

namespace Romana.Cloud.Planning;

/// <summary>One step of one table before it is a call: a route appears, changes its target, or goes.</summary>
/// <param name="From">Hop before; null for a create.</param>
/// <param name="To">Hop after; null for a delete.</param>
internal sealed record TableChange(Cidr Destination, Hop? From, Hop? To)
{
    public RouteOp Op => From is null ? RouteOp.Create : To is null ? RouteOp.Delete : RouteOp.Replace;

    /// <summary>Changes that touch one another's addresses have the same; others are independent.</summary>
    public int Component { get; set; }

    public bool AfterSettle { get; set; }

    /// <summary>Destinations that must have settled before.</summary>
    public ImmutableArray<Cidr> Awaits { get; set; } = [];

    public RouteChange ToCall(string table) => new()
    {
        Table = table,
        Op = Op,
        Destination = Destination,
        Target = (To ?? From)!.Value.Target,
        From = From?.Target,
        AfterSettle = AfterSettle,
        Awaits = Awaits,
    };
}
