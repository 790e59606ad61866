using Romana.Cloud.Control;
using Romana.Ipam.Blocks;
using Romana.Ipam.Hosts;
using Romana.Ipam.Stores;

namespace Romana.EndToEnd.Tests;

/// <summary>
/// The agents of all hosts as the store sees them: each speaks up, accepts what it is lent while no proposal is open, and
/// gives back what is recalled unless pods use it.
/// </summary>
internal sealed class FakeAgents : IAsyncDisposable
{
    private readonly Rig _rig;
    private readonly int _inUse;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _run;

    /// <param name="inUse">Addresses that pods use in every block.</param>
    public FakeAgents(Rig rig, int inUse = 0)
    {
        (_rig, _inUse) = (rig, inUse);
        _run = RunAsync();
    }

    /// <summary>Every block is accepted by its host.</summary>
    public Task AcceptedAsync() => _rig.UntilAsync(() => BlocksAsync().GetAwaiter().GetResult() is { Count: > 0 } blocks
        && blocks.All(block => BlockFacts.IsAccepted(block.Spec, block.Status)), "acceptance of every block");

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _run;
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        try
        {
            while (!_stop.IsCancellationRequested)
            {
                await PassAsync();
                await Task.Delay(TimeSpan.FromSeconds(1), _rig.Clock, _stop.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // The test is over.
        }
    }

    private async Task PassAsync()
    {
        var blocks = await BlocksAsync();
        var topology = await _rig.Store.GetAsync(RecordTypes.Topology, RecordTypes.TopologyName, Consistency.Linearizable, default);
        var hosts = (await _rig.Store.ListAsync(RecordTypes.Hosts, Selector.Everything, Consistency.Linearizable, default)).Items;
        foreach (var host in hosts.Where(host => host.Status is null))
            await _rig.Store.WriteSurelyAsync(RecordTypes.Hosts.UpdateStatus(host, Stamp.New(), new HostStatus { Version = "test" }), default);
        var admitted = hosts.Where(host => host.Spec.AgentAdmitted).Select(host => host.Spec.Uid).ToHashSet();
        foreach (var block in blocks.Where(block => admitted.Contains(block.Spec.Host)))
        {
            if (Next(block, topology?.Spec.Proposal is not null) is { } phase)
                await _rig.Store.WriteSurelyAsync(RecordTypes.Blocks.UpdateStatus(block, Stamp.New(), Word(block.Spec, phase)), default);
        }
    }

    private BlockPhase? Next(TypedRecord<BlockSpec, BlockStatus> block, bool proposalOpen) => (block.Spec.Intent, BlockFacts.Word(block.Spec, block.Status)) switch
    {
        (BlockIntent.Lent, null) when !proposalOpen => BlockPhase.Accepted,
        (BlockIntent.Recall, null or { Phase: BlockPhase.Accepted, InUse: 0 }) => BlockPhase.Returned,
        _ => null,
    };

    private BlockStatus Word(BlockSpec block, BlockPhase phase) =>
        new() { Host = block.Host, Epoch = block.Epoch, Phase = phase, InUse = phase == BlockPhase.Accepted ? _inUse : 0, Free = 60 - _inUse };

    private async Task<IReadOnlyList<TypedRecord<BlockSpec, BlockStatus>>> BlocksAsync() =>
        [.. (await _rig.Store.ListAsync(RecordTypes.Blocks, Selector.Everything, Consistency.Linearizable, default)).Items.Where(block => block.Spec.Intent != BlockIntent.Free)];
}
