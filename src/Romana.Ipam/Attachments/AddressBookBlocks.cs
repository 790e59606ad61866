using System.Collections.Immutable;
using Romana.Ipam.Addressing;
using Romana.Ipam.Blocks;
using Romana.Ipam.Hosts;
using Romana.Ipam.Stores;
using Romana.Ipam.Topologies;

namespace Romana.Ipam.Attachments;

// The book's other half: which blocks the host holds, and what it says of them.
public sealed partial class AddressBook
{
    /// <summary>
    /// Decides about one block as it was read and makes that durable. The answer is the status to report, by CAS on the
    /// version that was read; null when there is nothing to say. Only after this returned may the block serve.
    /// </summary>
    public BlockStatus? Consider(BlockReading reading, HostUid self)
    {
        ArgumentNullException.ThrowIfNull(reading);
        var cidr = reading.Block.Cidr;
        switch (IsReturned(reading, self) ? new AcceptanceVerdict.Return("returned before") : Acceptance.Judge(reading, self, Memory(cidr)))
        {
            case AcceptanceVerdict.Accept:
                Accept(reading);
                return Report(reading, self);
            case AcceptanceVerdict.Held:
                Serve(reading, false);
                return Report(reading, self);
            case AcceptanceVerdict.Drain:
                Serve(reading, true);
                return Report(reading, self);
            case AcceptanceVerdict.Return:
                return Return(reading.Block) ? new BlockStatus { Host = self, Epoch = reading.Block.Epoch, Phase = BlockPhase.Returned } : null;
            case AcceptanceVerdict.Lost:
                foreach (var held in Overlapping(cidr).ToList()) Drop(held, held.Row.Epoch);
                return null;
            default:
                return null;
        }
    }

    /// <summary>This host gave this very grant back, whatever its journal, a copy from before, says now.</summary>
    private static bool IsReturned(BlockReading reading, HostUid self) => reading.Block.Host == self
        && reading.Said is { Phase: BlockPhase.Returned } said && said.Epoch == reading.Block.Epoch && said.Host == self;

    /// <summary>What the host's record shall say.</summary>
    public HostStatus Status(LifecycleDemand demand, HostStatus? before, string? seenReview)
    {
        ArgumentNullException.ThrowIfNull(demand);
        return (before ?? new HostStatus()) with
        {
            Wants = _terms.Select(terms => (terms.Network.Name, Wants: Wants(terms, demand))).Where(network => network.Wants > 0)
                .ToImmutableSortedDictionary(network => network.Name, network => network.Wants),
            Held = [.. _blocks.Values.Select(block => new HeldBlock(block.Row.Cidr, block.Row.Epoch))],
            JournalCounter = Head.Counter,
            HighestEpoch = _highest.Values.DefaultIfEmpty().Max(),
            EarlyReuse = _early ?? before?.EarlyReuse,
            SeenReview = seenReview,
        };
    }

    /// <summary>
    /// Keys of the blocks that the book holds and a list of this host's blocks did not show: the agent reads each by its
    /// key and considers it, since a block that went to another host is in that host's list alone.
    /// </summary>
    public IReadOnlyList<string> ToVerify(IEnumerable<string> shown)
    {
        var known = shown.ToHashSet(StringComparer.Ordinal);
        return [.. _blocks.Keys.Select(BlockKey.Of).Where(key => !known.Contains(key))];
    }

    /// <summary>
    /// Addresses of the block that a proposal would take from pods; empty = agreed. What is agreed is durable before it
    /// is answered: nothing of the block is handed out after that but under the proposal's exclusions too, by this
    /// process or the next.
    /// </summary>
    public ProposalAnswer Answer(TopologyProposal proposal, CommittedSpace proposed, Cidr block)
    {
        ArgumentNullException.ThrowIfNull(proposal);
        ArgumentNullException.ThrowIfNull(proposed);
        if (!_blocks.TryGetValue(block, out var book)) return new ProposalAnswer(proposal.Id, []);
        var exclusions = proposed.SlotHome(block) is { } home ? proposed.Exclusions(home.Network) : null;
        var refusals = book.Used.Where(address => exclusions is null || exclusions.Excludes(address, block)).Order().ToList();
        if (refusals.Count == 0 && book.Row.AgreedTo != proposal.Id && !IsAlike(book, exclusions))
            Put(book, book.Row with { AgreedTo = proposal.Id }, Durability.PowerLoss);
        return new ProposalAnswer(proposal.Id, [.. refusals.Select(address => address.ToString())]);
    }

