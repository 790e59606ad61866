using System.Collections.Immutable;
using Romana.Ipam.Addressing;
using Romana.Ipam.Attachments;
using Romana.Ipam.Blocks;
using Romana.Ipam.Hosts;
using Romana.Ipam.Planning;
using Romana.Ipam.Stores;
using Romana.Ipam.Topologies;
using System.Runtime.CompilerServices;

namespace Romana.Ipam.Tests.Lifecycle;

/// <summary>The invariants as somebody sees them who watches what agents answer and what is written; here, the records.</summary>
internal sealed partial class Onlooker(Cluster cluster)
{
    private readonly string? _only = cluster.Breach == Breach.None ? null : Invariant(cluster.Breach);
    private TopologySpec? _topology;

    /// <summary>Who watches for one breach looks past what else it breaks.</summary>
    public void Unless(bool holds, string invariant, [InterpolatedStringHandlerArgument(nameof(holds))] Words what)
    {
        if (!holds && (_only is null || _only == invariant)) throw new InvariantBrokenException($"{invariant}: {what.ToString()}");
    }

    /// <summary>The number with which the breach's name begins.</summary>
    public static string Invariant(Breach breach) => $"I{string.Concat(breach.ToString().Skip(1).TakeWhile(char.IsDigit))}";

    public void OfPlan(LifecyclePlan plan, ControllerView view)
    {
        var slots = view is { Topology: { } topology, Layout: { } layout } ? CommittedSpace.Of(topology.Spec, layout) : null;
        var held = view.Blocks.Select(block => block.Spec).Where(block => block.Intent != BlockIntent.Free).ToList();
        foreach (var block in plan.Routable)
        {
            Unless(block.Intent == BlockIntent.Lent, "I5", $"{block.Cidr} is routable and {block.Intent}");
            Unless(slots!.SlotHome(block.Cidr) is not null, "I5", $"{block.Cidr} is routable and no slot of the committed topology");
            Unless(held.Count(other => other.Cidr.Overlaps(block.Cidr)) == 1, "I5", $"{block.Cidr} is routable and overlaps another block");
        }
    }

    public void Changed(StoredRecord? before, StoredRecord? after)
    {
        cluster.Tell?.Invoke($"    {(after ?? before)!.Key} is {after?.Spec ?? "deleted"}; {after?.Status}");
        switch ((after ?? before)!.Key.Kind)
        {
            case RecordKind.Topology:
                Topology(before is null ? null : RecordTypes.Topology.Decode(before).Spec, RecordTypes.Topology.Decode(after!).Spec);
                break;
            case RecordKind.Host when after is not null:
                Host(after, RecordTypes.Hosts.Decode(after).Spec);
                break;
            case RecordKind.Block:
                Unless(after is not null, "I13", $"the slot {before!.Key} was deleted");
                if (before?.Spec != after!.Spec) Block(before is null ? null : RecordTypes.Blocks.Decode(before).Spec, after, RecordTypes.Blocks.Decode(after).Spec);
                break;
        }
    }

    public async Task RestoredAsync()
    {
        var topology = await cluster.Disk.GetAsync(RecordTypes.Topology, RecordTypes.TopologyName, Consistency.Linearizable, CancellationToken.None);
        _topology = topology?.Spec;
    }

    private void Topology(TopologySpec? before, TopologySpec after)
    {
        _topology = after;
        if (before is null) return;
        if (after.Generation != before.Generation)
        {
            Unless(after.Generation == before.Generation + 1 && before.Proposal is { } proposal && after.Document == proposal.Document
                && after.Arenas.SequenceEqual(proposal.Arenas) && after.BlackOuts.SequenceEqual(proposal.BlackOuts) && after.Proposal is null,
                "I11", $"generation {after.Generation} is not what was proposed");
            Committed(before, after);
        }
        else
        {
            Unless(after.Document == before.Document && after.Arenas.SequenceEqual(before.Arenas) && after.BlackOuts.SequenceEqual(before.BlackOuts),
                "I11", $"a part of the topology changed within generation {after.Generation}");
        }
    }

    /// <summary>No commit takes a held block's slot or a pod's address away that the topology before it had.</summary>
    private void Committed(TopologySpec before, TopologySpec after)
    {
        var (old, now) = (Space(before), Space(after));
        foreach (var host in cluster.Hosts)
        {
            foreach (var held in Serving(host).Where(held => old.SlotHome(held.Cidr) is not null))
                Unless(now.SlotHome(held.Cidr) is not null, "I11", $"{host.Uid} holds {held.Cidr}, which generation {after.Generation} has no slot for");
            foreach (var row in host.Pods.Values.SelectMany(pod => pod.Rows))
            {
                Unless(before.BlackOuts.Any(cidr => cidr.Contains(row.Address)) || !after.BlackOuts.Any(cidr => cidr.Contains(row.Address)),
                    "I11", $"{row.Address} of {row.Key} is blacked out under its pod");
            }
        }
    }

