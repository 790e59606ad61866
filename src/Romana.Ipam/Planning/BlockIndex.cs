using System.Collections.Immutable;
using Romana.Ipam.Addressing;
using Romana.Ipam.Blocks;
using Romana.Ipam.Hosts;
using Romana.Ipam.Stores;

namespace Romana.Ipam.Planning;

/// <summary>The listed block records, found by host, by key and by overlap. Built once per pass.</summary>
internal sealed class BlockIndex
{
    private readonly ILookup<HostUid, TypedRecord<BlockSpec, BlockStatus>> _byHost;
    private readonly Dictionary<string, TypedRecord<BlockSpec, BlockStatus>> _byName;

    public BlockIndex(IReadOnlyList<TypedRecord<BlockSpec, BlockStatus>> blocks)
    {
        All = blocks;
        _byName = blocks.ToDictionary(block => block.Key.Name, StringComparer.Ordinal);
        _byHost = blocks.Where(block => block.Spec.Intent != BlockIntent.Free).ToLookup(block => block.Spec.Host);
    }

    public IReadOnlyList<TypedRecord<BlockSpec, BlockStatus>> All { get; }

    /// <summary>Lent to it or recalled from it.</summary>
    public IEnumerable<TypedRecord<BlockSpec, BlockStatus>> OfHost(HostUid host) => _byHost[host];

    public TypedRecord<BlockSpec, BlockStatus>? Named(string name) => _byName.GetValueOrDefault(name);

    /// <summary>Addresses that no new grant may touch, whatever the mask or generation of what lies there (I2).</summary>
    public IReadOnlyList<AddressRange> Taken(DateTimeOffset now, LifecycleRules rules) => AddressRange.Merge(
        All.Where(block => IsTaken(block, now, rules)).Select(block => block.Spec.Cidr));

    /// <summary>Non-free blocks of which at least two share an address.</summary>
    public ImmutableArray<TypedRecord<BlockSpec, BlockStatus>> Overlapping()
    {
        var overlapping = new HashSet<TypedRecord<BlockSpec, BlockStatus>>(ReferenceEqualityComparer.Instance);
        TypedRecord<BlockSpec, BlockStatus>? widest = null;
        foreach (var block in All.Where(block => block.Spec.Intent != BlockIntent.Free).OrderBy(block => block.Spec.Cidr))
        {
            if (widest is not null && widest.Spec.Cidr.Contains(block.Spec.Cidr))
            {
                overlapping.Add(widest);
                overlapping.Add(block);
            }
            else
            {
                widest = block;
            }
        }

        return [.. overlapping.OrderBy(block => block.Spec.Cidr)];
    }

    private static bool IsTaken(TypedRecord<BlockSpec, BlockStatus> block, DateTimeOffset now, LifecycleRules rules) =>
        block.Spec.Intent == BlockIntent.Free
            ? block.Spec.FreeAfter > now
            : rules.GrantedCounts || BlockFacts.Word(block.Spec, block.Status, rules)?.Phase == BlockPhase.Accepted;
}