    private bool IsAlike(BlockBook block, Exclusions? others) => others is not null
        && Network(block.Row.Network).Terms is { } terms && terms.Exclusions.SameWithin(block.Row.Cidr, others);

    private SlotMemory Memory(Cidr cidr)
    {
        var held = Overlapping(cidr).FirstOrDefault();
        return new(_highest.GetValueOrDefault(cidr.First), held?.Row, held?.Used.Count > 0);
    }

    private IEnumerable<BlockBook> Overlapping(Cidr cidr) => _lengths
        .Where(length => length <= cidr.Length && _blocks.ContainsKey(Cidr.Around(cidr.First, length)))
        .Select(length => _blocks[Cidr.Around(cidr.First, length)])
        .Concat(_lengths.Any(length => length > cidr.Length) ? _blocks.Values.Where(block => cidr.Contains(block.Row.Cidr) && block.Row.Cidr != cidr) : []);

    private void Accept(BlockReading reading)
    {
        var block = reading.Block;
        var standing = _blocks.GetValueOrDefault(block.Cidr);
        var book = standing ?? WithStandingPods(new BlockBook(new(block.Cidr, block.Network, block.Epoch, null, false)));
        var row = book.Row with { Network = block.Network, Epoch = block.Epoch, Recalled = false, Doubted = false, Routed = IsRouted(block), AgreedTo = Agreement(reading, book.Row) };
        var resting = standing is null ? Resting(book, MaybeUsedUntil(reading)).ToList() : [];
        Head = _journal.Commit([new JournalChange.PutBlock(row), .. resting.Select(release => new JournalChange.Release(release))], Durability.PowerLoss);
        foreach (var (address, at) in resting)
        {
            book.Release(address, at);
            _strayReleases.Remove(address);
        }

        _highest[block.Cidr.First] = Math.Max(block.Epoch, _highest.GetValueOrDefault(block.Cidr.First));
        if (standing is not null) Network(standing.Row.Network).Remove(standing);
        book.Row = row;
        book.Rewind();
        Add(book);
    }

    /// <summary>Given back here while the block was not held, or used by nobody knows whom.</summary>
    private IEnumerable<JournalRelease> Resting(BlockBook book, DateTimeOffset? usedUntil)
    {
        if (usedUntil is null && _strayReleases.Count == 0) yield break;
        foreach (var address in FreeOf(book))
        {
            if (_strayReleases.TryGetValue(address, out var stray)) yield return new JournalRelease(address, usedUntil > stray ? usedUntil.Value : stray);
            else if (usedUntil is { } until) yield return new JournalRelease(address, until);
        }
    }

    /// <summary>Until when somebody may have used addresses of a block that is new to this book (I6); null if nobody did.</summary>
    private DateTimeOffset? MaybeUsedUntil(BlockReading reading)
    {
        // A journal that is a restored copy may have lost an acceptance of which the store has no word.
        var (block, until) = (reading.Block, _restoredAt);

        // It was accepted before, by a journal that is lost: what was given back until this book was opened is not known.
        if (reading.Said is { Phase: BlockPhase.Accepted } said && said.Epoch == block.Epoch && said.Host == block.Host) until = _openedAt;

        // It came back with a copy of the store, and whom it was lent to after that copy was made is forgotten.
        if (reading.Topology is { ReviewEnded: { } ended, EpochFloor: var floor } && block.Epoch < floor && !(until > ended)) until = ended;
        return until;
    }

    /// <summary>
    /// A block that was lost and comes back may still have pods of its first time, and then it is their owner's; where the
    /// journal's rows do not agree whose, one of them is of a copy and nobody else's pods go there.
    /// </summary>
    private BlockBook WithStandingPods(BlockBook book)
    {
        foreach (var row in _attachments.Values.SelectMany(rows => rows).Where(row => book.Row.Cidr.Contains(row.Address)))
        {
            book.Row = book.Row with { Owner = book.Used.Count == 0 || book.Row.Owner == row.Owner ? row.Owner : Owner.Host };
            book.Use(row.Address);
        }

        return book;
    }

