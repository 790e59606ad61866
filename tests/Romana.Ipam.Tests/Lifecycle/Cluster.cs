using System.Collections.Immutable;
using Romana.Ipam.Addressing;
using Romana.Ipam.Blocks;
using Romana.Ipam.Hosts;
using Romana.Ipam.Planning;
using Romana.Ipam.Stores;
using Romana.Ipam.Topologies;

namespace Romana.Ipam.Tests.Lifecycle;

/// <summary>Two controllers and four hosts over one store, all in memory, with faults between them and it.</summary>
internal sealed class Cluster : IDisposable
{
    private const double StoreFaults = 0.02;

    private readonly ObservedStore _observed;
    private readonly List<(HostUid Uid, HostSighting Sighting)> _graves = [];
    private Connection _connection;
    private FaultPlan _faults;
    private ImmutableSortedDictionary<RecordKey, StoredRecord>? _copy;
    private (RecordVersion Version, CommittedSpace Space, CommittedSpace? Proposed) _spaces;
    private int _serial = 4, _restores;

    public Cluster(int seed, Breach breach, Action<string>? tell)
    {
        (Seed, Breach, Tell) = (seed, breach, tell);
        Onlooker = new Onlooker(this);
        _observed = new ObservedStore(Disk, Onlooker.Changed);
        _faults = FaultPlan.Quiet;
        _connection = Connect();
        Hosts = [.. Enumerable.Range(1, 4).Select(number => new SimulatedHost(this, number))];
        Leaders = [new(this), new(this)];
    }

    public int Seed { get; }

    public Breach Breach { get; }

    /// <summary>Told what happens, so that a failure can be read as a story.</summary>
    public Action<string>? Tell { get; }

    public InMemoryStore Disk { get; } = new();

    public Onlooker Onlooker { get; }

    public DateTimeOffset Now { get; set; } = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public List<SimulatedHost> Hosts { get; }

    /// <summary>Declared dead by the operator, and not dead at all.</summary>
    public List<SimulatedHost> Zombies { get; } = [];

    public ImmutableArray<SimulatedLeader> Leaders { get; }

    public IStore Store => _connection;

    /// <summary>From here on the store holds what was copied some time ago.</summary>
    public bool WasRestored => _restores > 0;

    public bool IsQuiet { get; private set; }

    public async Task StartAsync()
    {
        await _observed.WriteAsync([TopologyChange.First(Documents.Narrow, Documents.Of(Documents.Narrow), Now, newStore: true).ToWrite("first")], CancellationToken.None);
        await Disk.TrustAsync(CancellationToken.None);
        for (var round = 0; round < 2; round++)
        {
            await Leaders[0].Pass.StepAsync(1000);
            foreach (var host in Hosts) await host.Agent.StepAsync(1000);
            Now += TimeSpan.FromSeconds(1);
        }

        _faults = Rough(Seed);
        _connection = Connect();
    }

    /// <summary>No more faults: what is left to do must come to an end.</summary>
    public void Quieten()
    {
        IsQuiet = true;
        _faults.Enabled = false;
        foreach (var host in Hosts) host.JournalFaults.Enabled = false;
    }

    public (CommittedSpace Space, CommittedSpace? Proposed) Spaces(TypedRecord<TopologySpec, NoStatus> topology)
    {
        if (_spaces.Version != topology.Expected.Version || _spaces.Space is null)
        {
            _spaces = (topology.Expected.Version, CommittedSpace.Of(topology.Spec, Documents.Of(topology.Spec.Document)),
                topology.Spec.Proposal is { } proposal ? CommittedSpace.Of(proposal, Documents.Of(proposal.Document)) : null);
        }

        return (_spaces.Space, _spaces.Proposed);
    }

    public async Task ProposeAsync(Random random)
    {
        var topology = await Store.GetAsync(RecordTypes.Topology, RecordTypes.TopologyName, Consistency.Linearizable, CancellationToken.None);
        var blocks = await Store.ListAsync(RecordTypes.Blocks, Selector.Everything, Consistency.Linearizable, CancellationToken.None);
        if (topology is null) return;
        var layout = Documents.Of(topology.Spec.Document);
        var view = new ControllerView { Now = Now, Topology = topology, Layout = layout, Blocks = blocks.Items, Stamp = Stamp.New() };
        var slice = Cidr.Around(IpAddress.Parse("10.0.0.0").Plus((UInt128)random.Next(256)), 30);
        var other = topology.Spec.Document == Documents.Wide ? Documents.Narrow : Documents.Wide;
        var outcome = random.Next(3) switch
        {
            0 => TopologyChange.BlackOut(view, slice, Name("p")),
            1 when topology.Spec.BlackOuts is { IsEmpty: false } outs => TopologyChange.EndBlackOut(view, outs[random.Next(outs.Length)], Name("p")),
            _ => TopologyChange.Propose(view, other, Documents.Of(other), Name("p")),
        };
        if (outcome is ProposalOutcome.Proposed proposed) await Store.WriteAsync(proposed.Change.ToWrite(Stamp.New()), CancellationToken.None);
    }

