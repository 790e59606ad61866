using System.Collections.Immutable;
using Romana.Ipam.Addressing;
using Romana.Ipam.Blocks;
using Romana.Ipam.Stores;
using Romana.Ipam.Topologies;

namespace Romana.Ipam.Planning;

/// <summary>
/// How a topology's networks are cut into slots. A changed block size opens a new arena only where no block is in use;
/// around each used block of another size a piece of the old arena stays, as wide as the wider of the two sizes.
/// </summary>
internal static class ArenaLayout
{
    public static ImmutableArray<Arena> Plan(Topology layout, IEnumerable<Cidr> used)
    {
        var kept = used.Order().ToList();
        return [.. layout.Networks.SelectMany(network => Of(network, kept.Where(network.Cidr.Contains)))];
    }

    /// <summary>Accepted by its holder with addresses handed out, as far as the store knows.</summary>
    public static IEnumerable<Cidr> Used(IReadOnlyList<TypedRecord<BlockSpec, BlockStatus>> blocks) => blocks
        .Where(block => BlockFacts.Word(block.Spec, block.Status) is { Phase: BlockPhase.Accepted, InUse: > 0 })
        .Select(block => block.Spec.Cidr);

    private static IEnumerable<Arena> Of(Network network, IEnumerable<Cidr> used)
    {
        var pieces = new List<Arena>();
        foreach (var block in used.Where(block => block.Length != network.BlockMask))
        {
            var piece = Cidr.Around(block.First, Math.Min(block.Length, network.BlockMask));
            if (pieces.Count == 0 || !pieces[^1].Cidr.Overlaps(piece)) pieces.Add(new(network.Name, piece, block.Length));
        }

        return Fill(network, network.Cidr, pieces);
    }

    private static IEnumerable<Arena> Fill(Network network, Cidr part, List<Arena> pieces)
    {
        if (pieces.FirstOrDefault(piece => piece.Cidr.Contains(part)) is { } piece) return piece.Cidr == part ? [piece] : [];
        return pieces.Exists(piece => part.Contains(piece.Cidr))
            ? Fill(network, part.LowerHalf, pieces).Concat(Fill(network, part.UpperHalf, pieces))
            : [new Arena(network.Name, part, network.BlockMask)];
    }
}
