using System.Collections.Immutable;
using Romana.Ipam.Addressing;
using Romana.Ipam.Blocks;
using Romana.Ipam.Hosts;
using Romana.Ipam.Stores;

namespace Romana.Ipam.Attachments;

// How the book is opened from a journal.
public sealed partial class AddressBook
{
    /// <summary>Of a block so large that naming all its addresses would cost more than it protects, the lowest are named.</summary>
    private const int NamedAddresses = 4096;

    /// <summary>Longer than any reuse delay: what was used before then is nobody's concern.</summary>
    private static readonly TimeSpan LongestDelay = TimeSpan.FromDays(1);

    /// <summary>
    /// Reads the journal. In use = its rows and what the kernel shows; after a reboot or of a restored journal all else
    /// counts as given back now, since the journal's last commits may be lost (I6), and a restored journal's blocks serve
    /// nothing new until the store has confirmed each. Nothing serves before <see cref="Learn"/>.
    /// </summary>
    /// <exception cref="JournalUnavailableException">No book.</exception>
    public static AddressBook Open(IJournal journal, BookOpening opening)
    {
        ArgumentNullException.ThrowIfNull(journal);
        ArgumentNullException.ThrowIfNull(opening);
        var contents = journal.Load();
        var book = new AddressBook(journal) { Head = contents.Head, _opened = contents.Head, _openedAt = opening.Now };
        book._restoredAt = opening.JournalRestored ? opening.Now : contents.Head.RestoredAt > opening.Now - LongestDelay ? contents.Head.RestoredAt : null;
        var rebooted = contents.Head.BootId != opening.BootId;
        var over = Over(contents, opening, rebooted || opening.JournalRestored);
        book.Fill(contents, over);
        var changes = over.Select(JournalChange (key) => new JournalChange.Detach(key)).ToList();
        var certain = book.OwnersThatStand(opening, rebooted || opening.JournalRestored);
        changes.AddRange(opening.InUse.GroupBy(seen => seen.Key).SelectMany(pod => book.Take([.. pod], certain, opening.Now)));
        if (opening.JournalRestored || opening.Unconfirmed) changes.AddRange(book.Doubt());
        if (opening.JournalRestored) changes.Add(new JournalChange.SetRestored(opening.Now));
        var resting = rebooted || opening.JournalRestored ? book._blocks.Values.SelectMany(FreeOf).ToList()
            : [.. contents.Attachments.Where(row => over.Contains(row.Key) && book.BlockOf(row.Address)?.Used.Contains(row.Address) == false).Select(row => row.Address)];
        changes.AddRange(resting.Select(address => new JournalChange.Release(new JournalRelease(address, opening.Now))));
        if (rebooted) changes.Add(new JournalChange.SetBoot(opening.BootId));
        if (changes.Count > 0) book.Head = journal.Commit(changes, Durability.PowerLoss);
        foreach (var address in resting) book.GiveBack(address, opening.Now);
        return book;
    }

    /// <summary>
    /// True when the store was told of a later state of this journal than it was opened in: it is a restored copy. To be
    /// asked before the first status is written; the agent then opens the book again and says so.
    /// </summary>
    public bool IsOlderThan(HostStatus? reported) => reported is not null && reported.JournalCounter > _opened.Counter;

    /// <summary>Pods of a former boot, or of a copy's time, that nothing shows, and pods whose address the kernel shows on another.</summary>
    private static HashSet<AttachmentKey> Over(JournalContents contents, BookOpening opening, bool isFormer)
    {
        var holders = opening.InUse.GroupBy(seen => seen.Address).ToDictionary(seen => seen.Key, seen => seen.First().Key);
        var shown = opening.InUse.Select(seen => seen.Key).ToHashSet();
        return [.. contents.Attachments.Where(row => holders.TryGetValue(row.Address, out var holder) ? holder != row.Key
            : isFormer && opening.Running is { } running && !running.Contains(row.Key) && !shown.Contains(row.Key)).Select(row => row.Key)];
    }

    /// <summary>
    /// The blocks whose owner is the journal's: of a copy, or of a former boot, those alone with a pod of that time that
    /// lives on, since without one the block may have been bound anew. A row that only nobody could be asked about proves nothing.
    /// </summary>
    private HashSet<Cidr> OwnersThatStand(BookOpening opening, bool isFormer)
    {
        if (!isFormer) return [.. _blocks.Keys];
        var shown = opening.InUse.Select(seen => (seen.Key, seen.Address)).ToHashSet();
        return [.. _attachments.Values.SelectMany(rows => rows)
            .Where(row => shown.Contains((row.Key, row.Address)) || opening.Running?.Contains(row.Key) == true)
            .Select(row => BlockOf(row.Address)?.Row.Cidr).OfType<Cidr>()];
    }

    /// <summary>Makes the rows that the journal lacks of a pod that the kernel shows.</summary>
    /// <param name="certain">Blocks whose owner is known; those that a pod of a known owner binds are added.</param>
    private List<JournalChange> Take(IReadOnlyList<SeenAttachment> pod, HashSet<Cidr> certain, DateTimeOffset now)
    {
        var key = pod[0].Key;
        var standing = _attachments.GetValueOrDefault(key, []);
        var missing = pod.Where(seen => standing.All(row => row.Address != seen.Address)).ToList();
        if (missing.Count == 0) return [];
        var changes = new List<JournalChange>();
        var rows = standing;
        foreach (var seen in missing)
        {
            var block = BlockOf(seen.Address);
            var owner = seen.Owner ?? (block is { Used.Count: > 0 } && certain.Contains(block.Row.Cidr) ? block.Row.Owner : null) ?? Owner.Host;
            rows = rows.Add(new JournalAttachment(key, seen.Address, block?.Row.Network ?? "", owner, now));
            if (block is null) continue;
            block.Use(seen.Address);
            if (seen.Owner is not null) certain.Add(block.Row.Cidr);
            if (block.Row.Owner == owner) continue;
            Network(block.Row.Network).Bind(block, owner);
            changes.Add(new JournalChange.PutBlock(block.Row));
        }

        _attachments[key] = rows;
        return [.. changes, new JournalChange.Detach(key), .. rows.Select(row => new JournalChange.Attach(row))];
    }

    private List<JournalChange> Doubt()
    {
        foreach (var block in _blocks.Values) block.Row = block.Row with { Doubted = true };
        return [.. _blocks.Values.Select(block => new JournalChange.PutBlock(block.Row))];
    }

    private void Fill(JournalContents contents, HashSet<AttachmentKey> over)
    {
        foreach (var row in contents.Blocks)
        {
            _highest[row.Cidr.First] = Math.Max(row.Epoch, _highest.GetValueOrDefault(row.Cidr.First));
            if (!row.Returned) Add(new BlockBook(row));
        }

        foreach (var pod in contents.Attachments.Where(row => !over.Contains(row.Key)).GroupBy(row => row.Key))
        {
            _attachments[pod.Key] = [.. pod];
            foreach (var row in pod) BlockOf(row.Address)?.Use(row.Address);
        }

        foreach (var release in contents.Releases)
        {
            // A row of an address that was handed out since is left in the journal: it costs a write to remove.
            if (BlockOf(release.Address)?.Used.Contains(release.Address) != true) GiveBack(release.Address, release.At);
        }
    }

    private static IEnumerable<IpAddress> FreeOf(BlockBook block)
    {
        for (var offset = UInt128.Zero; offset <= block.Row.Cidr.CountLessOne && offset < NamedAddresses; offset++)
        {
            var address = block.Row.Cidr.First.Plus(offset);
            if (!block.Used.Contains(address)) yield return address;
        }
    }
}
