using Romana.Ipam.Hosts;
using Romana.Ipam.Stores;
using Xunit;

namespace Romana.Testing.Stores;

/// <summary>The store port's promises about reads and writes, to be met by every form of it.</summary>
public abstract class StoreContract : WatchContract
{
    [Fact]
    public async Task A_created_record_is_read_back_whole()
    {
        var created = await CommitAsync(new Write.Create(Host("a"), "s1", """{"n":"é\u0000"}""", new HostUid("h-1")));
        Assert.Equal((Host("a"), "s1", """{"n":"é\u0000"}""", null), (created.Key, created.Stamp, created.Spec, created.Status));
        Assert.Equal(new HostUid("h-1"), created.Host);
        Assert.NotEmpty(created.Uid);
        Assert.Equal(created, await ReadAsync(Store, Host("a")));
        Assert.Null(await ReadAsync(Store, new RecordKey(RecordKind.Beat, "a")));
    }

    [Fact]
    public async Task Create_meets_what_exists_and_leaves_it_alone()
    {
        var first = await CommitAsync(new Write.Create(Host("a"), "s1", "1", default));
        var second = await Store.WriteAsync(new Write.Create(Host("a"), "s2", "2", default), Cancel);
        Assert.Equal(first, Assert.IsType<WriteResult.Exists>(second).Current);
        Assert.Equal(first, await ReadAsync(Store, Host("a")));
    }

    [Fact]
    public async Task Each_half_is_written_alone_under_one_version()
    {
        var created = await CommitAsync(new Write.Create(Host("a"), "s1", "spec1", new HostUid("h-1")));
        var status = await CommitAsync(new Write.UpdateStatus(Host("a"), "s2", Of(created), "status1"));
        var spec = await CommitAsync(new Write.UpdateSpec(Host("a"), "s3", Of(status), "spec2", new HostUid("h-2")));
        Assert.Equal(("spec1", "status1", "s2", new HostUid("h-1")), (status.Spec, status.Status, status.Stamp, status.Host));
        Assert.Equal(("spec2", "status1", "s3", new HostUid("h-2")), (spec.Spec, spec.Status, spec.Stamp, spec.Host));
        Assert.Equal(created.Uid, spec.Uid);
        Assert.Equal(3, new[] { created, status, spec }.Select(record => record.Version).Distinct().Count());
        Assert.Equal(spec, await ReadAsync(Store, Host("a")));
    }

    [Fact]
    public async Task A_stale_version_conflicts_and_changes_nothing()
    {
        var old = await CommitAsync(new Write.Create(Host("a"), "s1", "1", default));
        var now = await CommitAsync(new Write.UpdateSpec(Host("a"), "s2", Of(old), "2", default));
        Write[] late =
        [
            new Write.UpdateSpec(Host("a"), "s3", Of(old), "3", default),
            new Write.UpdateStatus(Host("a"), "s4", Of(old), "3"),
            new Write.Delete(Host("a"), "s5", Of(old)),
        ];
        foreach (var write in late)
            Assert.Equal(now, Assert.IsType<WriteResult.Conflict>(await Store.WriteAsync(write, Cancel)).Current);
        Assert.Equal(now, await ReadAsync(Store, Host("a")));
    }

    [Fact]
    public async Task A_write_to_what_is_gone_conflicts_with_nothing()
    {
        var record = await CommitAsync(new Write.Create(Host("a"), "s1", "1", default));
        Assert.Null(Assert.IsType<WriteResult.Committed>(
            await Store.WriteAsync(new Write.Delete(Host("a"), "s2", Of(record)), Cancel)).Record);
        Assert.Null(await ReadAsync(Store, Host("a")));
        Write[] late =
        [
            new Write.UpdateSpec(Host("a"), "s3", Of(record), "2", default),
            new Write.UpdateStatus(Host("a"), "s4", Of(record), "2"),
            new Write.Delete(Host("a"), "s5", Of(record)),
        ];
        foreach (var write in late)
            Assert.Null(Assert.IsType<WriteResult.Conflict>(await Store.WriteAsync(write, Cancel)).Current);
    }

    [Fact]
    public async Task A_record_created_again_is_another_one_without_status()
    {
        var first = await CommitAsync(new Write.Create(Host("a"), "same", "1", default));
        var status = await CommitAsync(new Write.UpdateStatus(Host("a"), "s2", Of(first), "old"));
        await Store.WriteAsync(new Write.Delete(Host("a"), "s3", Of(status)), Cancel);
        var second = await CommitAsync(new Write.Create(Host("a"), "same", "1", default));
        Assert.NotEqual(first.Uid, second.Uid);
        Assert.NotEqual(first.Version, second.Version);
        Assert.Null(second.Status);
        var mixed = new Expected(second.Version, first.Uid);
        Assert.IsType<WriteResult.Conflict>(await Store.WriteAsync(new Write.Delete(Host("a"), "s4", mixed), Cancel));
    }

    [Fact]
    public async Task Each_write_of_a_batch_stands_alone()
    {
        var old = await CommitAsync(new Write.Create(Host("old"), "s0", "0", default));
        var results = await Store.WriteAsync(
        [
            new Write.Create(Host("a"), "s1", "1", default),
            new Write.Create(Host("old"), "s2", "1", default),
            new Write.UpdateSpec(Host("old"), "s3", Of(old), "1", default),
            new Write.UpdateStatus(Host("old"), "s4", Of(old), "late"),
            new Write.Delete(Host("none"), "s5", Of(old)),
            new Write.Create(Host("b"), "s6", "1", default),
        ], Cancel);
        Assert.Equal(["Committed", "Exists", "Committed", "Conflict", "Conflict", "Committed"], results.Select(r => r.GetType().Name));
        Assert.Equal(["a", "b", "old"], await NamesAsync(RecordKind.Host, Selector.Everything));
        Assert.Empty(await Store.WriteAsync([], Cancel));
    }

