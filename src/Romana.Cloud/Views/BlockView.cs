using System.Collections.Immutable;
using Romana.Ipam.Addressing;
using Romana.Ipam.Blocks;
using Romana.Ipam.Hosts;

namespace Romana.Cloud.Views;

public sealed record BlockListView(ImmutableArray<BlockView> Blocks)
{
    /// <summary>In address order.</summary>
    public static BlockListView Of(StoreReading store)
    {
        ArgumentNullException.ThrowIfNull(store);
        var names = store.Hosts.ToDictionary(host => host.Uid, host => host.Name);
        return new([.. store.Blocks.OrderBy(block => block.Spec.Cidr).Select(block => BlockView.Of(block.Spec, block.Status, names))]);
    }
}

/// <summary>A block slot as `romana blocks` and GET /v1/blocks show it.</summary>
public sealed record BlockView
{
    public required Cidr Cidr { get; init; }
    public required string Network { get; init; }

    /// <summary>CIDR of its group.</summary>
    public required Cidr Group { get; init; }

    /// <summary>Name of the holder; its UID if the record of it is gone; null on a free slot.</summary>
    public string? Host { get; init; }

    public HostUid? HostUid { get; init; }
    public required long Epoch { get; init; }

    /// <summary>"free", "lent", "recall".</summary>
    public required BlockIntent Intent { get; init; }

    /// <summary>The holder's word, "accepted" or "returned"; null until it spoke about this very grant.</summary>
    public BlockPhase? Phase { get; init; }

    /// <summary>"host", "TENANT" or "TENANT:SEGMENT"; null while nobody uses it.</summary>
    public string? Owner { get; init; }

    /// <summary>Addresses handed out.</summary>
    public int InUse { get; init; }

    /// <summary>Every managed table sends it to its host, or to a router that passes it on.</summary>
    public bool Routed { get; init; }

    /// <summary>A free slot may be granted again from this instant on.</summary>
    public DateTimeOffset? FreeAfter { get; init; }

    public static BlockView Of(BlockSpec spec, BlockStatus? status, IReadOnlyDictionary<HostUid, string> names)
    {
        ArgumentNullException.ThrowIfNull(spec);
        ArgumentNullException.ThrowIfNull(names);
        // A status about another grant says nothing about this one.
        var said = status is not null && status.Epoch == spec.Epoch && status.Host == spec.Host ? status : null;
        return new BlockView
        {
            Cidr = spec.Cidr,
            Network = spec.Network,
            Group = spec.Group,
            Host = spec.Host.IsNone ? null : names.GetValueOrDefault(spec.Host, spec.Host.Text),
            HostUid = spec.Host.IsNone ? null : spec.Host,
            Epoch = spec.Epoch,
            Intent = spec.Intent,
            Phase = said?.Phase,
            Owner = said?.Owner?.ToString(),
            InUse = said?.InUse ?? 0,
            Routed = spec.Intent != BlockIntent.Free && spec.RoutedEpoch == spec.Epoch,
            FreeAfter = spec.FreeAfter,
        };
    }
}