    /// <summary>
    /// The row stays as returned: the slot's epochs up to here are used up for this host, whatever a restored store says.
    /// False: pods use it, and no verdict may take a block from under them, not even one that the journal lacks since it
    /// is a copy from before.
    /// </summary>
    private bool Return(BlockSpec block)
    {
        if (_attachments.Values.SelectMany(rows => rows).Any(row => block.Cidr.Contains(row.Address))) return false;
        if (_blocks.TryGetValue(block.Cidr, out var held)) Drop(held, Math.Max(block.Epoch, held.Row.Epoch));
        else if (_highest.GetValueOrDefault(block.Cidr.First) < block.Epoch)
        {
            Head = _journal.Commit([new JournalChange.PutBlock(new(block.Cidr, block.Network, block.Epoch, null, true))], Durability.PowerLoss);
            _highest[block.Cidr.First] = block.Epoch;
        }

        return true;
    }

    private void Drop(BlockBook held, long epoch)
    {
        Head = _journal.Commit([new JournalChange.PutBlock(new(held.Row.Cidr, held.Row.Network, epoch, null, true)),
            .. held.Released.Select(release => new JournalChange.ForgetRelease(release.Address))], Durability.PowerLoss);
        _highest[held.Row.Cidr.First] = Math.Max(epoch, _highest.GetValueOrDefault(held.Row.Cidr.First));
        Network(held.Row.Network).Remove(held);
        _blocks.Remove(held.Row.Cidr);
    }

    private void Serve(BlockReading reading, bool recalled)
    {
        if (!_blocks.TryGetValue(reading.Block.Cidr, out var held)) return;
        var row = held.Row with { Recalled = recalled, Routed = IsRouted(reading.Block), Doubted = false, AgreedTo = Agreement(reading, held.Row) };
        if (row != held.Row) Put(held, row, Durability.ProcessCrash);
    }

    private void Put(BlockBook book, JournalBlock row, Durability durability)
    {
        Head = _journal.Commit([new JournalChange.PutBlock(row)], durability);
        book.Row = row;
        Network(row.Network).Reenter(book);
    }

    private static bool IsRouted(BlockSpec block) => block.RoutedEpoch == block.Epoch;

    /// <summary>An agreement ends with its proposal, and then only once the book knows the exclusions that came of it.</summary>
    private string? Agreement(BlockReading reading, JournalBlock row) =>
        row.AgreedTo is null || reading.Topology is not { } topology || topology.Proposal?.Id == row.AgreedTo ? row.AgreedTo
        : reading.Space?.SlotHome(row.Cidr) is not { } home ? row.AgreedTo
        : Network(row.Network).Terms is { } terms && terms.Exclusions.SameWithin(row.Cidr, reading.Space.Exclusions(home.Network)) ? null : row.AgreedTo;

    private BlockStatus Report(BlockReading reading, HostUid self)
    {
        var held = _blocks[reading.Block.Cidr];
        var usable = Network(held.Row.Network).Terms is { } terms ? terms.Exclusions.Usable(held.Row.Cidr) : held.Row.Cidr.CountLessOne + 1;
        var free = usable > (UInt128)held.Used.Count ? usable - (UInt128)held.Used.Count : 0;
        return new BlockStatus
        {
            Host = self,
            Epoch = reading.Block.Epoch,
            Phase = BlockPhase.Accepted,
            Owner = held.Row.Owner,
            InUse = held.Used.Count,
            Free = free > int.MaxValue ? int.MaxValue : (int)free,
        };
    }

    private int Wants(NetworkTerms terms, LifecycleDemand demand)
    {
        if (!_networks.TryGetValue(terms.Network.Name, out var network)) return 0;
        var free = UInt128.Zero;
        foreach (var block in network.Blocks.Where(block => !block.Row.Recalled))
            free += terms.Exclusions.Usable(block.Row.Cidr) - (UInt128)block.Used.Count;
        var size = UInt128.One << (terms.Network.Cidr.Family.Width() - terms.Network.BlockMask);
        var lacking = (UInt128)demand.FreeAddresses > free ? (int)(((UInt128)demand.FreeAddresses - free + size - 1) / size) : 0;
        return Math.Max(lacking, terms.Network.Owner == OwnerMode.Host ? 0 : demand.UnboundBlocks - network.Spares);
    }
}

/// <summary>The watermarks that an agent asks by: free addresses per network, spares where owners are finer than the host.</summary>
public sealed record LifecycleDemand(int FreeAddresses = 16, int UnboundBlocks = 2);
