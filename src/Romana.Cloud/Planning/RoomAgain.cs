namespace Romana.Cloud.Planning;

/// <summary>
/// A way on for a table whose last place is taken. A pass that was cut off half-way may leave it so, and the next plan,
/// which prefers what stands, may then want the very routes that were about to go: nothing can be created, and nothing
/// is to be removed first. One route more goes, whose addresses fall to another that is right for them; with a place
/// free the next plan comes to what is best.
/// </summary>
internal sealed class RoomAgain(PlanGround ground, RouteEvaluation evaluation, TableView view)
{
    private const int MostTries = 16;

    public static bool IsFull(TableView view) => view.Quota - view.Foreign - view.Owned < 1;

    /// <summary>The order that leaves the least undone, with the routes that it leads to; null when none leaves less than there was.</summary>
    /// <param name="wanted">As it was before the order that got stuck.</param>
    /// <param name="kept">What that one left undone.</param>
    public (TableOrder Order, WantedRoutes Wanted)? Find(WantedRoutes wanted, int kept)
    {
        (TableOrder Order, WantedRoutes Wanted)? best = null;
        foreach (var spare in Spare(wanted))
        {
            var fewer = new WantedRoutes(wanted);
            fewer.Remove(spare.Destination);
            var order = new TableOrder(ground, evaluation, view);
            order.Arrange(fewer);
            if (order.Kept.Count >= kept) continue;
            (best, kept) = ((order, fewer), order.Kept.Count);
            if (kept == 0) break;
        }

        return best;
    }

    /// <summary>Routes that stand as wanted below another wanted one; those of the fewest addresses first.</summary>
    private IEnumerable<PlannedRoute> Spare(WantedRoutes wanted)
    {
        var above = wanted.Routes.Keys.ToHashSet();
        return wanted.Routes.Values
            .Where(route => route.Kind == PlannedRouteKind.Host && view.Routes.TryGetValue(route.Destination, out var stands)
                && stands.Kind == Standing.Ours && stands.Target == route.Target)
            .Where(route =>
            {
                for (var over = route.Destination; over.Length > 0;)
                {
                    over = over.Parent;
                    if (above.Contains(over)) return true;
                }

                return false;
            })
            .OrderByDescending(route => route.Destination.Length).ThenBy(route => route.Destination).Take(MostTries);
    }
}
