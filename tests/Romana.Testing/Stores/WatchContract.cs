using Romana.Ipam.Hosts;
using Romana.Ipam.Stores;
using Xunit;

namespace Romana.Testing.Stores;

/// <summary>The store port's promises about watches.</summary>
public abstract class WatchContract : RoughStoreContract
{
    /// <summary>Makes the store forget every change so far.</summary>
    protected abstract ValueTask ForgetHistoryAsync();

    protected static RecordKey Host(string name) => new(RecordKind.Host, name);

    protected static Expected Of(StoredRecord record)
    {
        ArgumentNullException.ThrowIfNull(record);
        return new(record.Version, record.Uid);
    }

    protected async Task<StoredRecord> CommitAsync(Write write) =>
        Assert.IsType<WriteResult.Committed>(await Store.WriteAsync(write, Cancel)).Record!;

    protected async Task<string[]> NamesAsync(RecordKind kind, Selector selector)
    {
        var listing = await Store.ListAsync(kind, selector, Consistency.Linearizable, Cancel);
        return [.. listing.Items.Select(record => record.Key.Name)];
    }

    [Fact]
    public async Task A_watch_tells_what_came_after_the_list_and_goes_on()
    {
        await CommitAsync(new Write.Create(Host("before"), "s0", "{}", default));
        var from = await NowAsync();
        var a = await CommitAsync(new Write.Create(Host("a"), "s1", "{}", default));
        await CommitAsync(new Write.Create(new(RecordKind.Beat, "other"), "s2", "{}", default));
        await using var watch = Watch(Selector.Everything, from);
        Assert.Equal(a, await NextPutAsync(watch));
        var b = await CommitAsync(new Write.UpdateStatus(Host("a"), "s3", Of(a), "1"));
        Assert.Equal(b, await NextPutAsync(watch));
        await Store.WriteAsync(new Write.Delete(Host("a"), "s4", Of(b)), Cancel);
        Assert.Equal(new WatchEvent.Deleted(Host("a"), a.Uid), await NextAsync(watch));
    }

    [Fact]
    public async Task A_watch_wakes_for_a_change_by_another_user_of_the_store()
    {
        var other = await SameStoreAsync();
        await using var watch = Watch(Selector.Everything, await NowAsync());
        var next = NextPutAsync(watch);
        var made = await other.WriteAsync(new Write.Create(Host("a"), "s1", "{}", default), Cancel);
        Assert.Equal(Assert.IsType<WriteResult.Committed>(made).Record, await next);
    }

    [Fact]
    public async Task A_watch_resumed_at_a_bookmark_repeats_nothing()
    {
        await using var first = Watch(Selector.Everything, await NowAsync());
        await CommitAsync(new Write.Create(Host("a"), "s1", "{}", default));
        await NextPutAsync(first);
        var bookmark = await NextBookmarkAsync(first);
        var b = await CommitAsync(new Write.Create(Host("b"), "s2", "{}", default));
        await using var second = Watch(Selector.Everything, bookmark);
        Assert.Equal(b, await NextPutAsync(second));
    }

    [Fact]
    public async Task A_record_made_again_is_told_as_gone_before_it_is_told_as_new()
    {
        var first = await CommitAsync(new Write.Create(Host("a"), "s1", "{}", default));
        var from = await NowAsync();
        await Store.WriteAsync(new Write.Delete(Host("a"), "s2", Of(first)), Cancel);
        var second = await CommitAsync(new Write.Create(Host("a"), "s3", "{}", default));
        await using var watch = Watch(Selector.Everything, from);
        Assert.Equal(new WatchEvent.Deleted(Host("a"), first.Uid), await NextAsync(watch));
        Assert.Equal(second, await NextPutAsync(watch));
    }

    [Fact]
    public async Task A_watch_of_one_host_is_told_when_a_record_comes_and_when_it_leaves()
    {
        await using var watch = Watch(new Selector.OfHost(new("h-1")), await NowAsync());
        var foreign = await CommitAsync(new Write.Create(Host("a"), "s1", "{}", new HostUid("h-2")));
        var mine = await CommitAsync(new Write.UpdateSpec(Host("a"), "s2", Of(foreign), "{}", new HostUid("h-1")));
        Assert.Equal(mine, await NextPutAsync(watch));
        await CommitAsync(new Write.UpdateSpec(Host("a"), "s3", Of(mine), "{}", new HostUid("h-2")));
        Assert.Equal(new WatchEvent.Deleted(Host("a"), mine.Uid), await NextAsync(watch));
    }

    [Fact]
    public async Task A_watch_of_a_group_is_told_of_its_blocks_only()
    {
        var group = new Selector.Group(Ipam.Addressing.Cidr.Parse("10.0.0.0/24"));
        await using var watch = Store.WatchAsync(RecordKind.Block, group, await NowAsync(), Cancel).GetAsyncEnumerator(Cancel);
        await CommitAsync(new Write.Create(new(RecordKind.Block, "4-0a000100"), "s1", "{}", default));
        var inside = await CommitAsync(new Write.Create(new(RecordKind.Block, "4-0a000040"), "s2", "{}", default));
        Assert.Equal(inside, await NextPutAsync(watch));
    }

    [Fact]
    public async Task A_forgotten_or_foreign_past_is_expired_and_ends_the_watch()
    {
        var from = await NowAsync();
        await CommitAsync(new Write.Create(Host("a"), "s1", "{}", default));
        await ForgetHistoryAsync();
        foreach (var snapshot in new[] { from, new Snapshot("another-store:7:x"), new Snapshot("nonsense") })
        {
            await using var watch = Watch(Selector.Everything, snapshot);
            Assert.IsType<WatchEvent.Expired>(await NextAsync(watch));
            Assert.False(await watch.MoveNextAsync());
        }

        await using var again = Watch(Selector.Everything, await NowAsync());
        var b = await CommitAsync(new Write.Create(Host("b"), "s2", "{}", default));
        Assert.Equal(b, await NextPutAsync(again));
    }

    [Fact]
    public async Task A_cancelled_watch_ends()
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        await using var watch = Store.WatchAsync(RecordKind.Host, Selector.Everything, await NowAsync(), stop.Token)
            .GetAsyncEnumerator(stop.Token);
        var next = NextAsync(watch);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => next);
    }

    private async Task<Snapshot> NowAsync() =>
        (await Store.ListAsync(RecordKind.Host, Selector.Everything, Consistency.Linearizable, Cancel)).Snapshot;

    private IAsyncEnumerator<WatchEvent> Watch(Selector selector, Snapshot from) =>
        Store.WatchAsync(RecordKind.Host, selector, from, Cancel).GetAsyncEnumerator(Cancel);

    private static async Task<StoredRecord> NextPutAsync(IAsyncEnumerator<WatchEvent> watch) =>
        Assert.IsType<WatchEvent.Put>(await NextAsync(watch)).Record;

    /// <summary>The next event that is not a bookmark.</summary>
    private static async Task<WatchEvent> NextAsync(IAsyncEnumerator<WatchEvent> watch)
    {
        do Assert.True(await watch.MoveNextAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(20), Cancel));
        while (watch.Current is WatchEvent.Bookmark);
        return watch.Current;
    }

    private static async Task<Snapshot> NextBookmarkAsync(IAsyncEnumerator<WatchEvent> watch)
    {
        do Assert.True(await watch.MoveNextAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(20), Cancel));
        while (watch.Current is not WatchEvent.Bookmark);
        return ((WatchEvent.Bookmark)watch.Current).Snapshot;
    }
}
