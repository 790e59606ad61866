using System.Collections.Immutable;
using Romana.Ipam.Addressing;
using Romana.Ipam.Blocks;
using Romana.Ipam.Hosts;
using Romana.Ipam.Stores;
using Romana.Ipam.Topologies;

namespace Romana.Ipam.Attachments;

/// <summary>
/// An agent's book of the addresses that its host may hand out: state in memory, every change in the journal before it
/// is answered (I10). One caller at a time. A commit that throws <see cref="JournalUnavailableException"/> leaves the
/// book as it was. No call's work grows with the number of addresses.
/// </summary>
public sealed partial class AddressBook
{
    private readonly IJournal _journal;
    private readonly SortedDictionary<Cidr, BlockBook> _blocks = [];
    private readonly Dictionary<IpAddress, long> _highest = [];
    private readonly Dictionary<string, NetworkBook> _networks = new(StringComparer.Ordinal);
    private readonly Dictionary<AttachmentKey, ImmutableArray<JournalAttachment>> _attachments = [];
    private readonly Dictionary<IpAddress, DateTimeOffset> _strayReleases = [];
    private readonly SortedSet<int> _lengths = [];
    private ImmutableArray<NetworkTerms> _terms = [];
    private JournalHead _opened = new("", 0);
    private DateTimeOffset _openedAt;
    private EarlyReuse? _early;
    private DateTimeOffset? _restoredAt;

    private AddressBook(IJournal journal) => _journal = journal;

    /// <summary>Counter of the last commit.</summary>
    public JournalHead Head { get; private set; } = new("", 0);

    /// <summary>Entries of the queues from which addresses are taken; for a test that they do not grow for ever.</summary>
    internal int Entries => _networks.Values.Sum(network => network.Entries);

    public IReadOnlyDictionary<AttachmentKey, ImmutableArray<JournalAttachment>> Attachments => _attachments;

    /// <summary>The blocks that the host holds, as the journal has them.</summary>
    public IEnumerable<JournalBlock> Held => _blocks.Values.Select(block => block.Row);

    /// <summary>How many addresses of each block pods have.</summary>
    public IEnumerable<(JournalBlock Row, int InUse)> Usage => _blocks.Values.Select(block => (block.Row, block.Used.Count));

    /// <summary>The topology's networks in document order, as the agent knows them now; it keeps a copy for a start without a store.</summary>
    public void Learn(IEnumerable<NetworkTerms> terms)
    {
        _terms = [.. terms];
        foreach (var network in _networks.Values) network.Terms = null;
        foreach (var known in _terms) Network(known.Network.Name).Terms = known;
        foreach (var block in _blocks.Values) Network(block.Row.Network).Reenter(block);
    }

    /// <summary>Attaches, or answers what the key has already (I8).</summary>
    public AddressOutcome Attach(AddressRequest request, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (_attachments.TryGetValue(request.Key, out var standing)) return Again(standing);
        var choices = new List<Choice>(request.Families.Length);
        foreach (var family in request.Families.Distinct())
        {
            if (Choose(family, request, now, out var refused) is not { } choice) return refused!;
            choices.Add(choice);
        }

        var rows = choices.Select(choice => new JournalAttachment(request.Key, choice.Pick.Address, choice.Network.Name, choice.Owner, now)).ToImmutableArray();
        Head = _journal.Commit([.. choices.SelectMany(Binding), .. rows.Select(row => new JournalChange.Attach(row))], Durability.ProcessCrash);
        foreach (var choice in choices) Take(choice);
        _attachments[request.Key] = rows;
        ImmutableArray<IpAddress> early = [.. choices.Where(choice => choice.Pick.Early).Select(choice => choice.Pick.Address)];
        if (!early.IsEmpty) _early = new EarlyReuse(early[^1], now, (_early?.Count ?? 0) + early.Length);
        return new AddressOutcome.Attached(rows, early);
    }

    /// <summary>Gives back what the key has; nothing if it has nothing (I8).</summary>
    public void Detach(AttachmentKey key, DateTimeOffset now)
    {
        if (!_attachments.TryGetValue(key, out var rows)) return;
        Head = _journal.Commit([new JournalChange.Detach(key),
            .. rows.Select(row => new JournalChange.Release(new JournalRelease(row.Address, now)))], Durability.ProcessCrash);
        _attachments.Remove(key);
        foreach (var row in rows) GiveBack(row.Address, now);
    }

