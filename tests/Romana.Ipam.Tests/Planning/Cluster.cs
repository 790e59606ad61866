using System.Collections.Immutable;
using Romana.Ipam.Addressing;
using Romana.Ipam.Attachments;
using Romana.Ipam.Blocks;
using Romana.Ipam.Hosts;
using Romana.Ipam.Planning;
using Romana.Ipam.Stores;
using Romana.Ipam.Topologies;

namespace Romana.Ipam.Tests.Planning;

/// <summary>A controller and some agents over one store, all in memory, with faults between them and it.</summary>
internal sealed class Cluster : IDisposable
{
    private readonly InMemoryStore _disk = new();
    private readonly Random _random;
    private readonly int _seed;
    private FaultInjectingStore _store;
    private ImmutableSortedDictionary<RecordKey, StoredRecord>? _copy;
    private int _serial;

    public Cluster(int seed)
    {
        (_seed, _random) = (seed, new Random(seed));
        _store = new FaultInjectingStore(_disk, FaultPlan.Quiet);
        Hosts = [.. Enumerable.Range(1, 4).Select(number => new SimulatedHost(this, number, $"node-{number % 3}"))];
    }

    public static Topology Narrow { get; } = Read(29);

    public static Topology Wide { get; } = Read(28);

    public DateTimeOffset Now { get; set; } = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public List<SimulatedHost> Hosts { get; }

    public IStore Store => _store;

    public Random Random => _random;

    public static Topology Layout(string document) => document == "wide" ? Wide : Narrow;

    public async Task StartAsync()
    {
        await _disk.WriteAsync([TopologyChange.First("narrow", Narrow, Now, newStore: true).ToWrite("first")], CancellationToken.None);
        await _disk.TrustAsync(CancellationToken.None);
        await PassAsync();
        _store = new FaultInjectingStore(_disk, FaultPlan.Rough(_seed, 0.03));
    }

    public async Task PassAsync()
    {
        var view = await ViewAsync();
        await RemoveAsync(view.Hosts.Where(known => known.Spec.Condition != HostCondition.Dead && Hosts.TrueForAll(host => host.Uid != known.Spec.Uid)));
        var plan = LifecyclePlanner.Plan(view);
        Checks.OfPlan(plan);
        var results = await _store.WriteAsync(plan.Writes, CancellationToken.None);
        var committed = plan.Changes.Zip(results).Any(pair => pair.First is Change.UpdateTopology && pair.Second is WriteResult.Committed);
        if (plan.VouchForStore && committed) await _disk.TrustAsync(CancellationToken.None);
    }

    public async Task ChangeTopologyAsync()
    {
        var view = await ViewAsync();
        var slice = Cidr.Around(IpAddress.Parse("10.0.0.0").Plus((UInt128)_random.Next(256)), 30);
        var outcome = _random.Next(3) switch
        {
            0 => TopologyChange.BlackOut(view, slice, NextName("black-out")),
            1 when view.Topology is { Spec.BlackOuts: { IsEmpty: false } outs } => TopologyChange.EndBlackOut(view, outs[0], NextName("light")),
            _ when view.Topology?.Spec.Document == "wide" => TopologyChange.Propose(view, "narrow", Narrow, NextName("narrow")),
            _ => TopologyChange.Propose(view, "wide", Wide, NextName("wide")),
        };
        if (outcome is ProposalOutcome.Proposed proposed) await _store.WriteAsync([proposed.Change.ToWrite(Stamp.New())], CancellationToken.None);
    }

    /// <summary>A host dies for good, which the operator says at the next pass; another comes under its name.</summary>
    public void Replace(SimulatedHost host)
    {
        host.Dispose();
        Hosts[Hosts.IndexOf(host)] = new SimulatedHost(this, Interlocked.Increment(ref _serial) + 100, host.Name);
    }

    private async Task RemoveAsync(IEnumerable<TypedRecord<HostSpec, HostStatus>> dead) => await _store.WriteAsync(
        [.. dead.Select(host => RecordTypes.Hosts.UpdateSpec(host, Stamp.New(), OperatorWords.Remove(host.Spec, Now)))], CancellationToken.None);

    public void CopyOrRestore()
    {
        if (_copy is null)
        {
            _copy = _disk.Save();
            return;
        }

        _disk.Restore(_copy);
        _copy = null;

        // A restore ends every connection, and with it the writes that were under way.
        _store = new FaultInjectingStore(_disk, FaultPlan.Rough(_seed + 1, 0.03));
    }

    public void Dispose() => Hosts.ForEach(host => host.Dispose());

    public string NextName(string prefix) => $"{prefix}-{Interlocked.Increment(ref _serial)}";

    private async Task<ControllerView> ViewAsync()
    {
        var standing = _disk.Standing;
        var topology = await _store.GetAsync(RecordTypes.Topology, "topology", Consistency.Linearizable, CancellationToken.None);
        var blocks = await _store.ListAsync(RecordTypes.Blocks, Selector.Everything, Consistency.Linearizable, CancellationToken.None);
        var hosts = await _store.ListAsync(RecordTypes.Hosts, Selector.Everything, Consistency.Linearizable, CancellationToken.None);
        return new ControllerView
        {
            Now = Now,
            Topology = topology,
            Layout = topology is null ? null : Layout(topology.Spec.Document),
            ProposedLayout = topology?.Spec.Proposal is { } proposal ? Layout(proposal.Document) : null,
            Blocks = blocks.Items,
            Hosts = hosts.Items,
            Discovery = new Discovery { Sightings = [.. Hosts.Select(host => host.Sighting)] },
            Standing = standing,
            Stamp = Stamp.New(),
            FreshUids = [.. Hosts.Select(host => host.Uid).Where(uid => hosts.Items.All(known => known.Spec.Uid != uid))],
            Settings = new LifecycleSettings { FreeAddresses = 4, ReviewGrace = TimeSpan.FromDays(1000) },
        };
    }

    private static Topology Read(int mask) => TopologyDocument.Read($$"""
        {"apiVersion": "romana.io/v1alpha1", "networks": [
          {"name": "a", "cidr": "10.0.0.0/24", "block_mask": {{mask}}, "owner": "tenant", "vlan": 7, "gateway": "10.0.0.1", "reserved": ["10.0.0.20/30"]},
          {"name": "b", "cidr": "fd00::/120", "block_mask": 125, "owner": "host"}],
         "topologies": [{"networks": ["a"], "map": [{"name": "all", "groups": []}]}, {"networks": ["b"], "map": [{"name": "all", "groups": []}]}]}
        """) is { Topology: { } topology } ? topology : throw new InvalidOperationException("the test's own topology is wrong");
}