    private void Host(StoredRecord record, HostSpec spec)
    {
        Unless(record.Key.Name == spec.Uid.Text && record.Host == spec.Uid, "I13", $"the record {record.Key} is of {spec.Uid}");
        Unless(spec.Condition != HostCondition.Dead || cluster.IsBuried(spec.Uid), "I12", $"{spec.Uid} was taken for dead");
    }

    private void Block(BlockSpec? before, StoredRecord record, BlockSpec spec)
    {
        Unless(record.Key.Name == BlockKey.Of(spec.Cidr) && $"{record.Host}" == $"{spec.Host}" && spec.Host.IsNone == (spec.Intent == BlockIntent.Free),
            "I13", $"{spec.Cidr}, {spec.Intent}, is recorded as {record.Key} of '{record.Host}' and says '{spec.Host}'");
        if (before is null) return;
        var isGrant = spec.Host != before.Host && !spec.Host.IsNone && _topology?.Review is null;
        Unless(isGrant ? spec.Epoch > before.Epoch : spec.Epoch >= before.Epoch, "I4", $"{spec.Cidr} goes from epoch {before.Epoch} to {spec.Epoch}");
        if (spec.Intent != BlockIntent.Free || before.Intent == BlockIntent.Free) return;
        if (cluster.Hosts.Find(host => host.Uid == before.Host) is not { } holder) return;
        var served = Serving(holder).Select(held => held.Cidr).ToList();

        // A grant that overlaps another one of the same host, made on an old view, goes without those pods.
        Unless(!served.Contains(before.Cidr) && holder.Pods.Values.SelectMany(pod => pod.Rows)
            .All(row => !before.Cidr.Contains(row.Address) || served.Exists(cidr => cidr.Contains(row.Address))),
            "I12", $"{before.Cidr} is free and {before.Host} still holds it");
    }

    private static CommittedSpace Space(TopologySpec spec) => CommittedSpace.Of(spec, Documents.Of(spec.Document));

    private static ImmutableArray<HeldBlock> Held(SimulatedHost host) => host.Book.Status(new LifecycleDemand(), null, null).Held;

    private static IEnumerable<HeldBlock> Serving(SimulatedHost host) => host.InDoubt is { Count: > 0 } doubted
        ? Held(host).Where(block => !doubted.Contains(block.Cidr)) : Held(host);

    /// <summary>When nothing is left to do, every record is of somebody who is there, and everybody has what he holds.</summary>
    public async Task SettledAsync()
    {
        var blocks = await cluster.Disk.ListAsync(RecordTypes.Blocks, Selector.Everything, Consistency.Linearizable, CancellationToken.None);
        var hosts = await cluster.Disk.ListAsync(RecordTypes.Hosts, Selector.Everything, Consistency.Linearizable, CancellationToken.None);
        Unless(_topology is { Review: null, Proposal: null }, "I11", $"a review or a proposal never ends: {_topology}");
        foreach (var host in cluster.Hosts)
        {
            Unless(hosts.Items.Any(record => record.Spec.Uid == host.Uid), "I13", $"{host.Uid} has no record");
            foreach (var held in Serving(host))
            {
                Unless(blocks.Items.Any(block => block.Spec.Cidr == held.Cidr && block.Spec.Epoch == held.Epoch && block.Spec.Host == host.Uid),
                    "I13", $"{host.Uid} holds {held} and no record says so");
            }
        }

        foreach (var block in blocks.Items.Where(block => block.Spec.Intent != BlockIntent.Free))
        {
            Unless(hosts.Items.Any(host => host.Spec.Uid == block.Spec.Host && host.Spec.Condition != HostCondition.Dead),
                "I13", $"{block.Spec.Cidr} is of {block.Spec.Host}, whom nobody knows");
            Unless(cluster.Hosts.Find(host => host.Uid == block.Spec.Host) is not { } holder || !BlockFacts.IsAccepted(block.Spec, block.Status)
                || Held(holder).Contains(new HeldBlock(block.Spec.Cidr, block.Spec.Epoch)), "I13", $"{block.Spec.Host} does not hold {block.Spec.Cidr}");
        }
    }
}
