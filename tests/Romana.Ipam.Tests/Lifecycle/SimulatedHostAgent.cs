using Romana.Ipam.Attachments;
using Romana.Ipam.Blocks;
using Romana.Ipam.Hosts;
using Romana.Ipam.Planning;
using Romana.Ipam.Stores;
using Romana.Ipam.Topologies;

namespace Romana.Ipam.Tests.Lifecycle;

// The agent's look at the store.
internal sealed partial class SimulatedHost
{
    private static readonly LifecycleDemand Demand = new(4, 2);

    private List<NetworkTerms> _terms = [];
    private bool _mayServe = true;

    /// <summary>
    /// Own record, blocks, topology, in this order; what follows is durable, then reported: the own record first, so that
    /// whoever sees a word on a block sees the journal's counter too.
    /// </summary>
    private async IAsyncEnumerable<bool> SyncAsync()
    {
        var store = _cluster.Store;
        if (await store.GetAsync(RecordTypes.Hosts, Uid.Text, Consistency.Linearizable, CancellationToken.None) is not { } own) yield break;
        _mayServe = true;
        yield return true;
        var mine = (await store.ListAsync(RecordTypes.Blocks, new Selector.OfHost(Uid), Consistency.Linearizable, CancellationToken.None)).Items.ToList();
        foreach (var key in Book.ToVerify(mine.Select(block => block.Key.Name)))
            if (await store.GetAsync(RecordTypes.Blocks, key, Consistency.Linearizable, CancellationToken.None) is { } other) mine.Add(other);
        yield return true;
        if (await store.GetAsync(RecordTypes.Topology, RecordTypes.TopologyName, Consistency.Linearizable, CancellationToken.None) is not { } topology) yield break;
        yield return true;
        var (space, proposed) = _cluster.Spaces(topology);
        Book.Unbind(_cluster.Now);
        Learn(space, proposed, topology.Spec.Proposal?.Id);
        var words = new List<Write>();
        foreach (var block in mine)
        {
            if (Consider(block, own.Spec, topology.Spec, space, proposed) is { } word) words.Add(RecordTypes.Blocks.UpdateStatus(block, Stamp.New(), word));
            yield return true;
        }

        var status = RecordTypes.Hosts.UpdateStatus(own, Stamp.New(), Book.Status(Demand, own.Status, topology.Spec.Review?.Id));
        if (await store.WriteAsync(status, CancellationToken.None) is not WriteResult.Committed) yield break;
        foreach (var word in words)
        {
            yield return true;
            await store.WriteAsync(word, CancellationToken.None);
        }
    }

    private BlockStatus? Consider(TypedRecord<BlockSpec, BlockStatus> block, HostSpec own, TopologySpec topology, CommittedSpace space, CommittedSpace? proposed)
    {
        if (_cluster.Breach == Breach.I3GroupNotCompared && space.HomeOf(block.Spec.Cidr) is { } home)
            own = own with { Groups = own.Groups.SetItem(home.Network.Name, home.Leaf.Cidr) };
        var reading = new BlockReading { Block = block.Spec, Said = block.Status, Own = own, Topology = topology, Space = space };
        var word = Book.Consider(reading, Uid);
        _cluster.Onlooker.Considered(this, block.Spec, word);
        return word is { Phase: BlockPhase.Accepted } && proposed is not null
            ? word with { Answer = Book.Answer(topology.Proposal!, proposed, block.Spec.Cidr) } : word;
    }

    private void Learn(CommittedSpace space, CommittedSpace? proposed, string? proposalId)
    {
        _terms = [.. space.Layout.Networks.Select(network => new NetworkTerms
        {
            Network = _cluster.Breach == Breach.I4OwnersShare ? network with { Owner = OwnerMode.Host } : network,
            Exclusions = _cluster.Breach == Breach.I7GatewayForgotten
                ? Exclusions.Of(network with { Gateway = null, Reserved = [] }, space.BlackOuts) : space.Exclusions(network),
            Proposed = proposed?.Layout.Network(network.Name) is { } next ? proposed.Exclusions(next) : null,
            ProposalId = proposalId,
            Nodes = Documents.Nodes,
            Announced = network.Name == "b",
        })];
        Book.Learn(_terms);
    }

    /// <summary>A dead incarnation that goes on talking: of any block it ever heard of it says that it gave it back.</summary>
    public async Task BabbleAsync(Random random)
    {
        var blocks = await _cluster.Store.ListAsync(RecordTypes.Blocks, Selector.Everything, Consistency.Linearizable, CancellationToken.None);
        if (blocks.Items.Count == 0) return;
        var block = blocks.Items[random.Next(blocks.Items.Count)];
        var lie = new BlockStatus { Host = Uid, Epoch = block.Spec.Epoch - random.Next(2), Phase = BlockPhase.Returned };
        await _cluster.Store.WriteAsync(RecordTypes.Blocks.UpdateStatus(block, Stamp.New(), lie), CancellationToken.None);
    }
}
