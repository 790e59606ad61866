using System.Globalization;
using Romana.Ipam.Addressing;
using Romana.Ipam.Stores;
using Romana.Stores.Sqlite;

namespace Romana.Stores.Tests.Sqlite;

/// <summary>Several processes on one file, and SIGKILL at any moment.</summary>
public sealed class ProcessTests : IDisposable
{
    private const int Kills = 8;

    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private string Database => _folder.File("romana.db");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Processes_that_make_and_increment_one_record_lose_nothing()
    {
        using var first = new ChildProcess("increment", Database, "25");
        using var second = new ChildProcess("increment", Database, "25");
        using var third = new ChildProcess("increment", Database, "25");
        foreach (var child in new[] { first, second, third }) Assert.Equal(0, (await child.EndAsync(Cancel)).ExitCode);
        using var store = Open();
        Assert.Equal("75", (await store.GetAsync(new(RecordKind.Host, "counter"), Consistency.Linearizable, Cancel))!.Spec);
    }

    [Fact]
    public async Task Two_processes_never_make_one_slot_twice()
    {
        using var first = new ChildProcess("create", Database, "40");
        using var second = new ChildProcess("create", Database, "40");
        string[] made = [.. (await first.EndAsync(Cancel)).Lines, .. (await second.EndAsync(Cancel)).Lines];
        Assert.Equal(Enumerable.Range(0, 40), made.Select(int.Parse).Order());
    }

    [Fact]
    public async Task A_killed_writer_leaves_every_acknowledged_batch_and_no_half_one()
    {
        for (var kill = 0; kill < Kills; kill++)
        {
            var acknowledged = await KillAfterAsync(kill, "write", Database);
            using var store = Open();
            var records = (await store.ListAsync(RecordKind.Block, Selector.Everything, Consistency.Linearizable, Cancel)).Items;
            Assert.Equal(8, records.Count);
            var number = int.Parse(Assert.Single(records.Select(record => record.Spec).Distinct()), CultureInfo.InvariantCulture);
            Assert.InRange(number, acknowledged, acknowledged + 1);
            // The note beside the file never runs ahead of it.
            Assert.Equal(StoreStanding.New, store.Standing);
        }
    }

    [Fact]
    public async Task A_killed_agent_finds_every_acknowledged_commit_and_no_half_one()
    {
        for (var kill = 0; kill < Kills; kill++)
        {
            var acknowledged = await KillAfterAsync(kill * 40, "journal", Database);
            using var journal = SqliteJournal.Open(new SqliteJournalOptions { Path = Database });
            var counter = JournalStory.Check(journal.Load());
            Assert.InRange(counter, acknowledged, acknowledged + 1);
        }
    }

    [Fact]
    public async Task The_term_of_a_killed_controller_is_free_at_once()
    {
        using var store = Open();
        var terms = new SqliteTermSource(store);
        using var child = new ChildProcess("term", Database);
        var number = long.Parse((await child.ReadLineAsync(Cancel))!, CultureInfo.InvariantCulture);
        Assert.Null(await terms.TryAcquireAsync("me", Cancel));
        Assert.Equal($"child {child.Id}", await terms.HolderAsync(Cancel));
        await child.KillAsync(Cancel);
        Assert.Null(await terms.HolderAsync(Cancel));
        using var mine = await terms.TryAcquireAsync("me", Cancel);
        Assert.True(mine!.Number > number);
    }

    /// <summary>Kills the child once it printed that many lines more than one; returns the last number it printed.</summary>
    private static async Task<int> KillAfterAsync(int lines, params string[] arguments)
    {
        using var child = new ChildProcess(arguments);
        string? last = null;
        for (var i = 0; i <= lines; i++) last = await child.ReadLineAsync(Cancel);
        Assert.NotNull(last);
        // The pipe may end in the middle of a line only if the child died in the middle of printing it: then it was done.
        return int.Parse((await child.KillAsync(Cancel)).LastOrDefault() ?? last, CultureInfo.InvariantCulture);
    }

    private SqliteStore Open() => SqliteStore.Open(new SqliteStoreOptions { Path = Database });
}

/// <summary>What the child's journal must hold after so many commits.</summary>
internal static class JournalStory
{
    public static long Check(JournalContents contents)
    {
        var counter = contents.Head.Counter;
        var attached = Numbers(counter).Where(n => n % 4 != 0 && !(n % 4 == 1 && n + 3 <= counter)).ToArray();
        var released = Numbers(counter).Where(n => n % 4 == 0).Select(n => n - 3);
        Assert.Equal(
            attached.Select(n => Plus("10.0.0.0", n)).Concat(attached.Select(n => Plus("fd00::", n))),
            contents.Attachments.Select(row => row.Address));
        Assert.Equal(released.Select(n => Plus("10.0.0.0", n)), contents.Releases.Select(row => row.Address));
        return counter;
    }

    private static IEnumerable<long> Numbers(long count)
    {
        for (long n = 1; n <= count; n++) yield return n;
    }

    private static IpAddress Plus(string address, long n) => IpAddress.Parse(address).Plus((UInt128)n);
}