    public string Name(string prefix) => $"{prefix}-{_serial++}";

    /// <summary>A host dies for good; another machine comes in its place.</summary>
    public async Task DieAsync(SimulatedHost host)
    {
        await host.Agent.StopAsync();
        _graves.Add((host.Uid, host.Sighting with { State = SightingState.Terminated }));
        Hosts[Hosts.IndexOf(host)] = new SimulatedHost(this, ++_serial);
        Onlooker.Gone(host);
        host.Dispose();
    }

    /// <summary>The operator says that a living host is gone for good, and puts another machine in its place.</summary>
    public async Task DeclareAsync(SimulatedHost host)
    {
        Hosts[Hosts.IndexOf(host)] = new SimulatedHost(this, ++_serial);
        Zombies.Add(host);
        Onlooker.Gone(host);
        _graves.Add((host.Uid, host.Sighting with { State = SightingState.Terminated }));
        await RemoveAsync();
    }

    public bool IsBuried(HostUid uid) => _graves.Exists(grave => grave.Uid == uid);

    /// <summary>The operator's word on every host that is gone, again where a restored store forgot it.</summary>
    public async Task RemoveAsync()
    {
        var hosts = await Store.ListAsync(RecordTypes.Hosts, Selector.Everything, Consistency.Linearizable, CancellationToken.None);
        foreach (var host in hosts.Items.Where(host => host.Spec.Condition != HostCondition.Dead && IsBuried(host.Spec.Uid)))
            await Store.WriteAsync(RecordTypes.Hosts.UpdateSpec(host, Stamp.New(), OperatorWords.Remove(host.Spec, Now)), CancellationToken.None);
    }

    public async Task CopyOrRestoreAsync()
    {
        if (_copy is not { } copy)
        {
            _copy = Disk.Save();
            return;
        }

        Disk.Restore(copy);
        _copy = null;
        _restores++;

        // A restore ends every connection, and with it the writes that were under way.
        _connection.IsCut = true;
        _faults = Rough(Seed + _restores);
        _connection = Connect();
        Hosts.ForEach(host => host.ForgetCopy());
        await Onlooker.RestoredAsync();
    }

    /// <summary>A host whose journal was restored cannot make up for what an older store forgot: two faults at once.</summary>
    public void ForgetCopy() => _copy = null;

    public async Task<HostStatus?> OwnStatusAsync(HostUid uid)
    {
        var topology = await Disk.GetAsync(RecordTypes.Topology, RecordTypes.TopologyName, Consistency.Linearizable, CancellationToken.None);
        if (Disk.Standing == StoreStanding.Rewound || topology?.Spec.Review is not null) return null;
        return (await Disk.GetAsync(RecordTypes.Hosts, uid.Text, Consistency.Linearizable, CancellationToken.None))?.Status;
    }

    /// <summary>The dead are shown as terminated for a while, or not at all.</summary>
    public Discovery? Discover() => !IsQuiet && Now.Second % 5 == 0 ? null
        : new Discovery { Sightings = [.. Hosts.Select(host => host.Sighting), .. _graves.Where((_, at) => at % 2 == 0).Select(grave => grave.Sighting)] };

    /// <summary>A table takes its time, and a full one has no room for some.</summary>
    public bool IsRouted(Cidr cidr) => cidr.First.Bits % 56 != 0 && (cidr.First.Bits + (UInt128)Now.Second) % 3 != 0;

    public bool IsStillRouted(Cidr cidr) => !IsQuiet && (cidr.First.Bits + (UInt128)(Now.Second / 8)) % 5 == 0;

    public void Dispose()
    {
        Hosts.ForEach(host => host.Dispose());
        Zombies.ForEach(host => host.Dispose());
    }

    private Connection Connect() => new(new FaultInjectingStore(_observed, _faults));

    private static FaultPlan Rough(int seed) => new(seed, Enum.GetValues<StoreFault>().Where(fault => fault != StoreFault.None)
        .ToDictionary(fault => fault, fault => fault is StoreFault.CrashBefore or StoreFault.CrashAfter ? StoreFaults / 4 : StoreFaults));
}
