using Romana.Ipam.Addressing;
using Romana.Ipam.Attachments;
using Romana.Ipam.Blocks;
using Romana.Ipam.Stores;
using Xunit;

namespace Romana.Testing.Stores;

/// <summary>The journal port's promises, to be met by every form of it.</summary>
public abstract class JournalContract : IDisposable
{
    private static readonly DateTimeOffset Noon = new(2026, 5, 1, 12, 0, 0, TimeSpan.Zero);

    protected abstract IJournal Journal { get; }

    /// <summary>The journal as the next process would find it.</summary>
    protected abstract void Reopen();

    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing) => Journal.Dispose();

    [Fact]
    public void A_new_journal_is_empty()
    {
        var contents = Journal.Load();
        Assert.Equal(new JournalHead("", 0), contents.Head);
        Assert.Empty(contents.Blocks);
        Assert.Empty(contents.Attachments);
        Assert.Empty(contents.Releases);
    }

    [Theory]
    [InlineData(Durability.ProcessCrash)]
    [InlineData(Durability.PowerLoss)]
    public void A_commit_is_there_when_the_journal_is_opened_again(Durability durability)
    {
        JournalBlock[] blocks =
        [
            new(Cidr.Parse("10.0.0.0/29"), "pods", 3, Owner.Host, false) { Routed = true, AgreedTo = "proposal" },
            new(Cidr.Parse("10.0.0.8/29"), "pods", 1, null, true),
            new(Cidr.Parse("10.0.0.16/29"), "pods", 3, null, false) { Recalled = true, Doubted = true },
            new(Cidr.Parse("fd00::/120"), "pods6", 9, new Owner("tenant", "segment"), false),
        ];
        JournalAttachment[] attachments = [Row("c1", "10.0.0.1", new Owner("t")), Row("c1", "fd00::1", new Owner("t", "s"))];
        var release = new JournalRelease(IpAddress.Parse("10.0.0.2"), Noon.AddTicks(1));
        Journal.Commit(
        [
            new JournalChange.SetBoot("boot-1"), new JournalChange.SetRestored(Noon), .. blocks.Select(block => new JournalChange.PutBlock(block)),
            .. attachments.Select(row => new JournalChange.Attach(row)), new JournalChange.Release(release),
        ], durability);
        Reopen();
        var contents = Journal.Load();
        Assert.Equal(new JournalHead("boot-1", 1, Noon), contents.Head);
        Assert.Equal(blocks, contents.Blocks);
        Assert.Equal(attachments, contents.Attachments);
        Assert.Equal([release], contents.Releases);
    }

    [Fact]
    public void Every_commit_counts_one()
    {
        Assert.Equal(1, Journal.Commit([], Durability.ProcessCrash).Counter);
        Assert.Equal(2, Journal.Commit([new JournalChange.SetBoot("b")], Durability.PowerLoss).Counter);
        Reopen();
        Assert.Equal(new JournalHead("b", 3), Journal.Commit([], Durability.ProcessCrash));
    }

    [Fact]
    public void Blocks_and_releases_are_replaced_by_their_key_and_removed()
    {
        var block = new JournalBlock(Cidr.Parse("10.0.0.0/29"), "pods", 1, null, false);
        var release = new JournalRelease(IpAddress.Parse("10.0.0.2"), Noon);
        Journal.Commit([new JournalChange.PutBlock(block), new JournalChange.Release(release)], Durability.PowerLoss);
        Journal.Commit([new JournalChange.PutBlock(block with { Epoch = 2 }),
            new JournalChange.Release(release with { At = Noon.AddHours(1) })], Durability.PowerLoss);
        Assert.Equal([block with { Epoch = 2 }], Journal.Load().Blocks);
        Assert.Equal([release with { At = Noon.AddHours(1) }], Journal.Load().Releases);
        Journal.Commit([new JournalChange.RemoveBlock(block.Cidr), new JournalChange.ForgetRelease(release.Address)],
            Durability.PowerLoss);
        Reopen();
        Assert.Empty(Journal.Load().Blocks);
        Assert.Empty(Journal.Load().Releases);
    }

    [Fact]
    public void A_used_address_fails_the_whole_commit() => Refused(Row("c2", "10.0.0.1"));

    [Fact]
    public void A_used_key_fails_the_whole_commit() => Refused(Row("c1", "10.0.0.9"));

    private void Refused(JournalAttachment second)
    {
        Journal.Commit([new JournalChange.Attach(Row("c1", "10.0.0.1"))], Durability.ProcessCrash);
        Assert.Throws<InvalidOperationException>(() => Journal.Commit(
            [new JournalChange.SetBoot("b"), new JournalChange.Attach(Row("c3", "10.0.0.3")), new JournalChange.Attach(second)],
            Durability.ProcessCrash));
        Assert.Equal(("", 1L), (Journal.Load().Head.BootId, Journal.Load().Head.Counter));
        Assert.Equal([Row("c1", "10.0.0.1")], Journal.Load().Attachments);
        Assert.Equal(2, Journal.Commit([new JournalChange.Attach(Row("c3", "10.0.0.3"))], Durability.ProcessCrash).Counter);
        Reopen();
        Assert.Equal(2, Journal.Load().Attachments.Count);
    }

    [Fact]
    public void Detach_takes_all_rows_of_the_key_and_frees_it()
    {
        Journal.Commit([new JournalChange.Attach(Row("c1", "10.0.0.1")), new JournalChange.Attach(Row("c1", "fd00::1")),
            new JournalChange.Attach(Row("c2", "10.0.0.2"))], Durability.ProcessCrash);
        Journal.Commit([new JournalChange.Detach(new("c1", "eth0")), new JournalChange.Detach(new("none", "eth0"))],
            Durability.ProcessCrash);
        Assert.Equal([Row("c2", "10.0.0.2")], Journal.Load().Attachments);
        Journal.Commit([new JournalChange.Detach(new("c2", "eth0")), new JournalChange.Attach(Row("c2", "10.0.0.1"))],
            Durability.ProcessCrash);
        Reopen();
        Assert.Equal([Row("c2", "10.0.0.1")], Journal.Load().Attachments);
    }

    [Fact]
    public void Another_interface_of_the_same_container_is_another_key()
    {
        Journal.Commit([new JournalChange.Attach(Row("c1", "10.0.0.1"))], Durability.ProcessCrash);
        Journal.Commit([new JournalChange.Attach(Row("c1", "10.0.0.2") with { Key = new("c1", "net1") })], Durability.ProcessCrash);
        Journal.Commit([new JournalChange.Detach(new("c1", "eth0"))], Durability.ProcessCrash);
        Assert.Equal(IpAddress.Parse("10.0.0.2"), Assert.Single(Journal.Load().Attachments).Address);
    }

    [Fact]
    public void Rows_come_in_address_order()
    {
        string[] ordered = ["9.0.0.1", "10.0.0.1", "10.0.0.10", "10.0.1.0", "::1", "fd00::1"];
        foreach (var address in ordered.Reverse())
            Journal.Commit([new JournalChange.Attach(Row(address, address)),
                new JournalChange.Release(new(IpAddress.Parse(address), Noon))], Durability.ProcessCrash);
        Reopen();
        Assert.Equal(ordered, Journal.Load().Attachments.Select(row => row.Address.ToString()));
        Assert.Equal(ordered, Journal.Load().Releases.Select(row => row.Address.ToString()));
    }

    private static JournalAttachment Row(string container, string address, Owner? owner = null) =>
        new(new(container, "eth0"), IpAddress.Parse(address), "pods", owner ?? Owner.Host, Noon.AddTicks(7));
}
