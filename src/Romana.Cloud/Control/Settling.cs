using Romana.Cloud.Planning;
using Romana.Ipam.Addressing;
using Romana.Ipam.Routes;

namespace Romana.Cloud.Control;

/// <summary>
/// How long the changes of one table must wait. EC2 orders calls, not its data plane: a route that keeps or catches the
/// removed route's addresses has to have stood for the settle time since the reply that made it. Who made it does not
/// matter: the ledger knows the replies of earlier passes and earlier processes. Instants are times since this was read,
/// so that a step of the wall clock shortens no wait of this pass. Pure.
/// </summary>
internal sealed class Settling
{
    private readonly TimeSpan _settle;
    private readonly List<(Cidr Destination, bool IsGone, TimeSpan At)> _earlier = [];
    private readonly Dictionary<Cidr, TimeSpan> _here = [];
    private readonly Dictionary<Cidr, string?> _open;

    public Settling(LedgerSpec ledger, TimeSpan settle, DateTimeOffset now)
    {
        _settle = settle;
        _open = ledger.Entries.Where(entry => !entry.Settled).ToDictionary(entry => entry.Destination, entry => entry.To);
        foreach (var entry in ledger.Entries)
        {
            // A route that was adopted as it stands has changed nothing. An unanswered call may have, and its intent is
            // younger than the change before it, of which the entry no longer tells when it was made.
            if (entry.Settled && entry.To == entry.From) continue;
            var age = now - entry.At;
            if (age < settle) _earlier.Add((entry.Destination, entry.To is null, age > TimeSpan.Zero ? -age : TimeSpan.Zero));
        }
    }

    /// <summary>A call was answered.</summary>
    public void Made(Cidr destination, TimeSpan at) => _here[destination] = at;

    /// <summary>
    /// Time until the change may be sent; zero or less = now. The plan says which of this pass's own changes it relies
    /// on, and which of earlier passes'.
    /// </summary>
    public TimeSpan Left(RouteChange change, TimeSpan at)
    {
        var latest = TimeSpan.MinValue;
        foreach (var awaited in change.Awaits)
        {
            if (_here.TryGetValue(awaited, out var made) && made > latest) latest = made;
        }

        foreach (var (destination, isGone, made) in _earlier)
        {
            if (made > latest && (change.ReliesOnEarlier(destination, isGone) || IsInDoubt(change) && destination.Overlaps(change.Destination))) latest = made;
        }

        // The plan went by how a destination stood before this pass's own change of it, and that was in doubt.
        foreach (var (destination, made) in _here)
        {
            if (made > latest && _open.ContainsKey(destination) && change.ReliesOnEarlier(destination, isGone: false)) latest = made;
        }

        if (IsInDoubt(change))
        {
            foreach (var made in _here.Where(one => one.Value > latest && one.Key.Overlaps(change.Destination)).Select(one => one.Value)) latest = made;
        }

        return latest == TimeSpan.MinValue ? TimeSpan.Zero : latest + _settle - at;
    }

    /// <summary>
    /// The plan went by the route that a describe shows, and an unanswered call may have turned it: what it is worth, and
    /// so what must have caught its addresses, is not known. The same turn meant once more is no doubt.
    /// </summary>
    private bool IsInDoubt(RouteChange change) => change.Op != RouteOp.Create && _open.TryGetValue(change.Destination, out var meant)
        && (change.Op == RouteOp.Delete || meant != change.Target);
}
