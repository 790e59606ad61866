using System.Collections.Immutable;
using Romana.Ipam.Attachments;
using Romana.Ipam.Blocks;
using Romana.Ipam.Hosts;
using Romana.Ipam.Stores;
using Romana.Ipam.Topologies;

namespace Romana.Node.Agent;

/// <summary>
/// The host's address book for many callers: requests of the CNI plugin and the passes over the store take turns. A turn
/// is as short as a commit of the journal, so none of them waits for a store, a controller or the network.
/// </summary>
internal sealed class PodAddresses(IJournal journal, TimeProvider clock)
{
    private readonly Lock _turn = new();
    private AddressBook? _book;
    private ImmutableArray<NetworkTerms> _terms = [];
    private BookOpening? _opening;
    private bool _isLearnt;

    /// <summary>False until the journal was read and compared with what the kernel shows: nothing is handed out before.</summary>
    public bool IsOpen => Volatile.Read(ref _book) is not null;

    /// <exception cref="JournalUnavailableException"/>
    public void Open(BookOpening opening)
    {
        lock (_turn)
        {
            _opening = opening;
            _book = AddressBook.Open(journal, opening);
            _book.Learn(_terms);
        }
    }

    /// <summary>The store was told of a later state of this journal: it is a restored copy, and is opened as one.</summary>
    public bool ReopenIfRestored(HostStatus? reported)
    {
        lock (_turn)
        {
            if (!Book.IsOlderThan(reported) || _opening!.JournalRestored) return false;
            Open(_opening with { Now = clock.GetUtcNow(), JournalRestored = true, InUse = [.. _opening.InUse.Concat(Standing())] });
            return true;
        }
    }

    public void Learn(ImmutableArray<NetworkTerms> terms)
    {
        lock (_turn)
        {
            (_terms, _isLearnt) = (terms, true);
            Book.Learn(terms);
        }
    }

    /// <summary>Remembered ones, for as long as the store was not read. False: it was.</summary>
    public bool Recall(ImmutableArray<NetworkTerms> terms)
    {
        lock (_turn)
        {
            if (_isLearnt) return false;
            _terms = terms;
            Book.Learn(terms);
            return true;
        }
    }

    public AddressOutcome Attach(AddressRequest request)
    {
        lock (_turn) return Book.Attach(request, clock.GetUtcNow());
    }

    public void Detach(AttachmentKey key)
    {
        lock (_turn) Book.Detach(key, clock.GetUtcNow());
    }

    /// <summary>Empty when the key has none.</summary>
    public ImmutableArray<JournalAttachment> Of(AttachmentKey key)
    {
        lock (_turn) return Book.Attachments.TryGetValue(key, out var rows) ? rows : [];
    }

    public ImmutableArray<JournalAttachment> All()
    {
        lock (_turn) return [.. Book.Attachments.Values.SelectMany(rows => rows)];
    }

    /// <summary>One turn of a pass over the store.</summary>
    public T Turn<T>(Func<AddressBook, T> work)
    {
        lock (_turn) return work(Book);
    }

    private AddressBook Book => _book ?? throw new InvalidOperationException("the address book is not open yet");

    private IEnumerable<SeenAttachment> Standing() =>
        Book.Attachments.Values.SelectMany(rows => rows).Select(row => new SeenAttachment(row.Key, row.Address, row.Owner));
}
