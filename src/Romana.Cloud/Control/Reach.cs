using Romana.Cloud.Planning;
using Romana.Ipam.Addressing;

namespace Romana.Cloud.Control;

/// <summary>Whether a change that was not made leaves something standing that the rest of a plan could take away. Pure.</summary>
internal static class Reach
{
    /// <summary>
    /// A route of ours, or one that the plan takes over, as long, longer or shorter, leads some of the destination's
    /// addresses to a living target. Where none does, nobody is reached without the change, and nothing that follows can
    /// make that worse.
    /// </summary>
    public static bool Stands(RoutePicture picture, string table, Cidr destination)
    {
        bool IsTakenOver(InventoryRoute route) => picture.Plan.Changes.Any(change => change.Table == table && change.Op == RouteOp.Replace
            && change.From == route.Target && change.Destination.ToString() == route.Destination);
        return picture.Readings[table].Table.Routes.Any(route => route.State != RouteState.Blackhole
            && Cidr.TryParse(route.Destination, out var cidr, out _) && cidr.Overlaps(destination) && (route.Owned || IsTakenOver(route)));
    }
}
