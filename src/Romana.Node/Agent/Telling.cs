using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Romana.Ipam.Addressing;
using Romana.Ipam.Attachments;
using Romana.Ipam.Blocks;
using Romana.Ipam.Hosts;
using Romana.Node.Agent.Memory;
using Romana.Node.Planning;
using Romana.Node.Planning.Vlans;

namespace Romana.Node.Agent;

/// <summary>Tells kernel and plugin what follows from the store's records, whether they were read just now or are remembered.</summary>
/// <param name="here">Interfaces and addresses of this host.</param>
internal sealed partial class Telling(PodAddresses addresses, KernelLoop kernel, Readiness readiness, Func<VlanLook> here, ILogger log)
{
    private readonly Lock _turn = new();
    private string? _waiting;
    private bool _isRead;
    private (long Revision, long Generation, ImmutableSortedDictionary<string, IpAddress> Nodes)? _told;

    /// <summary>The store was read, and says this.</summary>
    /// <param name="nodes">This host's own addresses in its VLANs.</param>
    public void Tell(HostSpec own, LaidTopology topology, StoreView view, ImmutableSortedDictionary<string, IpAddress> nodes, Func<ImmutableArray<NetworkTerms>, ImmutableArray<string>> whyNot)
    {
        lock (_turn)
        {
            _isRead = true;
            TellAll(own, topology, view, nodes, whyNot);
        }
    }

    /// <summary>The store was read, and this host cannot follow it: what it did before stays.</summary>
    public void Wait(string why)
    {
        lock (_turn)
        {
            _isRead = true;
            Say([why], [], null);
        }
    }

    /// <summary>For as long as the store cannot be read: as it was before. Nothing once it was read.</summary>
    public void Recall(HostSpec own, StoreView view)
    {
        lock (_turn)
        {
            if (_isRead || view.Topology is not { } spec || LaidTopology.Of(spec) is not { } topology) return;
            var terms = OwnNetworks.Terms(own, topology.Space, spec.Proposal, topology.Proposed, view.Hosts.Select(host => host.NodeAddresses));
            if (!addresses.Recall(terms)) return;
            LogRecalled(view.Hosts.Length, view.Blocks.Length);
            var held = addresses.Turn(book => book.Held.ToImmutableArray());
            TellAll(own, topology, view, Nodes(own, topology, view, held), homes => Serving.WhyNot(homes, held));
        }
    }

    private ImmutableSortedDictionary<string, IpAddress> Nodes(HostSpec own, LaidTopology topology, StoreView view, ImmutableArray<JournalBlock> held) => NodeAddressing.Plan(new NodeAddressFacts
    {
        Own = own,
        Written = view.Hosts.FirstOrDefault(host => host.Spec.Uid == own.Uid)?.NodeAddresses ?? NodeAddresses.None.Say,
        Others = [.. view.Hosts.Where(host => host.Spec.Uid != own.Uid).Select(host => (host.Spec.Uid, new HostStatus { NodeAddresses = host.NodeAddresses }))],
        Space = topology.Space,
        Held = [.. held.Select(block => block.Cidr)],
        Here = here(),
    }).Use;

    private void TellAll(HostSpec own, LaidTopology topology, StoreView view, ImmutableSortedDictionary<string, IpAddress> nodes, Func<ImmutableArray<NetworkTerms>, ImmutableArray<string>> whyNot)
    {
        var space = topology.Space;
        // The own record and the topology may be newer than the view; then the view's next revision is on its way.
        if (_told is not { } told || told.Revision != view.Revision || told.Generation != topology.Spec.Generation || !told.Nodes.SequenceEqual(nodes))
        {
            kernel.Learn(new KernelKnowledge(
                FabricKnowing.Of(own, space.Layout, [.. view.Hosts.Select(host => host.Spec)], view.Blocks),
                VlanKnowing.Of(own, space.Layout, [.. view.Hosts.Select(host => (host.Spec, host.NodeAddresses))], view.Blocks, nodes)));
            _told = (view.Revision, topology.Spec.Generation, nodes);
        }

        ImmutableArray<NetworkTerms> homes = [.. OwnNetworks.Terms(own, space, null, null, [])
            .Where(terms => OwnNetworks.LeafOf(own, space, terms.Network) is not null)];
        Say(whyNot(homes), homes, homes.Min(home => home.Network.Mtu));
    }

    private void Say(ImmutableArray<string> waiting, ImmutableArray<NetworkTerms> terms, int? mtu)
    {
        readiness.Set(terms, waiting, mtu);
        var text = string.Join("; ", waiting);
        if (text == _waiting) return;
        _waiting = text;
        if (text.Length > 0) LogWaiting(text);
        else LogReady();
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "the store is away: this host goes on with the {Hosts} hosts and {Blocks} blocks that it remembers")]
    private partial void LogRecalled(int hosts, int blocks);

    [LoggerMessage(Level = LogLevel.Information, Message = "not ready: {Why}")]
    private partial void LogWaiting(string why);

    [LoggerMessage(Level = LogLevel.Information, Message = "ready: pods can be served")]
    private partial void LogReady();
}