    /// <summary>Spares made again of bound blocks that are empty and whose last address has rested.</summary>
    public IReadOnlyList<Cidr> Unbind(DateTimeOffset now)
    {
        var idle = _blocks.Values.Where(block => block.Row.Owner is not null && block.Used.Count == 0
            && Network(block.Row.Network).Terms is { Network.Owner: not OwnerMode.Host } terms
            && now - block.LastRelease >= terms.Network.ReuseDelay).ToList();
        if (idle.Count == 0) return [];
        Head = _journal.Commit([.. idle.Select(block => new JournalChange.PutBlock(block.Row with { Owner = null }))], Durability.ProcessCrash);
        foreach (var block in idle) Network(block.Row.Network).Bind(block, null);
        return [.. idle.Select(block => block.Row.Cidr)];
    }

    /// <summary>An address of a block that went to another host may be that host's pod's by now: it is not confirmed to anybody.</summary>
    private AddressOutcome Again(ImmutableArray<JournalAttachment> standing) =>
        standing.FirstOrDefault(row => BlockOf(row.Address) is null) is { } lost
            ? new AddressOutcome.Refused(ShortageReason.Lost, lost.Address.Family,
                $"{lost.Key} has {lost.Address}, whose block this host does not hold: delete the pod, so that it gets another address")
            : new AddressOutcome.Attached(standing, []);

    private Choice? Choose(IpFamily family, AddressRequest request, DateTimeOffset now, out AddressOutcome.Refused? refused)
    {
        refused = null;
        var shortage = ShortageReason.NoNetwork;
        foreach (var terms in Candidates(family, request.Tenant))
        {
            var network = Network(terms.Network.Name);
            var owner = network.OwnerOf(request.Tenant, request.Segment);
            if (network.Choose(owner, now) is { } choice) return choice;
            if (shortage is ShortageReason.NoNetwork or ShortageReason.NoBlock) shortage = network.Shortage(owner);
        }

        refused = new AddressOutcome.Refused(shortage, family, shortage switch
        {
            ShortageReason.NoNetwork => $"no {family} network serves tenant '{request.Tenant}': name it in a network's tenants, or leave one open to all",
            ShortageReason.NotRouted => "this host's blocks are not routed yet: see 'romana routes show' for the table and its quota",
            ShortageReason.Doubted => "this host's journal may be a copy from before: its blocks serve again once the store has confirmed them",
            ShortageReason.TooYoung => $"every free {family} address was given back less than {OwnerPool.Youngest.TotalSeconds} s ago",
            _ => $"this host has no {family} block with a free address for '{request.Tenant}' and the controller granted no further one yet",
        });
        return null;
    }

    /// <summary>Those that list the tenant first, then those open to all, in document order.</summary>
    private IEnumerable<NetworkTerms> Candidates(IpFamily family, string? tenant)
    {
        foreach (var terms in _terms)
            if (terms.Network.Cidr.Family == family && tenant is not null && terms.Network.Tenants.Contains(tenant)) yield return terms;
        foreach (var terms in _terms)
            if (terms.Network.Cidr.Family == family && terms.Network.Tenants.IsEmpty) yield return terms;
    }

    private static IEnumerable<JournalChange> Binding(Choice choice) => choice.Pick.Block.Row.Owner == choice.Owner
        ? [] : [new JournalChange.PutBlock(choice.Pick.Block.Row with { Owner = choice.Owner })];

    private static void Take(Choice choice)
    {
        choice.Pick.Block.Use(choice.Pick.Address);
        if (choice.Pick.Block.Row.Owner != choice.Owner) choice.Network.Bind(choice.Pick.Block, choice.Owner);
    }

    private void GiveBack(IpAddress address, DateTimeOffset at)
    {
        if (BlockOf(address) is not { } block)
        {
            // A restored journal lacks the block that the kernel's pod is of; it may come back.
            _strayReleases[address] = at;
            return;
        }

        block.Release(address, at);
        Network(block.Row.Network).Released(block, address, at);
    }

    /// <summary>One look per block size in use: one or two.</summary>
    private BlockBook? BlockOf(IpAddress address)
    {
        foreach (var length in _lengths)
        {
            if (length <= address.Family.Width() && _blocks.TryGetValue(Cidr.Around(address, length), out var block)) return block;
        }

        return null;
    }

    private NetworkBook Network(string name)
    {
        if (!_networks.TryGetValue(name, out var network)) _networks[name] = network = new NetworkBook(name);
        return network;
    }

    private void Add(BlockBook block)
    {
        _blocks[block.Row.Cidr] = block;
        _lengths.Add(block.Row.Cidr.Length);
        Network(block.Row.Network).Add(block);
    }
}
