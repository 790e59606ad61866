using Romana.Ipam.Stores;
using Romana.Stores.Sqlite;

namespace Romana.Stores.Tests.Sqlite;

/// <summary>
/// A process or a machine that stops between any two writes leaves a prefix of the write-ahead log. Every prefix is
/// opened here: at every frame's edge and in its middle.
/// </summary>
public sealed class TornWriteTests : IDisposable
{
    private const int Commits = 9, Frame = 1024 + 24, Header = 32;

    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Every_prefix_of_a_journal_s_log_is_a_whole_number_of_commits()
    {
        using var child = new ChildProcess("journal", _folder.File("journal.db"));
        for (var i = 0; i < Commits; i++) await child.ReadLineAsync(Cancel);
        await child.KillAsync(Cancel);
        var (database, log) = (Bytes("journal.db"), Bytes("journal.db-wal"));
        var counters = new List<long>();
        for (var cut = Header; cut <= Math.Min(log.Length, Header + (60 * Frame)); cut += Frame / 2)
        {
            await File.WriteAllBytesAsync(_folder.File("torn.db"), database, Cancel);
            await File.WriteAllBytesAsync(_folder.File("torn.db-wal"), log[..cut], Cancel);
            using var journal = OpenTorn();
            if (journal is not null) counters.Add(JournalStory.Check(journal.Load()));
        }

        Assert.Equal(counters.Order(), counters);
        Assert.True(counters.Distinct().Count() > Commits);
    }

    [Fact]
    public async Task A_torn_batch_of_the_store_is_not_there_at_all()
    {
        var path = _folder.File("romana.db");
        using var store = SqliteStore.Open(new SqliteStoreOptions { Path = path });
        var empty = Bytes("romana.db-wal").Length;
        await store.WriteAsync([.. Enumerable.Range(0, 64).Select(i =>
            new Write.Create(new(RecordKind.Block, $"4-{i:x8}"), Stamp.New(), new string('x', 300), default))], Cancel);
        var (database, log) = (Bytes("romana.db"), Bytes("romana.db-wal"));
        for (var cut = empty; cut <= log.Length; cut += (4096 + 24) / 2)
        {
            await File.WriteAllBytesAsync(_folder.File("torn.db"), database, Cancel);
            await File.WriteAllBytesAsync(_folder.File("torn.db-wal"), log[..cut], Cancel);
            using var torn = SqliteStore.Open(new SqliteStoreOptions { Path = _folder.File("torn.db") });
            var listing = await torn.ListAsync(RecordKind.Block, Selector.Everything, Consistency.Linearizable, Cancel);
            Assert.Equal(cut == log.Length ? 64 : 0, listing.Items.Count);
        }
    }

    /// <summary>Null: cut before the commit that made the tables, so the file is blank and is made anew.</summary>
    private SqliteJournal? OpenTorn()
    {
        File.Delete(_folder.File("torn.db-shm"));
        return SqliteJournal.Open(new SqliteJournalOptions { Path = _folder.File("torn.db") });
    }

    /// <summary>Shared: the file may be open in this process.</summary>
    private byte[] Bytes(string name)
    {
        using var file = new FileStream(_folder.File(name), FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        var bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        return bytes;
    }
}
