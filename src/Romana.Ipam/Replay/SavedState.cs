using System.Collections.Immutable;
using System.Text.Json;
using Romana.Ipam.Addressing;
using Romana.Ipam.Topologies;

namespace Romana.Ipam.Replay;

/// <summary>The replayed allocator's state as JSON.</summary>
internal sealed record SavedState
{
    public required string Document { get; init; }
    public required List<Seat> Seats { get; init; }
    public required List<BlockPool> Pools { get; init; }
    public required List<ReplayAddress> Addresses { get; init; }
    public required List<Cidr> BlackOuts { get; init; }
    public required long Ticks { get; init; }
    public required long Revision { get; init; }

    public static string Write(ReplayState state) => JsonSerializer.Serialize(new SavedState
    {
        Document = state.Document,
        Seats = state.Seats,
        Pools = [.. state.Pools.Values.Where(pool => pool.Next > 0 || pool.Blocks.Count > 0)],
        Addresses = [.. state.Addresses.Values],
        BlackOuts = [.. state.BlackOuts.All],
        Ticks = state.Ticks,
        Revision = state.Revision,
    });

    public static ReplayState Read(string text)
    {
        var saved = JsonSerializer.Deserialize<SavedState>(text)!;
        var state = new ReplayState
        {
            Document = saved.Document,
            Topology = TopologyDocument.Read(saved.Document).Topology!,
            Seats = saved.Seats,
            Pools = saved.Pools.ToDictionary(pool => (pool.Network, pool.Cidr)),
            Addresses = saved.Addresses.ToDictionary(address => address.Name, StringComparer.Ordinal),
            Ticks = saved.Ticks,
            Revision = saved.Revision,
        };
        state.BlackOuts.Load(saved.BlackOuts);
        return state;
    }
}
