using System.Collections.Immutable;
using Romana.Ipam.Blocks;
using Romana.Ipam.Hosts;
using Romana.Ipam.Routes;
using Romana.Ipam.Stores;
using Romana.Ipam.Topologies;

namespace Romana.Cloud.Views;

/// <summary>The records that the views are made of, each kind as of one snapshot.</summary>
public sealed record StoreReading
{
    public TopologySpec? Topology { get; init; }
    public ImmutableArray<HostSpec> Hosts { get; init; } = [];
    public ImmutableArray<(BlockSpec Spec, BlockStatus? Status)> Blocks { get; init; } = [];
    public ImmutableArray<LedgerSpec> Ledgers { get; init; } = [];

    public static async ValueTask<StoreReading> OfAsync(IStore store, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(store);
        var topology = await store.GetAsync(RecordTypes.Topology, RecordTypes.TopologyName, Consistency.Linearizable, cancel);
        var hosts = await store.ListAsync(RecordTypes.Hosts, Selector.Everything, Consistency.Linearizable, cancel);
        var blocks = await store.ListAsync(RecordTypes.Blocks, Selector.Everything, Consistency.Linearizable, cancel);
        var ledgers = await store.ListAsync(RecordTypes.Ledgers, Selector.Everything, Consistency.Linearizable, cancel);
        return new StoreReading
        {
            Topology = topology?.Spec,
            Hosts = [.. hosts.Items.Select(record => record.Spec)],
            Blocks = [.. blocks.Items.Select(record => (record.Spec, record.Status))],
            Ledgers = [.. ledgers.Items.Select(record => record.Spec)],
        };
    }
}
