using Microsoft.Extensions.Time.Testing;
using Romana.Ipam.Stores;
using Romana.Stores.Sqlite;

namespace Romana.Stores.Tests.Sqlite;

/// <summary>What the store knows of its own past, and watches on a clock of the test's own.</summary>
public sealed class StandingTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private string Database => _folder.File("romana.db");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_new_store_is_new_until_somebody_vouches_for_it()
    {
        using (var first = Open())
        {
            Assert.True(first.CreatedNow);
            await WriteAsync(first, "a");
        }

        using var second = Open();
        Assert.False(second.CreatedNow);
        Assert.Equal(StoreStanding.New, second.Standing);
        using var third = Open();
        await third.TrustAsync(Cancel);
        Assert.Equal(StoreStanding.Trusted, second.Standing);
        Assert.Equal(second.StoreId, third.StoreId);
    }

    [Fact]
    public void A_note_never_goes_back_by_itself()
    {
        using StoreMark first = new(Database), second = new(Database);
        first.Write("store", 11);
        second.Write("store", 10);
        Assert.Equal(("store", 11), second.Read());
        second.GoBack("store", 9);
        Assert.Equal(("store", 9), first.Read());
    }

    [Fact]
    public async Task Each_going_back_has_a_name_of_its_own()
    {
        using (var store = Open())
        {
            await store.TrustAsync(Cancel);
            Assert.Null(store.Rewind);
        }

        File.Copy(Database, _folder.File("backup"));
        var names = new List<string?>();
        for (var time = 0; time < 2; time++)
        {
            using (var store = Open()) await WriteAsync(store, $"a{time}");
            File.Copy(_folder.File("backup"), Database, overwrite: true);
            using var restored = Open();
            names.Add(restored.Rewind);
            Assert.Equal(restored.Rewind, restored.Rewind);
        }

        Assert.All(names, Assert.NotNull);
        Assert.NotEqual(names[0], names[1]);
    }

    [Fact]
    public async Task A_backup_that_came_without_its_note_is_a_rewound_store()
    {
        using (var store = Open())
        {
            await store.TrustAsync(Cancel);
            await WriteAsync(store, "a");
        }

        Directory.CreateDirectory(_folder.File("elsewhere"));
        var copy = Path.Combine(_folder.File("elsewhere"), "romana.db");
        File.Copy(Database, copy);
        using (var restored = SqliteStore.Open(new SqliteStoreOptions { Path = copy }))
        {
            Assert.Equal(StoreStanding.Rewound, restored.Standing);
            await restored.TrustAsync(Cancel);
        }

        using (var again = SqliteStore.Open(new SqliteStoreOptions { Path = copy })) Assert.Equal(StoreStanding.Trusted, again.Standing);
        File.Delete(Database + "-mark");
        using var here = Open();
        Assert.Equal(StoreStanding.Rewound, here.Standing);
    }

    [Fact]
    public async Task A_restored_backup_is_noticed_until_somebody_vouches_for_it()
    {
        using (var store = Open()) await store.TrustAsync(Cancel);
        File.Copy(Database, _folder.File("backup"));
        using (var store = Open()) await WriteAsync(store, "a");
        File.Copy(_folder.File("backup"), Database, overwrite: true);
        using (var restored = Open()) Assert.Equal(StoreStanding.Rewound, restored.Standing);
        using (var again = Open())
        {
            // Going on past the old mark does not heal it.
            await WriteAsync(again, "a");
            await WriteAsync(again, "b");
            Assert.Equal(StoreStanding.Rewound, again.Standing);
        }

        using (var later = Open())
        {
            Assert.Equal(StoreStanding.Rewound, later.Standing);
            await later.TrustAsync(Cancel);
        }

        using var trusted = Open();
        Assert.Equal(StoreStanding.Trusted, trusted.Standing);
    }

    [Fact]
    public async Task A_watch_from_before_a_restore_is_expired_although_the_numbers_are_used_again()
    {
        Open().Dispose();
        File.Copy(Database, _folder.File("backup"));
        Snapshot snapshot;
        using (var store = Open())
        {
            await WriteAsync(store, "a");
            snapshot = (await store.ListAsync(RecordKind.Host, Selector.Everything, Consistency.Linearizable, Cancel)).Snapshot;
        }

        File.Copy(_folder.File("backup"), Database, overwrite: true);
        using var restored = Open();
        await WriteAsync(restored, "b");
        await WriteAsync(restored, "c");
        await using var watch = restored.WatchAsync(RecordKind.Host, Selector.Everything, snapshot, Cancel).GetAsyncEnumerator(Cancel);
        Assert.True(await watch.MoveNextAsync());
        Assert.IsType<WatchEvent.Expired>(watch.Current);
    }

    [Fact]
    public async Task A_lost_store_is_noticed_when_the_note_beside_it_is_still_there()
    {
        using (var store = Open()) await store.TrustAsync(Cancel);
        File.Delete(Database);
        using var empty = Open();
        Assert.True(empty.CreatedNow);
        Assert.Equal(StoreStanding.Rewound, empty.Standing);
    }

    [Fact]
    public async Task A_watch_polls_by_the_clock_it_was_given()
    {
        var time = new FakeTimeProvider();
        using var watching = SqliteStore.Open(new SqliteStoreOptions { Path = Database, Time = time });
        using var writing = Open();
        var from = (await watching.ListAsync(RecordKind.Host, Selector.Everything, Consistency.Linearizable, Cancel)).Snapshot;
        await using var watch = watching.WatchAsync(RecordKind.Host, Selector.Everything, from, Cancel).GetAsyncEnumerator(Cancel);
        var next = watch.MoveNextAsync().AsTask();
        await WriteAsync(writing, "a");
        Assert.False(next.IsCompleted);
        while (!next.IsCompleted)
        {
            time.Advance(TimeSpan.FromMilliseconds(100));
            await Task.Yield();
            Cancel.ThrowIfCancellationRequested();
        }

        Assert.True(await next);
        Assert.IsType<WatchEvent.Put>(watch.Current);
    }

    [Fact]
    public async Task A_beat_is_written_like_any_record()
    {
        using var store = Open();
        var beat = new RecordKey(RecordKind.Beat, "h-1");
        Assert.IsType<WriteResult.Committed>(await store.WriteAsync(new Write.Create(beat, "s", "{}", default), Cancel));
        await WriteAsync(store, "a");
        using var other = Open();
        Assert.NotNull(await other.GetAsync(beat, Consistency.Linearizable, Cancel));
    }

    private static async Task WriteAsync(SqliteStore store, string name) => Assert.IsType<WriteResult.Committed>(
        await store.WriteAsync(new Write.Create(new(RecordKind.Host, name), Stamp.New(), "{}", default), Cancel));

    private SqliteStore Open() => SqliteStore.Open(new SqliteStoreOptions { Path = Database });
}
