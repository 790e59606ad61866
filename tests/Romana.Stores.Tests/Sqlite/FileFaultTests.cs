using Romana.Ipam.Addressing;
using Romana.Ipam.Stores;
using Romana.Stores.Sqlite;
using Romana.Testing.Stores;

namespace Romana.Stores.Tests.Sqlite;

/// <summary>Files that cannot be used: one clear message with the path and the remedy, and not a byte changed.</summary>
public sealed class FileFaultTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private string Database => _folder.File("romana.db");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_missing_folder_is_named()
    {
        var path = _folder.File("no/such/romana.db");
        Refused(path, "has no folder", $"make {_folder.File("no/such")} first");
    }

    [Fact]
    public void A_folder_is_no_file() => Refused(_folder.Path, "is a folder", "name a file in it");

    [Fact]
    public void A_command_that_only_looks_makes_no_file()
    {
        var fault = Assert.Throws<StoreUnavailableException>(
            () => SqliteStore.Open(new SqliteStoreOptions { Path = Database, Create = false }));
        Assert.Contains("there is no store at " + Database, fault.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(_folder.Path));
    }

    [Fact]
    public void A_text_file_is_left_alone()
    {
        var text = string.Concat(Enumerable.Repeat("networks: not a database\n", 100));
        File.WriteAllText(Database, text);
        Refused(Database, "is damaged or is not a Romana", "move it away");
        Assert.Equal(text, File.ReadAllText(Database));
    }

    [Fact]
    public void Another_program_s_database_is_left_alone()
    {
        using (var other = SqliteDatabase.Open(Database, create: true, TimeSpan.Zero)) other.Execute("CREATE TABLE t (x)");
        var before = File.ReadAllBytes(Database);
        Refused(Database, "is an SQLite database of another program", "name another path");
        Assert.Equal(before, File.ReadAllBytes(Database));
    }

    [Fact]
    public void A_journal_is_no_store_and_a_store_is_no_journal()
    {
        SqliteJournal.Open(new SqliteJournalOptions { Path = Database }).Dispose();
        Assert.Throws<StoreUnavailableException>(() => Open(Database));
        SqliteStore.Open(new SqliteStoreOptions { Path = _folder.File("store.db") }).Dispose();
        Assert.Throws<JournalUnavailableException>(() => OpenJournal(_folder.File("store.db")));
    }

    [Fact]
    public void A_newer_format_asks_for_the_newer_program()
    {
        Open(Database).Dispose();
        using (var later = SqliteDatabase.Open(Database, create: false, TimeSpan.Zero)) later.Execute("PRAGMA user_version=9");
        var fault = Assert.Throws<StoreUnavailableException>(() => Open(Database));
        Assert.Contains($"{Database} has format 9 and this program knows 1: use the newer program", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_damaged_file_says_so_and_stays_as_it_is()
    {
        using (var store = Open(Database))
            await store.WriteAsync([.. Enumerable.Range(0, 200).Select(i =>
                new Write.Create(new(RecordKind.Block, $"4-{i:x8}"), "s", new string('x', 400), default))], Cancel);
        var bytes = await File.ReadAllBytesAsync(Database, Cancel);
        Array.Fill(bytes, (byte)0xa5, 4096, bytes.Length - 4096);
        await File.WriteAllBytesAsync(Database, bytes, Cancel);
        var fault = Assert.Throws<StoreUnavailableException>(() => Open(Database));
        Assert.Contains($"{Database} is damaged", fault.Message, StringComparison.Ordinal);
        Assert.Equal(bytes, await File.ReadAllBytesAsync(Database, Cancel));
    }

    [Theory]
    [InlineData("nfs4")]
    [InlineData("cifs")]
    [InlineData("9p")]
    [InlineData("fuse.sshfs")]
    public void A_network_file_system_is_refused_before_anything_is_made(string type)
    {
        var store = Assert.Throws<StoreUnavailableException>(
            () => SqliteStore.Open(new SqliteStoreOptions { Path = Database, FileSystemOf = _ => type }));
        var journal = Assert.Throws<JournalUnavailableException>(
            () => SqliteJournal.Open(new SqliteJournalOptions { Path = Database, FileSystemOf = _ => type }));
        foreach (var message in new[] { store.Message, journal.Message })
        {
            Assert.Contains($"is on a network file system ({type})", message, StringComparison.Ordinal);
            Assert.Contains("use a disk of this machine", message, StringComparison.Ordinal);
        }

        Assert.Empty(Directory.GetFileSystemEntries(_folder.Path));
    }

    [Fact]
    public async Task A_file_that_is_locked_too_long_is_said_to_be_and_the_write_did_not_happen()
    {
        using var store = Open(Database);
        using var other = SqliteDatabase.Open(Database, create: false, TimeSpan.Zero);
        other.Execute("BEGIN IMMEDIATE");
        var result = await store.WriteAsync(new Write.Create(new(RecordKind.Host, "a"), "s", "1", default), Cancel);
        Assert.Contains($"{Database} is locked by another process", Assert.IsType<WriteResult.Unavailable>(result).Reason, StringComparison.Ordinal);
        other.Execute("ROLLBACK");
        Assert.Null(await store.GetAsync(new(RecordKind.Host, "a"), Consistency.Linearizable, Cancel));
        Assert.IsType<WriteResult.Committed>(
            await store.WriteAsync(new Write.Create(new(RecordKind.Host, "a"), "s", "1", default), Cancel));
    }

    [Fact]
    public async Task A_full_disk_refuses_writes_loses_nothing_and_goes_on_when_there_is_room()
    {
        using var disk = SmallDisk.Mount(_folder.File("disk"), "2m");
        using var store = Open(disk.File("romana.db"));
        using var journal = OpenJournal(disk.File("journal.db"));
        var host = new RecordKey(RecordKind.Host, "a");
        await store.WriteAsync(new Write.Create(host, "s", "1", default), Cancel);
        journal.Commit([new JournalChange.SetBoot("b1")], Durability.PowerLoss);
        disk.Fill();

        var refused = await store.WriteAsync(new Write.Create(new(RecordKind.Host, "b"), "s", new string('x', 100_000), default), Cancel);
        Assert.Contains("is on a full disk", Assert.IsType<WriteResult.Unavailable>(refused).Reason, StringComparison.Ordinal);
        var fault = Assert.Throws<JournalUnavailableException>(
            () => journal.Commit([new JournalChange.SetBoot(new string('x', 100_000))], Durability.ProcessCrash));
        Assert.Contains($"{disk.File("journal.db")} is on a full disk", fault.Message, StringComparison.Ordinal);
        Assert.NotNull(await store.GetAsync(host, Consistency.Linearizable, Cancel));

        disk.Empty();
        Assert.IsType<WriteResult.Committed>(
            await store.WriteAsync(new Write.Create(new(RecordKind.Host, "b"), "s", new string('x', 100_000), default), Cancel));
        Assert.Equal(2, journal.Commit([new JournalChange.Release(new(IpAddress.Parse("10.0.0.1"), default))], Durability.PowerLoss).Counter);
        Assert.Equal("b1", journal.Load().Head.BootId);
    }

    [Fact]
    public void A_full_disk_leaves_no_half_made_file()
    {
        using var disk = SmallDisk.Mount(_folder.File("disk"), "256k");
        disk.Fill();
        Assert.Throws<StoreUnavailableException>(() => Open(disk.File("romana.db")));
        disk.Empty();
        using var store = Open(disk.File("romana.db"));
        Assert.Equal(StoreStanding.New, store.Standing);
    }

    [Fact]
    public void A_read_only_file_says_so()
    {
        using var disk = SmallDisk.Mount(_folder.File("disk"), "2m");
        Open(disk.File("romana.db")).Dispose();
        OpenJournal(disk.File("journal.db")).Dispose();
        disk.MakeReadOnly();
        foreach (var fault in new Exception[]
        {
            Assert.Throws<StoreUnavailableException>(() => Open(disk.File("romana.db"))),
            Assert.Throws<StoreUnavailableException>(() => Open(disk.File("new.db"))),
            Assert.Throws<JournalUnavailableException>(() => OpenJournal(disk.File("journal.db"))),
        })
        {
            Assert.Contains(disk.Path, fault.Message, StringComparison.Ordinal);
            Assert.True(fault.Message.Contains("writable", StringComparison.Ordinal)
                || fault.Message.Contains("may write", StringComparison.Ordinal), fault.Message);
        }
    }

    private static void Refused(string path, string wrong, string remedy)
    {
        foreach (var fault in new Exception[]
        {
            Assert.Throws<StoreUnavailableException>(() => Open(path)),
            Assert.Throws<JournalUnavailableException>(() => OpenJournal(path)),
        })
        {
            Assert.Contains(path, fault.Message, StringComparison.Ordinal);
            Assert.Contains(wrong, fault.Message, StringComparison.Ordinal);
            Assert.Contains(remedy, fault.Message, StringComparison.Ordinal);
        }
    }

    private static SqliteStore Open(string path) =>
        SqliteStore.Open(new SqliteStoreOptions { Path = path, LockTimeout = TimeSpan.FromMilliseconds(100) });

    private static SqliteJournal OpenJournal(string path) =>
        SqliteJournal.Open(new SqliteJournalOptions { Path = path, LockTimeout = TimeSpan.FromMilliseconds(100) });
}
