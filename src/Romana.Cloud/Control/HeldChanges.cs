using Romana.Cloud.Planning;

namespace Romana.Cloud.Control;

/// <summary>
/// What must wait in one table because an earlier change of it was not made. Two changes depend on each other only where
/// an address is in both, so one destination lies inside the other; all else goes on. Pure.
/// </summary>
internal sealed class HeldChanges
{
    private readonly List<RouteChange> _undone = [];

    /// <summary>That change was not made.</summary>
    public void Add(RouteChange undone) => _undone.Add(undone);

    /// <summary>True, and held from now on, when the change comes after one that was not made and needs it.</summary>
    public bool TryHold(RouteChange change)
    {
        if (!Holds(change)) return false;
        _undone.Add(change);
        return true;
    }

    /// <summary>It needs one of those that were not made.</summary>
    public bool Holds(RouteChange change) => _undone.Exists(undone => undone.Table == change.Table && Needs(change, undone));

    /// <summary>
    /// What the plan says, and more: a longer route to its final target needs no shorter one; everything else that shares
    /// addresses does.
    /// </summary>
    private static bool Needs(RouteChange change, RouteChange undone) =>
        change.Destination == undone.Destination
        || change.Awaits.Contains(undone.Destination)
        || change.Destination.Contains(undone.Destination)
        || (undone.Destination.Contains(change.Destination) && (change.Op == RouteOp.Delete || undone.Op == RouteOp.Delete));
}
