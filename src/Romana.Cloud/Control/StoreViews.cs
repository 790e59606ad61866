using System.Collections.Immutable;
using Romana.Ipam.Hosts;
using Romana.Ipam.Planning;
using Romana.Ipam.Routes;
using Romana.Ipam.Stores;
using Romana.Ipam.Topologies;

namespace Romana.Cloud.Control;

/// <summary>A ledger record, or the empty one that its first intents will create.</summary>
public sealed record StoredLedger(LedgerSpec Spec, TypedRecord<LedgerSpec, NoStatus>? Record)
{
    public Write ToWrite(LedgerSpec next) => Record is null
        ? RecordTypes.Ledgers.Create(next.Table, Stamp.New(), next)
        : RecordTypes.Ledgers.UpdateSpec(Record, Stamp.New(), next);
}

/// <summary>Reads what a pass needs from the store, in the order that the life-cycle rules lean on.</summary>
public sealed class StoreViews(IStore store, TimeProvider clock)
{
    private readonly Lock _gate = new();
    private ImmutableDictionary<string, Topology?> _layouts = ImmutableDictionary<string, Topology?>.Empty;

    /// <summary>Topology, blocks, hosts, beats, each linearizable; without discovery and routes.</summary>
    /// <exception cref="StoreUnavailableException"/>
    public async Task<ControllerView> ReadAsync(CancellationToken cancel)
    {
        var topology = await store.GetAsync(RecordTypes.Topology, RecordTypes.TopologyName, Consistency.Linearizable, cancel).ConfigureAwait(false);
        var blocks = await store.ListAsync(RecordTypes.Blocks, Selector.Everything, Consistency.Linearizable, cancel).ConfigureAwait(false);
        var hosts = await store.ListAsync(RecordTypes.Hosts, Selector.Everything, Consistency.Linearizable, cancel).ConfigureAwait(false);
        var beats = await store.ListAsync(RecordTypes.Beats, Selector.Everything, Consistency.Linearizable, cancel).ConfigureAwait(false);
        return new ControllerView
        {
            Now = clock.GetUtcNow(),
            Topology = topology,
            Layout = Layout(topology?.Spec.Document),
            ProposedLayout = Layout(topology?.Spec.Proposal?.Document),
            Blocks = blocks.Items,
            Hosts = hosts.Items,
            Beats = beats.Items,
            Standing = store is IStoreStanding { Standing: StoreStanding.Rewound } ? StoreStanding.Rewound : StoreStanding.Trusted,
            Stamp = Stamp.New(),
        };
    }

    public async Task<IReadOnlyList<TypedRecord<LedgerSpec, NoStatus>>> LedgersAsync(CancellationToken cancel) =>
        (await store.ListAsync(RecordTypes.Ledgers, Selector.Everything, Consistency.Linearizable, cancel).ConfigureAwait(false)).Items;

    /// <summary>Unused identities for hosts that are new.</summary>
    public static IReadOnlyList<HostUid> FreshUids(int count) =>
        [.. Enumerable.Range(0, count).Select(_ => new HostUid($"h-{Guid.NewGuid():n}"))];

    /// <summary>A committed document was valid when it was proposed; null when it no longer reads.</summary>
    private Topology? Layout(string? document)
    {
        if (document is null) return null;
        lock (_gate)
        {
            if (_layouts.TryGetValue(document, out var known)) return known;
            var layout = TopologyDocument.Read(document).Topology;

            // The committed one and a proposal: more are leftovers.
            _layouts = (_layouts.Count > 3 ? ImmutableDictionary<string, Topology?>.Empty : _layouts).Add(document, layout);
            return layout;
        }
    }
}
