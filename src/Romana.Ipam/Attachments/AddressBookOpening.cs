using System.Collections.Immutable;
using Romana.Ipam.Addressing;
using Romana.Ipam.Stores;

namespace Romana.Ipam.Attachments;

// How the book is opened from a journal.
public sealed partial class AddressBook
{
    /// <summary>Of a block so large that naming all its addresses would cost more than it protects, the lowest are named.</summary>
    private const int NamedAddresses = 4096;

    /// <summary>
    /// Reads the journal. In use = its rows and what kernel and runtime show; after a reboot or of a restored journal all
    /// else counts as given back now, since the journal's last commits may be lost (I6). Nothing serves before
    /// <see cref="Learn"/>.
    /// </summary>
    /// <exception cref="JournalUnavailableException">No book.</exception>
    public static AddressBook Open(IJournal journal, BookOpening opening)
    {
        ArgumentNullException.ThrowIfNull(journal);
        ArgumentNullException.ThrowIfNull(opening);
        var contents = journal.Load();
        var rebooted = contents.Head.BootId != opening.BootId;
        var book = new AddressBook(journal) { Head = contents.Head };
        var over = rebooted ? contents.Attachments.Where(row => opening.Running?.Contains(row.Key) != true).Select(row => row.Key).ToHashSet() : [];
        book.Fill(contents, over);
        if (rebooted || opening.JournalRestored) book.RestAll(over, opening);
        return book;
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
            if (BlockOf(release.Address) is { } block && !block.Used.Contains(release.Address)) GiveBack(release.Address, release.At);
        }
    }

    private void RestAll(HashSet<AttachmentKey> over, BookOpening opening)
    {
        var resting = _blocks.Values.SelectMany(FreeOf).ToList();
        Head = _journal.Commit([new JournalChange.SetBoot(opening.BootId), .. over.Select(key => new JournalChange.Detach(key)),
            .. resting.Select(address => new JournalChange.Release(new JournalRelease(address, opening.Now)))], Durability.PowerLoss);
        foreach (var address in resting) GiveBack(address, opening.Now);
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
