using System.Collections.Frozen;
using System.Collections.Immutable;
using Romana.Ipam.Addressing;
using Romana.Ipam.Blocks;
using Romana.Ipam.Hosts;
using Romana.Ipam.Planning;
using Romana.Ipam.Stores;
using Romana.Ipam.Topologies;

namespace Romana.Ipam.Tests.Lifecycle;

/// <summary>A controller that reads, plans and writes; between any two of these steps the other one may act, or it dies.</summary>
internal sealed class SimulatedLeader
{
    private static readonly LifecycleSettings Settings = new() { FreeAddresses = 4, ReviewGrace = TimeSpan.FromDays(1000) };

    private readonly Cluster _cluster;
    private readonly LifecycleRules _rules;

    public SimulatedLeader(Cluster cluster)
    {
        _cluster = cluster;
        Pass = new Stepped(PassAsync);
        _rules = cluster.Breach switch
        {
            Breach.I2GrantedIgnored => LifecycleRules.All with { GrantedCounts = false },
            Breach.I12DeadWordsCount => LifecycleRules.All with { EpochCompared = false, UidCompared = false },
            _ => LifecycleRules.All,
        };
    }

    public Stepped Pass { get; }

    /// <summary>Whether the last whole pass found nothing to write.</summary>
    public bool IsContent { get; private set; }

    private async IAsyncEnumerable<bool> PassAsync()
    {
        IsContent = false;
        var store = _cluster.Store;
        var (standing, rewind) = (_cluster.Disk.Standing, _cluster.Disk.Rewind);
        var topology = await store.GetAsync(RecordTypes.Topology, RecordTypes.TopologyName, Consistency.Linearizable, CancellationToken.None);
        yield return true;
        var blocks = await store.ListAsync(RecordTypes.Blocks, Selector.Everything, Consistency.Linearizable, CancellationToken.None);
        yield return true;
        var hosts = await store.ListAsync(RecordTypes.Hosts, Selector.Everything, Consistency.Linearizable, CancellationToken.None);
        yield return true;
        var view = View(topology, blocks.Items, hosts.Items) with { Standing = standing, Rewind = rewind };
        var plan = Mistaken(LifecyclePlanner.Plan(Mistaken(view), _rules));
        _cluster.Onlooker.OfPlan(plan, view);
        foreach (var change in plan.Changes)
        {
            var result = await store.WriteAsync(Mistaken(change.ToWrite($"{view.Stamp}-{change.Key}")), CancellationToken.None);
            if (plan.VouchForStore && change is Change.UpdateTopology && result is WriteResult.Committed) await _cluster.Disk.TrustAsync(CancellationToken.None);
            yield return true;
        }

        IsContent = plan.Changes.IsEmpty;
    }

    private ControllerView View(TypedRecord<TopologySpec, NoStatus>? topology, IReadOnlyList<TypedRecord<BlockSpec, BlockStatus>> blocks,
        IReadOnlyList<TypedRecord<HostSpec, HostStatus>> hosts)
    {
        var known = hosts.Select(host => host.Spec.Uid).ToHashSet();
        return new ControllerView
        {
            Now = _cluster.Now,
            Topology = topology,
            Layout = topology is null ? null : Documents.Of(topology.Spec.Document),
            ProposedLayout = topology?.Spec.Proposal is { } proposal ? Documents.Of(proposal.Document) : null,
            Blocks = blocks,
            Hosts = hosts,
            Discovery = _cluster.Discover(),
            IsRouted = (cidr, _) => _cluster.IsRouted(cidr),
            StillRouted = blocks.Select(block => block.Spec.Cidr).Where(_cluster.IsStillRouted).ToFrozenSet(),
            Stamp = Stamp.New(),
            FreshUids = [.. _cluster.Hosts.Select(host => host.Uid).Where(uid => !known.Contains(uid))],
            Settings = Settings,
        };
    }

    private ControllerView Mistaken(ControllerView view) => _cluster.Breach switch
    {
        Breach.I1ReviewSkipped => view with
        {
            Standing = StoreStanding.Trusted,
            Hosts = [.. view.Hosts.Select(host => host with { Status = host.Status is null ? null : host.Status with { Held = [] } })],
        },
        Breach.I11HoldersUnheard when view.Topology?.Spec.Proposal is not null => view with { Blocks = [] },
        _ => view,
    };

    private LifecyclePlan Mistaken(LifecyclePlan plan) => _cluster.Breach switch
    {
        Breach.I5RecalledRoutable => plan with
        {
            Routable = [.. plan.Routable, .. plan.Changes.OfType<Change.UpdateBlock>().Select(change => change.Current.Spec)
                .Where(spec => spec.Intent == BlockIntent.Recall)],
        },
        Breach.I3GroupNotCompared => plan with { Changes = [.. plan.Changes.Select(Misplaced)] },
        Breach.I6NoDelay => plan with { Changes = [.. plan.Changes.Select(Hurried)] },
        _ => plan,
    };

    private Change Misplaced(Change change) => change switch
    {
        Change.CreateBlock { Spec: { Network: "c" } spec } create => new Change.CreateBlock(create.Key.Name, spec with { Host = Opposite(spec.Host) }, change.Why),
        _ => change,
    };

    private HostUid Opposite(HostUid uid) =>
        _cluster.Hosts.Find(host => host.Rack != _cluster.Hosts.Find(one => one.Uid == uid)?.Rack)?.Uid ?? uid;

    private static Change Hurried(Change change) => change is Change.UpdateBlock { Spec: { Intent: BlockIntent.Free } spec } update
        ? new Change.UpdateBlock(update.Current, spec with { FreeAfter = null }, change.Why) : change;

    private Write Mistaken(Write write) => _cluster.Breach == Breach.I13OwnerNotWritten && write is Write.Create { Key.Kind: RecordKind.Block } create
        ? create with { Host = default } : write;
}
