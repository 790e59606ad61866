using System.Collections.Immutable;
using Romana.Ipam.Addressing;
using Romana.Ipam.Blocks;
using Romana.Ipam.Hosts;
using Romana.Ipam.Routes;

namespace Romana.Cloud.Views;

/// <summary>What a host leads for others, by the ledgers: routes of ours to its pod interface that reach further than its own blocks. Pure.</summary>
public static class LeadView
{
    /// <summary>Table and destination of each; open intents count on both of their ends.</summary>
    public static ImmutableArray<(string Table, Cidr Destination)> Of(StoreReading store, HostSpec host)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(host);
        if (host.PodInterface?.Id is not { } eni) return [];
        var own = store.Blocks.Select(block => block.Spec).Where(block => block.Intent != BlockIntent.Free && block.Host == host.Uid).Select(block => block.Cidr).ToList();
        return [.. from ledger in store.Ledgers
            from entry in ledger.Entries
            where Leads(entry, eni) && !IsOwn(entry.Destination, own)
            orderby ledger.Table, entry.Destination
            select (ledger.Table, entry.Destination)];
    }

    private static bool Leads(LedgerEntry entry, string eni) => entry.To == eni || !entry.Settled && entry.From == eni;

    /// <summary>A block of its own, a part of one, or several that merged without a gap.</summary>
    private static bool IsOwn(Cidr destination, List<Cidr> own)
    {
        if (own.Any(block => block.Contains(destination))) return true;
        var inside = own.Where(destination.Contains).ToList();
        return inside.Count > 0 && inside.Aggregate((UInt128)0, (sum, block) => sum + block.Count) == destination.Count;
    }
}
