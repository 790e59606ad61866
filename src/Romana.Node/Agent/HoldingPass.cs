using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Romana.Ipam.Addressing;
using Romana.Ipam.Attachments;
using Romana.Ipam.Blocks;
using Romana.Ipam.Hosts;
using Romana.Ipam.Stores;
using Romana.Ipam.Topologies;
using Romana.Node.Planning.Vlans;

namespace Romana.Node.Agent;

/// <summary>What the newest pass over the store found; what kernel and runtime are told hangs on it.</summary>
/// <param name="Own">Null: the controller knows no such host yet.</param>
/// <param name="Topology">Null: there is none yet.</param>
internal sealed record Holding(HostSpec? Own, LaidTopology? Topology, int Blocks)
{
    public CommittedSpace? Space => Topology?.Space;

    /// <summary>Something was said to the store: another look shows what came of it.</summary>
    public bool HasSpoken { get; init; }

    /// <summary>What the book decided upon; the words are those of the pass before.</summary>
    public IReadOnlyList<TypedRecord<BlockSpec, BlockStatus>> Read { get; init; } = [];

    /// <summary>This host's own in its VLANs.</summary>
    public ImmutableSortedDictionary<string, IpAddress> NodeAddresses { get; init; } = ImmutableSortedDictionary<string, IpAddress>.Empty;
}

/// <summary>
/// Blocks in, words out: reads own host record, blocks and topology in this order (decision 0010), lets the book decide,
/// and reports. What the book decided is durable before it is written here.
/// </summary>
internal sealed partial class HoldingPass(IStore store, PodAddresses addresses, HostUid self, LifecycleDemand demand, ILogger log)
{
    /// <summary>After the first word of this process the store's counter is its own, and says nothing of a copy.</summary>
    private bool _compared;

    private LaidTopology? _laid;

    /// <summary>Interfaces and addresses of this host, as its kernel shows them.</summary>
    public Func<VlanLook> Here { get; init; } = () => new VlanLook { Interfaces = [], Addresses = [] };

    /// <exception cref="StoreUnavailableException">Nothing is concluded; pods go on with what the journal knows.</exception>
    /// <exception cref="JournalUnavailableException"/>
    public async Task<Holding> RunAsync(CancellationToken cancel)
    {
        var own = await store.GetAsync(RecordTypes.Hosts, self.Text, Consistency.Linearizable, cancel).ConfigureAwait(false);
        if (own is null) return new Holding(null, null, 0);
        if (!_compared && addresses.ReopenIfRestored(own.Status)) LogRestored();
        _compared = true;
        var blocks = await BlocksAsync(cancel).ConfigureAwait(false);
        var topology = await store.GetAsync(RecordTypes.Topology, RecordTypes.TopologyName, Consistency.Linearizable, cancel).ConfigureAwait(false);
        var laid = topology is null ? null : LaidTopology.Of(topology.Spec, _laid);
        _laid = laid ?? _laid;
        IReadOnlyList<TypedRecord<HostSpec, HostStatus>> others = laid is null ? [] : await LearnAsync(own.Spec, laid, cancel).ConfigureAwait(false);
        var nodes = NodeAddresses.None;
        var writes = addresses.Turn(book => Decide(book, own, blocks, laid, held => nodes = Nodes(own, others, laid, held)));
        await ReportAsync(writes, cancel).ConfigureAwait(false);
        return new Holding(own.Spec, laid, blocks.Count(block => block.Spec.Host == self && block.Spec.Intent == BlockIntent.Lent))
        {
            Read = blocks,
            HasSpoken = writes.Count > 0,
            NodeAddresses = nodes.Use,
        };
    }

    /// <summary>Those lent to this host, and those that it holds and that the list did not show: another may have them now.</summary>
    private async Task<IReadOnlyList<TypedRecord<BlockSpec, BlockStatus>>> BlocksAsync(CancellationToken cancel)
    {
        var listed = (await store.ListAsync(RecordTypes.Blocks, new Selector.OfHost(self), Consistency.Linearizable, cancel).ConfigureAwait(false)).Items.ToList();
        foreach (var key in addresses.Turn(book => book.ToVerify(listed.Select(block => block.Key.Name))))
        {
            if (await store.GetAsync(RecordTypes.Blocks, key, Consistency.Linearizable, cancel).ConfigureAwait(false) is { } other) listed.Add(other);
        }

        return listed;
    }

