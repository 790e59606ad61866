using Romana.Ipam.Addressing;
using Romana.Ipam.Attachments;
using Romana.Ipam.Blocks;
using Romana.Ipam.Hosts;
using Romana.Ipam.Planning;
using Romana.Ipam.Stores;
using Romana.Ipam.Topologies;

namespace Romana.EndToEnd.Tests;

/// <summary>What an agent does with store and journal, without a kernel: it finds its record by its instance id.</summary>
internal sealed class RigAgent : IDisposable
{
    private readonly Rig _rig;
    private readonly string _instance;
    private readonly InMemoryJournal _journal = new();
    private readonly AddressBook _book;

    public RigAgent(Rig rig, string host)
    {
        (_rig, _instance) = (rig, rig.Vpc.State.FindInstance(host)!.Id);
        _book = AddressBook.Open(_journal, new BookOpening { Now = rig.Clock.GetUtcNow(), BootId = "boot" });
    }

    public IReadOnlyList<HeldBlock> Held => _book.Status(new LifecycleDemand(), null, null).Held;

    public HostUid Uid { get; private set; }

    public void Dispose() => _journal.Dispose();

    public AddressOutcome Attach(string pod) =>
        _book.Attach(new AddressRequest { Key = new AttachmentKey(pod, "eth0") }, _rig.Clock.GetUtcNow());

    /// <summary>Own record, blocks, topology, in this order; what follows is durable, then reported.</summary>
    public async Task LookAsync()
    {
        var hosts = await _rig.Store.ListAsync(RecordTypes.Hosts, Selector.Everything, Consistency.Linearizable, CancellationToken.None);
        if (hosts.Items.FirstOrDefault(host => host.Spec.Evidence.InstanceId == _instance && host.Spec.Condition != HostCondition.Dead) is not { } own) return;
        Uid = own.Spec.Uid;
        var blocks = await _rig.Store.ListAsync(RecordTypes.Blocks, Selector.Everything, Consistency.Linearizable, CancellationToken.None);
        var topology = await _rig.Store.GetAsync(RecordTypes.Topology, RecordTypes.TopologyName, Consistency.Linearizable, CancellationToken.None);
        if (topology is null || TopologyDocument.Read(topology.Spec.Document).Topology is not { } layout) return;
        var space = CommittedSpace.Of(topology.Spec, layout);
        _book.Learn(layout.Networks.Select(network => new NetworkTerms { Network = network, Exclusions = space.Exclusions(network), Announced = true }));
        var held = Held.Select(block => BlockKey.Of(block.Cidr)).ToHashSet(StringComparer.Ordinal);
        var words = new List<Write>();
        foreach (var block in blocks.Items.Where(block => block.Spec.Host == Uid || held.Contains(block.Key.Name)))
        {
            var reading = new BlockReading { Block = block.Spec, Said = block.Status, Own = own.Spec, Topology = topology.Spec, Space = space };
            if (_book.Consider(reading, Uid) is { } word && word != block.Status) words.Add(RecordTypes.Blocks.UpdateStatus(block, Stamp.New(), word));
        }

        var status = _book.Status(new LifecycleDemand(), own.Status, topology.Spec.Review?.Id);
        await _rig.Store.WriteAsync([RecordTypes.Hosts.UpdateStatus(own, Stamp.New(), status), .. words], CancellationToken.None);
    }
}
