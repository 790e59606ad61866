using Romana.Ipam.Addressing;
using Romana.Ipam.Blocks;
using Romana.Ipam.Topologies;

namespace Romana.Ipam.Attachments;

/// <summary>A pick and the owner that its block is bound to, before or by it.</summary>
internal readonly record struct Choice(NetworkBook Network, Pick Pick, Owner Owner);

/// <summary>The held blocks of one network by owner.</summary>
internal sealed class NetworkBook(string name)
{
    private readonly Dictionary<Owner, OwnerPool> _owned = [];
    private readonly OwnerPool _spares = new();

    public string Name => name;

    /// <summary>Null until the agent has learnt the topology: then nothing of it serves.</summary>
    public NetworkTerms? Terms { get; set; }

    public int Spares => _spares.Count;

    public int Entries => _owned.Values.Append(_spares).Sum(pool => pool.Entries);

    public IEnumerable<BlockBook> Blocks => _owned.Values.Append(_spares).SelectMany(pool => pool.Members);

    public void Add(BlockBook block) => Pool(block.Row.Owner).Add(block);

    public void Remove(BlockBook block)
    {
        var pool = Pool(block.Row.Owner);
        pool.Remove(block);
        if (pool.Count == 0 && block.Row.Owner is { } owner) _owned.Remove(owner);
    }

    /// <summary>After what may be taken from the block changed.</summary>
    public void Reenter(BlockBook block)
    {
        Remove(block);
        block.Rewind();
        Add(block);
    }

    public void Bind(BlockBook block, Owner? owner)
    {
        Remove(block);
        block.Row = block.Row with { Owner = owner };
        Add(block);
    }

    public void Released(BlockBook block, IpAddress address, DateTimeOffset at) => Pool(block.Row.Owner).Released(block, address, at);

    public Owner OwnerOf(string? tenant, string? segment) => Terms!.Network.Owner switch
    {
        OwnerMode.Host => Owner.Host,
        OwnerMode.Tenant => new Owner(tenant ?? ""),
        _ => new Owner(tenant ?? "", segment ?? ""),
    };

    /// <summary>Never used, then rested, of the owner's blocks; then of a spare, which is bound by it; then the oldest unrested (I6).</summary>
    public Choice? Choose(Owner owner, DateTimeOffset now)
    {
        var (terms, owned) = (Terms!, _owned.GetValueOrDefault(owner));
        var delay = terms.Network.ReuseDelay > OwnerPool.Youngest ? terms.Network.ReuseDelay : OwnerPool.Youngest;
        var pick = owned?.Fresh(terms) ?? owned?.Oldest(terms, now, delay) ?? _spares.Fresh(terms) ?? _spares.Oldest(terms, now, delay)
            ?? owned?.Oldest(terms, now, OwnerPool.Youngest) ?? _spares.Oldest(terms, now, OwnerPool.Youngest);
        return pick is { } found ? new Choice(this, found, owner) : null;
    }

    public ShortageReason Shortage(Owner owner)
    {
        var usable = (_owned.GetValueOrDefault(owner)?.Members ?? []).Concat(_spares.Members).Where(block => !block.Row.Recalled).ToList();
        if (usable.Exists(block => block.Row.Doubted)) return ShortageReason.Doubted;
        if (usable.Exists(block => !block.Row.Routed) && Terms!.Announced) return ShortageReason.NotRouted;
        return usable.Exists(block => block.Released.Any()) ? ShortageReason.TooYoung : ShortageReason.NoBlock;
    }

    private OwnerPool Pool(Owner? owner)
    {
        if (owner is null) return _spares;
        if (!_owned.TryGetValue(owner, out var pool)) _owned[owner] = pool = new OwnerPool();
        return pool;
    }
}
