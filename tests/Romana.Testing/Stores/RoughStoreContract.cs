using System.Globalization;
using Romana.Ipam.Stores;
using Xunit;

namespace Romana.Testing.Stores;

/// <summary>What every store keeps even while it loses answers, refuses, and answers late.</summary>
public abstract class RoughStoreContract : IAsyncLifetime
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    /// <summary>Written last.</summary>
    private static readonly RecordKey End = new(RecordKind.Block, "the end");

    protected IStore Store { get; private set; } = null!;

    protected static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>An empty store of the test's own.</summary>
    protected abstract ValueTask<IStore> NewStoreAsync();

    /// <summary>The same store as another process would have it.</summary>
    protected virtual ValueTask<IStore> SameStoreAsync() => ValueTask.FromResult(Store);

    public virtual async ValueTask InitializeAsync() => Store = await NewStoreAsync();

    public virtual ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Concurrent_increments_by_compare_and_swap_lose_nothing()
    {
        var key = new RecordKey(RecordKind.Host, "counter");
        await UntilCommittedAsync(Store, _ => new Write.Create(key, Stamp.New(), "0", default), key);
        var stores = new[] { Store, await SameStoreAsync(), Store, await SameStoreAsync() };
        await Task.WhenAll(stores.Select(store => Task.Run(async () =>
        {
            for (var i = 0; i < 10; i++) await IncrementAsync(store, key);
        }, Cancel)));

        var record = await ReadAsync(Store, key);
        Assert.Equal("40", record!.Spec);
    }

    [Fact]
    public async Task List_and_watch_end_at_what_the_store_holds()
    {
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        ends.CancelAfter(Limit);
        var watching = await SameStoreAsync();
        var writing = Task.Run(() => ScribbleAsync(new Random(7)), Cancel);
        var view = new SortedDictionary<string, StoredRecord>(StringComparer.Ordinal);
        while (!ends.IsCancellationRequested && !await FollowAsync(watching, view, ends.Token)) { }

        await writing;
        Assert.Equal((await ListAsync(Store)).Items, view.Values);
        Assert.NotEmpty(view);
    }

    /// <summary>Writes until it is committed, as a level-triggered user does: read again, decide again.</summary>
    private static async Task UntilCommittedAsync(IStore store, Func<StoredRecord?, Write> decide, RecordKey key)
    {
        while (await store.WriteSurelyAsync(decide(await ReadAsync(store, key)), Cancel)
               is not (WriteResult.Committed or WriteResult.Exists)) { }
    }

    /// <summary>Marks the status, then sets the spec to the number of marks.</summary>
    private static async Task IncrementAsync(IStore store, RecordKey key)
    {
        // A conflict after an unknown answer may hide our own mark under another's: the status itself says who counted.
        var mine = Stamp.New();
        while ((await ReadAsync(store, key))! is var current && current.Status?.Contains(mine, StringComparison.Ordinal) != true)
        {
            await store.WriteSurelyAsync(new Write.UpdateStatus(key, Stamp.New(), new(current.Version, current.Uid),
                $"{current.Status} {mine}"), Cancel);
        }

        await UntilCommittedAsync(store, record => new Write.UpdateSpec(key, Stamp.New(),
            new(record!.Version, record.Uid), Count(record.Status), default), key);
    }

    private static string Count(string? status) =>
        (status ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries).Length.ToString(CultureInfo.InvariantCulture);

    private async Task ScribbleAsync(Random random)
    {
        for (var i = 0; i < 60; i++)
        {
            var key = new RecordKey(RecordKind.Block, $"r{random.Next(6)}");
            var deletes = random.Next(4) == 0;
            var current = await ReadAsync(Store, key);
            Write write = current is null ? new Write.Create(key, Stamp.New(), $"{i}", default)
                : deletes ? new Write.Delete(key, Stamp.New(), new(current.Version, current.Uid))
                : new Write.UpdateSpec(key, Stamp.New(), new(current.Version, current.Uid), $"{i}", default);
            await Store.WriteSurelyAsync(write, Cancel);
        }

        await UntilCommittedAsync(Store, _ => new Write.Create(End, Stamp.New(), "", default), End);
    }

    /// <summary>One list and the watch after it, until the view is complete (true) or the watch expired.</summary>
    private static async Task<bool> FollowAsync(IStore store, SortedDictionary<string, StoredRecord> view, CancellationToken cancel)
    {
        var listing = await ListAsync(store);
        view.Clear();
        foreach (var record in listing.Items) view[record.Key.Name] = record;
        if (await IsCompleteAsync(store, view)) return true;
        await foreach (var told in store.WatchAsync(RecordKind.Block, Selector.Everything, listing.Snapshot, cancel))
        {
            if (told is WatchEvent.Put put) view[put.Record.Key.Name] = put.Record;
            if (told is WatchEvent.Deleted gone && view.TryGetValue(gone.Key.Name, out var held) && held.Uid == gone.Uid)
                view.Remove(gone.Key.Name);
            if (told is WatchEvent.Expired) return false;
            if (await IsCompleteAsync(store, view)) return true;
        }

        return false;
    }

    /// <summary>
    /// Behind the writer's last record the store stands still. Changes of other records may be told after it: then the
    /// view differs from the list, and what makes it whole is still to come.
    /// </summary>
    private static async Task<bool> IsCompleteAsync(IStore store, SortedDictionary<string, StoredRecord> view) =>
        view.ContainsKey(End.Name) && (await ListAsync(store)).Items.SequenceEqual(view.Values);

    protected static async Task<StoredRecord?> ReadAsync(IStore store, RecordKey key)
    {
        while (true)
        {
            try
            {
                return await store.GetAsync(key, Consistency.Linearizable, Cancel);
            }
            catch (StoreUnavailableException)
            {
                Cancel.ThrowIfCancellationRequested();
            }
        }
    }

    private static async Task<Listing> ListAsync(IStore store)
    {
        while (true)
        {
            try
            {
                return await store.ListAsync(RecordKind.Block, Selector.Everything, Consistency.Linearizable, Cancel);
            }
            catch (StoreUnavailableException)
            {
                Cancel.ThrowIfCancellationRequested();
            }
        }
    }
}
