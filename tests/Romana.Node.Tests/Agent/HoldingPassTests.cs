using Romana.Ipam.Attachments;
using Romana.Ipam.Blocks;
using Romana.Ipam.Hosts;

namespace Romana.Node.Tests.Agent;

/// <summary>The agent's pass over the store: what it takes, what it says, and when it says nothing.</summary>
public sealed class HoldingPassTests
{
    [Fact]
    public async Task A_granted_block_is_accepted_reported_and_then_serves()
    {
        using var host = await OneHost.RunningAsync();
        await host.LendAsync("10.0.0.8/29");
        Assert.IsType<AddressOutcome.Refused>(host.Attach("early"));
        await host.SyncAsync();
        Assert.Equal(BlockPhase.Accepted, (await host.BlockAsync("10.0.0.8/29"))!.Status!.Phase);
        Assert.Equal("10.0.0.8/29", Assert.Single((await host.StatusAsync())!.Held).Cidr.ToString());
        Assert.IsType<AddressOutcome.Attached>(host.Attach("a"));
    }

    [Fact]
    public async Task A_pass_that_finds_nothing_new_writes_nothing_and_a_pod_alone_is_nothing_new()
    {
        using var host = await OneHost.RunningAsync();
        await host.LendAsync("10.0.0.8/29");
        await host.SyncAsync();
        Assert.IsType<AddressOutcome.Attached>(host.Attach("first"));
        await host.SyncAsync();
        var before = (await host.BlockAsync("10.0.0.8/29"))!.Expected;
        var second = host.Attach("second");
        Assert.True(second is AddressOutcome.Attached, second.ToString());
        await host.SyncAsync();
        Assert.Equal(before, (await host.BlockAsync("10.0.0.8/29"))!.Expected);
    }

    [Fact]
    public async Task A_recalled_block_goes_back_when_its_last_pod_is_gone()
    {
        using var host = await OneHost.RunningAsync();
        await host.LendAsync("10.0.0.8/29");
        await host.SyncAsync();
        Assert.IsType<AddressOutcome.Attached>(host.Attach("a"));
        await host.ChangeAsync("10.0.0.8/29", block => block with { Intent = BlockIntent.Recall });
        await host.SyncAsync();
        Assert.Equal(BlockPhase.Accepted, (await host.BlockAsync("10.0.0.8/29"))!.Status!.Phase);
        Assert.IsType<AddressOutcome.Refused>(host.Attach("b"));
        host.Addresses.Detach(new AttachmentKey("a", "eth0"));
        await host.SyncAsync();
        Assert.Equal(BlockPhase.Returned, (await host.BlockAsync("10.0.0.8/29"))!.Status!.Phase);
        Assert.Empty((await host.StatusAsync())!.Held);
    }

    [Fact]
    public async Task I12_a_block_that_went_to_another_host_serves_no_more_although_no_list_shows_it()
    {
        using var host = await OneHost.RunningAsync();
        await host.LendAsync("10.0.0.8/29");
        await host.SyncAsync();
        await host.ChangeAsync("10.0.0.8/29", block => block with { Host = new HostUid("h-2"), Epoch = 2, RoutedEpoch = 2 });
        await host.SyncAsync();
        Assert.IsType<AddressOutcome.Refused>(host.Attach("a"));
        Assert.Empty((await host.StatusAsync())!.Held);
    }

    [Fact]
    public async Task I10_what_was_accepted_serves_after_a_crash_without_any_store()
    {
        using var host = await OneHost.RunningAsync();
        await host.LendAsync("10.0.0.8/29");
        await host.SyncAsync();
        var given = Assert.IsType<AddressOutcome.Attached>(host.Attach("a"));
        host.Start();
        host.Addresses.Learn(Terms());
        Assert.Equal(given.Rows, Assert.IsType<AddressOutcome.Attached>(host.Attach("a")).Rows);
        Assert.NotEqual(given.Rows[0].Address, Assert.IsType<AddressOutcome.Attached>(host.Attach("b")).Rows[0].Address);
    }

    [Fact]
    public async Task I6_a_restored_journal_hands_out_nothing_until_the_store_has_confirmed_its_blocks_and_they_have_rested()
    {
        using var host = await OneHost.RunningAsync();
        await host.LendAsync("10.0.0.8/29");
        await host.SyncAsync();
        var copy = host.Journal.State;
        Assert.IsType<AddressOutcome.Attached>(host.Attach("a"));
        await host.SyncAsync();
        host.Journal.State = copy;
        host.Start();
        await host.SyncAsync();
        Assert.Equal(ShortageReason.TooYoung, Assert.IsType<AddressOutcome.Refused>(host.Attach("b")).Reason);
        host.Clock.Advance(TimeSpan.FromSeconds(61));
        Assert.Empty(Assert.IsType<AddressOutcome.Attached>(host.Attach("b")).EarlyReuse);
    }

    [Fact]
    public async Task A_host_that_the_controller_does_not_know_yet_holds_nothing()
    {
        using var host = new OneHost();
        await host.CommitAsync(OneHost.Flat);
        host.Start();
        Assert.Null((await host.SyncAsync()).Own);
    }

    private static System.Collections.Immutable.ImmutableArray<NetworkTerms> Terms()
    {
        var layout = Ipam.Topologies.TopologyDocument.Read(OneHost.Flat).Topology!;
        return [new NetworkTerms { Network = layout.Networks[0], Exclusions = Exclusions.Of(layout.Networks[0], []) }];
    }
}
