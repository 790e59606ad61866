using Romana.Cloud.Planning;

namespace Romana.Cloud.Preflight;

internal static class Ledger
{
    /// <summary>Ours: the ledger has the destination, and the target is the entry's from or to.</summary>
    public static bool Owns(PreflightFacts facts, string table, InventoryRoute route) =>
        route.Owned
        || (facts.Ledger.TryGetValue(table, out var entries)
            && entries.Any(entry => entry.Destination.ToString() == route.Destination && (entry.To == route.Target || entry.From == route.Target)));
}
