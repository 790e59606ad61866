using Romana.Ipam.Addressing;
using Romana.Ipam.Attachments;
using Romana.Ipam.Blocks;
using Romana.Ipam.Hosts;
using Romana.Ipam.Planning;
using Romana.Ipam.Stores;
using Romana.Ipam.Topologies;

namespace Romana.Ipam.Tests.Planning;

/// <summary>An agent with its journal and pods.</summary>
internal sealed class SimulatedHost : IDisposable
{
    private readonly Cluster _cluster;
    private readonly InMemoryJournal _disk = new();
    private readonly FaultInjectingJournal _journal;
    private readonly List<AttachmentKey> _pods = [];
    private List<NetworkTerms> _terms = [];
    private int _boots;

    public SimulatedHost(Cluster cluster, int number, string name)
    {
        (_cluster, Name, Uid) = (cluster, name, new HostUid($"h-{number}"));
        Sighting = new HostSighting
        {
            Name = name,
            Evidence = new HostEvidence { InstanceId = $"i-{number}" },
            Addresses = [IpAddress.Parse("192.168.0.0").Plus((UInt128)number)],
        };
        _journal = new FaultInjectingJournal(_disk, new FaultPlan(number, new Dictionary<StoreFault, double> { [StoreFault.Unavailable] = 0.005 }));
        Book = AddressBook.Open(_journal, Opening());
    }

    public string Name { get; }

    public HostUid Uid { get; }

    public HostSighting Sighting { get; }

    public AddressBook Book { get; private set; }

    public IReadOnlyList<AttachmentKey> Pods => _pods;

    public void Dispose()
    {
        _journal.Dispose();
        _disk.Dispose();
    }

    public AddressOutcome Attach(AttachmentKey key)
    {
        var outcome = Book.Attach(new AddressRequest
        {
            Key = key,
            Tenant = $"tenant-{_cluster.Random.Next(2)}",
            Families = _cluster.Random.Next(3) == 0 ? [IpFamily.IPv4, IpFamily.IPv6] : [IpFamily.IPv4],
        }, _cluster.Now);
        if (outcome is AddressOutcome.Attached && !_pods.Contains(key)) _pods.Add(key);
        return outcome;
    }

    public void Detach(AttachmentKey key)
    {
        Book.Detach(key, _cluster.Now);
        _pods.Remove(key);
    }

    /// <summary>kill -9, or a reboot, which ends the pods.</summary>
    public void Restart(bool reboot)
    {
        if (reboot)
        {
            _boots++;
            _pods.Clear();
        }

        Book = AddressBook.Open(_journal, Opening());
        Book.Learn(_terms);
    }

    /// <summary>One look at the store: own record, then each block, then the topology; what follows is durable, then reported.</summary>
    public async Task SyncAsync()
    {
        var store = _cluster.Store;
        var own = await store.GetAsync(RecordTypes.Hosts, Uid.Text, Consistency.Linearizable, CancellationToken.None);
        if (own is null) return;
        Book.Unbind(_cluster.Now);
        var blocks = await store.ListAsync(RecordTypes.Blocks, new Selector.OfHost(Uid), Consistency.Linearizable, CancellationToken.None);
        var topology = await store.GetAsync(RecordTypes.Topology, "topology", Consistency.Linearizable, CancellationToken.None);
        if (topology is null) return;
        var space = CommittedSpace.Of(topology.Spec, Cluster.Layout(topology.Spec.Document));
        var proposed = topology.Spec.Proposal is { } proposal ? CommittedSpace.Of(proposal, Cluster.Layout(proposal.Document)) : null;
        Learn(space, proposed);
        var writes = new List<Write>();
        foreach (var block in blocks.Items)
        {
            var status = Book.Consider(new BlockReading { Block = block.Spec, Own = own.Spec, Topology = topology.Spec, Space = space }, Uid);
            if (status is { Phase: BlockPhase.Accepted } && proposed is not null)
                status = status with { Answer = Book.Answer(topology.Spec.Proposal!, proposed, block.Spec.Cidr) };
            if (status is not null) writes.Add(RecordTypes.Blocks.UpdateStatus(block, Stamp.New(), status));
        }

        writes.Add(RecordTypes.Hosts.UpdateStatus(own, Stamp.New(), Book.Status(new LifecycleDemand(4, 2), own.Status, topology.Spec.Review?.Id)));
        await store.WriteAsync(writes, CancellationToken.None);
    }

    private void Learn(CommittedSpace space, CommittedSpace? proposed)
    {
        _terms = [.. space.Layout.Networks.Select(network => new NetworkTerms
        {
            Network = network,
            Exclusions = space.Exclusions(network),
            Proposed = proposed?.Layout.Network(network.Name) is { } next ? proposed.Exclusions(next) : null,
        })];
        Book.Learn(_terms);
    }

    private BookOpening Opening() => new() { Now = _cluster.Now, BootId = $"boot-{_boots}" };
}