    [Fact]
    public async Task A_list_is_one_kind_in_key_order_which_is_address_order()
    {
        foreach (var name in new[] { "6-00000000000000000000000000000000", "4-0a000100", "4-ff000000", "4-0a000080" })
            await CommitAsync(new Write.Create(new(RecordKind.Block, name), Stamp.New(), "{}", default));
        await CommitAsync(new Write.Create(Host("h"), Stamp.New(), "{}", default));
        Assert.Equal(["4-0a000080", "4-0a000100", "4-ff000000", "6-00000000000000000000000000000000"],
            await NamesAsync(RecordKind.Block, Selector.Everything));
        Assert.Empty(await NamesAsync(RecordKind.RouteTable, Selector.Everything));
    }

    [Theory]
    [InlineData("10.0.0.0/24", "4-0a000000", "4-0a000080")]
    [InlineData("10.0.1.0/24", "4-0a000100")]
    [InlineData("0.0.0.0/0", "4-0a000000", "4-0a000080", "4-0a000100", "4-ffffffff")]
    [InlineData("fd00::/8", "6-fd000000000000000000000000000000")]
    [InlineData("10.0.2.0/24")]
    public async Task A_group_selects_the_blocks_inside_it(string cidr, params string[] names)
    {
        string[] all = ["4-0a000000", "4-0a000080", "4-0a000100", "4-ffffffff", "6-00000000000000000000000000000001",
            "6-fd000000000000000000000000000000"];
        await Store.WriteAsync(
            [.. all.Select(name => new Write.Create(new(RecordKind.Block, name), Stamp.New(), "{}", default))], Cancel);
        Assert.Equal(names, await NamesAsync(RecordKind.Block, new Selector.Group(Ipam.Addressing.Cidr.Parse(cidr))));
    }

    [Fact]
    public async Task A_host_selects_the_records_that_carry_it_now()
    {
        var mine = await CommitAsync(new Write.Create(Host("a"), "s1", "{}", new HostUid("h-1")));
        await CommitAsync(new Write.Create(Host("b"), "s2", "{}", new HostUid("h-2")));
        await CommitAsync(new Write.Create(Host("c"), "s3", "{}", default));
        Assert.Equal(["a"], await NamesAsync(RecordKind.Host, new Selector.OfHost(new("h-1"))));
        await CommitAsync(new Write.UpdateSpec(Host("a"), "s4", Of(mine), "{}", new HostUid("h-2")));
        Assert.Empty(await NamesAsync(RecordKind.Host, new Selector.OfHost(new("h-1"))));
        Assert.Equal(["a", "b"], await NamesAsync(RecordKind.Host, new Selector.OfHost(new("h-2"))));
        Assert.Empty(await NamesAsync(RecordKind.Host, new Selector.OfHost(default)));
    }

    [Fact]
    public async Task A_large_record_fits()
    {
        var spec = new string('x', 1_000_000);
        await CommitAsync(new Write.Create(Host("a"), "s1", spec, default));
        Assert.Equal(spec, (await ReadAsync(Store, Host("a")))!.Spec);
    }

    [Fact]
    public async Task A_list_never_mixes_two_instants()
    {
        var first = await CommitAsync(new Write.Create(Host("1"), Stamp.New(), "0", default));
        var second = await CommitAsync(new Write.Create(Host("2"), Stamp.New(), "0", default));
        var other = await SameStoreAsync();
        var writing = Task.Run(async () =>
        {
            for (var i = 1; i <= 40; i++)
            {
                first = await CommitAsync(new Write.UpdateSpec(Host("1"), Stamp.New(), Of(first), $"{i}", default));
                second = await CommitAsync(new Write.UpdateSpec(Host("2"), Stamp.New(), Of(second), $"{i}", default));
            }
        }, Cancel);
        do
        {
            var items = (await other.ListAsync(RecordKind.Host, Selector.Everything, Consistency.Linearizable, Cancel)).Items;
            Assert.InRange(int.Parse(items[0].Spec) - int.Parse(items[1].Spec), 0, 1);
        }
        while (!writing.IsCompleted);

        await writing;
    }

    [Fact]
    public async Task An_answered_write_is_seen_by_every_other_user()
    {
        var other = await SameStoreAsync();
        var record = await CommitAsync(new Write.Create(Host("a"), "s1", "1", default));
        Assert.Equal(record, await ReadAsync(other, Host("a")));
        var reply = await other.WriteAsync(new Write.UpdateStatus(Host("a"), "s2", Of(record), "seen"), Cancel);
        Assert.Equal(Assert.IsType<WriteResult.Committed>(reply).Record, await ReadAsync(Store, Host("a")));
    }

    [Fact]
    public async Task A_cancelled_call_does_nothing()
    {
        var cancelled = new CancellationToken(canceled: true);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            async () => await Store.WriteAsync([new Write.Create(Host("a"), "s1", "1", default)], cancelled));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            async () => await Store.GetAsync(Host("a"), Consistency.Linearizable, cancelled));
        Assert.Null(await ReadAsync(Store, Host("a")));
    }
}
