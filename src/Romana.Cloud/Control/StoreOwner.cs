using Romana.Ipam.Routes;
using Romana.Ipam.Stores;

namespace Romana.Cloud.Control;

/// <summary>
/// Whose routes a store's ledgers hold. One store is one cluster's in one VPC: by another's ledger nothing would be
/// removed that should be, and what is ours there would be taken for somebody else's. Before the first ledger a store
/// is anybody's, so that a wrong VPC of a first try can be corrected.
/// </summary>
internal sealed record StoreOwner(string Cluster, string Vpc)
{
    /// <summary>Null while no route was ever written from this store.</summary>
    /// <exception cref="StoreUnavailableException"/>
    public static async Task<StoreOwner?> OfAsync(IStore store, CancellationToken cancel) =>
        Of((await store.ListAsync(RecordTypes.Ledgers, Selector.Everything, Consistency.Linearizable, cancel).ConfigureAwait(false)).Items.Select(ledger => ledger.Spec));

    public static StoreOwner? Of(IEnumerable<LedgerSpec> ledgers) => ledgers.OrderBy(ledger => ledger.Table, StringComparer.Ordinal)
        .Select(ledger => new StoreOwner(ledger.Cluster, ledger.Vpc)).FirstOrDefault();

    /// <summary>What speaks against using the store for that cluster and VPC, with the remedy; null when nothing does.</summary>
    /// <param name="cluster">Null: not said.</param>
    /// <param name="vpc">Null or empty: not said.</param>
    public (string Wrong, string Remedy)? Objection(string store, string? cluster, string? vpc)
    {
        if (cluster is not null && cluster != Cluster)
            return ($"--cluster {cluster}: the store {store} holds the state of cluster {Cluster} in {Vpc}", $"name the store of {cluster} with --store, or write --cluster {Cluster}");
        if (!string.IsNullOrEmpty(vpc) && vpc != Vpc)
            return ($"--vpc {vpc}: the store {store} holds the routes of cluster {Cluster} in {Vpc}", $"name the store of {vpc} with --store, or write --vpc {Vpc}");
        return null;
    }

    /// <exception cref="ControlRefusedException">The store is another cluster's or VPC's.</exception>
    public static async Task CheckAsync(IStore store, ControllerOptions options, CancellationToken cancel)
    {
        var owner = await OfAsync(store, cancel).ConfigureAwait(false);
        if (owner?.Objection(options.Store, options.Cluster, options.Vpc) is var (wrong, remedy))
            throw new ControlRefusedException($"{wrong}: {remedy}") { IsBadInput = true };
    }
}
