using System.Collections.Immutable;
using Romana.Ipam.Addressing;

namespace Romana.Cloud.Planning;

/// <summary>One step of one table before it is a call: a route appears, changes its target, or goes.</summary>
/// <param name="Node">Its prefix in the table's tree.</param>
/// <param name="From">Hop before; null for a create.</param>
/// <param name="To">Hop after; null for a delete.</param>
internal sealed record TableChange(int Node, Cidr Destination, Hop? From, Hop? To)
{
    public RouteOp Op => From is null ? RouteOp.Create : To is null ? RouteOp.Delete : RouteOp.Replace;

    /// <summary>Routes that the table holds more after it.</summary>
    public int Adds => Op switch { RouteOp.Create => 1, RouteOp.Delete => -1, _ => 0 };

    public RouteChange ToCall(string table, SettleNeed need) => new()
    {
        Table = table,
        Op = Op,
        Destination = Destination,
        Target = (To ?? From)!.Value.Target,
        From = From?.Target,
        AfterSettle = need.OnStep >= 0,
        Awaits = need.Awaits,
        AwaitsEarlier = need.Earlier,
    };
}

/// <summary>What must have settled before a step.</summary>
/// <param name="OnStep">The last of the plan's own earlier steps that it waits for; -1 when it waits for none of them.</param>
/// <param name="Awaits">Destinations of such steps.</param>
/// <param name="Earlier">Destinations of routes that stood before and may be young.</param>
internal readonly record struct SettleNeed(int OnStep, ImmutableArray<Cidr> Awaits, ImmutableArray<Cidr> Earlier);