    /// <returns>Other hosts, if any network needs to know of them: asked for, since a cache may not know yet what one has said (decision 0041).</returns>
    private async Task<IReadOnlyList<TypedRecord<HostSpec, HostStatus>>> LearnAsync(HostSpec own, LaidTopology topology, CancellationToken cancel)
    {
        IReadOnlyList<TypedRecord<HostSpec, HostStatus>> hosts = topology.Space.Layout.Networks.Any(network => network.IsL2)
            ? (await store.ListAsync(RecordTypes.Hosts, Selector.Everything, Consistency.Linearizable, cancel).ConfigureAwait(false)).Items : [];
        addresses.Learn(OwnNetworks.Terms(own, topology.Space, topology.Spec.Proposal, topology.Proposed, hosts.Select(host => host.Status?.NodeAddresses).OfType<ImmutableSortedDictionary<string, NodeAddress>>()));
        return [.. hosts.Where(host => host.Spec.Uid != own.Uid)];
    }

    private NodeAddresses Nodes(TypedRecord<HostSpec, HostStatus> own, IReadOnlyList<TypedRecord<HostSpec, HostStatus>> others, LaidTopology? topology, ImmutableArray<HeldBlock> held) =>
        topology is null || !topology.Space.Layout.Networks.Any(network => network.IsL2) ? NodeAddresses.None : NodeAddressing.Plan(new NodeAddressFacts
        {
            Own = own.Spec,
            Written = own.Status?.NodeAddresses ?? NodeAddresses.None.Say,
            Others = [.. others.Where(host => host.Status is not null).Select(host => (host.Spec.Uid, host.Status!))],
            Space = topology.Space,
            Held = [.. held.Select(block => block.Cidr)],
            Here = Here(),
        });

    private List<Write> Decide(AddressBook book, TypedRecord<HostSpec, HostStatus> own,
        IReadOnlyList<TypedRecord<BlockSpec, BlockStatus>> blocks, LaidTopology? laid, Func<ImmutableArray<HeldBlock>, NodeAddresses> nodes)
    {
        var topology = laid?.Spec;
        var writes = new List<Write>();
        foreach (var block in blocks)
        {
            var status = book.Consider(new BlockReading { Block = block.Spec, Said = block.Status, Own = own.Spec, Topology = topology, Space = laid?.Space }, self);
            if (status is { Phase: BlockPhase.Accepted } && topology?.Proposal is { } proposal && laid?.Proposed is { } proposed)
                status = status with { Answer = book.Answer(proposal, proposed, block.Spec.Cidr) };
            if (status is null || IsSaid(block.Status, status)) continue;
            LogWord(block.Spec.Cidr, status.Epoch, status.Phase);
            writes.Add(RecordTypes.Blocks.UpdateStatus(block, Stamp.New(), status));
        }

        var said = book.Status(demand, own.Status, topology?.Review?.Id) with { Version = AgentVersion.Text };
        said = said with { NodeAddresses = nodes(said.Held).Say };
        if (!IsSaid(own.Status, said)) writes.Add(RecordTypes.Hosts.UpdateStatus(own, Stamp.New(), said));
        return writes;
    }

    /// <summary>Counts change with every pod: they alone are no reason for a write, or each ADD would be one.</summary>
    private static bool IsSaid(BlockStatus? before, BlockStatus now) => before is not null
        && before.Host == now.Host && before.Epoch == now.Epoch && before.Phase == now.Phase && before.Owner == now.Owner
        && IsSaid(before.Answer, now.Answer) && (before.InUse == 0) == (now.InUse == 0) && (before.Free == 0) == (now.Free == 0);

    private static bool IsSaid(ProposalAnswer? before, ProposalAnswer? now) => ReferenceEquals(before, now)
        || before is not null && now is not null && before.ProposalId == now.ProposalId && before.Refusals.SequenceEqual(now.Refusals);

    /// <summary>The journal's counter grows with every pod and is told along with whatever else there is to tell.</summary>
    private static bool IsSaid(HostStatus? before, HostStatus now) => before is not null
        && before.Wants.SequenceEqual(now.Wants) && before.Held.SequenceEqual(now.Held)
        && before.HighestEpoch == now.HighestEpoch && before.SeenReview == now.SeenReview && before.Version == now.Version
        && before.NodeAddresses.SequenceEqual(now.NodeAddresses);

    /// <summary>A conflict means that somebody wrote since: the watch brings the next pass, which reads anew.</summary>
    private async Task ReportAsync(List<Write> writes, CancellationToken cancel)
    {
        if (writes.Count == 0) return;
        var results = await store.WriteSurelyAsync(writes, cancel).ConfigureAwait(false);
        if (results.OfType<WriteResult.Unavailable>().FirstOrDefault() is { } down) throw new StoreUnavailableException(down.Reason);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "block {Block}, epoch {Epoch}: {Phase}")]
    private partial void LogWord(Cidr block, long epoch, BlockPhase phase);

    [LoggerMessage(Level = LogLevel.Warning, Message = "the journal is a restored copy: its blocks serve again once the store has confirmed each")]
    private partial void LogRestored();
}
