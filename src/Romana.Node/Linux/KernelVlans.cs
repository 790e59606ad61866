using System.Collections.Immutable;
using Romana.Node.Linux.Namespaces;
using Romana.Node.Linux.Netlink;
using Romana.Node.Linux.Netlink.Records;
using Romana.Node.Planning;
using Romana.Node.Planning.Vlans;

namespace Romana.Node.Linux;

/// <summary>Reads and writes what the plan of a host's VLANs speaks of, in one namespace. One caller at a time.</summary>
/// <param name="space">Null is the calling thread's namespace.</param>
/// <param name="common">Of the same namespace: settings, rules, routes and nftables go by it.</param>
internal sealed class KernelVlans(NetworkNamespace? space, KernelFabric common) : IDisposable
{
    private readonly KernelNetwork _kernel = space is null ? KernelNetwork.Open() : KernelNetwork.Open(space);

    /// <summary>Port of the requests made here.</summary>
    public uint Port => _kernel.Port;

    /// <summary>Requests for a change so far.</summary>
    public long Writes { get; private set; }

    public bool HasTagging { get; private set; } = true;

    public VlanLook Look() => new() { Interfaces = _kernel.Interfaces.List(), Addresses = _kernel.Addresses.List(), HasTagging = HasTagging };

    public VlanActual Actual(VlanState wanted, VlanLook look)
    {
        var state = new KernelState { Settings = wanted.Settings, Nft = wanted.Nft, Rules = [], Routes = [], Forward = [] };
        var standing = common.Actual(state, common.Look());
        return new VlanActual
        {
            Interfaces = [.. look.Interfaces],
            Addresses = [.. look.Addresses],
            Settings = standing.Settings,
            Nft = standing.Nft,
            Rules = standing.Rules,
            Routes = [.. _kernel.Routes.List(new RouteFilter { Protocol = RouteProtocols.Romana }).Where(route => VlanTerms.IsTable(route.Table))],
            Proxies = [.. _kernel.Neighbours.ListProxies()],
        };
    }

    /// <summary>The kernel tells nobody of a proxy entry that goes.</summary>
    public bool HasProxies(ImmutableArray<Neighbour> wanted)
    {
        if (wanted.IsEmpty) return true;
        var standing = _kernel.Neighbours.ListProxies().Select(proxy => (proxy.Interface, proxy.Address)).ToHashSet();
        return wanted.All(proxy => standing.Contains((proxy.Interface, proxy.Address)));
    }

    /// <summary>Null: done; else why the world does not allow it: look again.</summary>
    /// <exception cref="IOException"/>
    public string? Apply(VlanChange change, VlanState wanted)
    {
        if (change is VlanChange.Common { Change: var shared })
            return common.Apply(shared, new KernelState { Settings = wanted.Settings, Nft = wanted.Nft, Rules = [], Routes = [], Forward = [] });
        Writes++;
        return change switch
        {
            VlanChange.AddLink { Link: var link } => Make(link),
            VlanChange.SetUp up => Refusal(_kernel.Interfaces.Change(up.Index, new InterfaceChange { IsUp = true })),
            VlanChange.AddAddress { Address: var address } => Refusal(_kernel.Addresses.Add(address)),
            VlanChange.RemoveAddress { Address: var address } => Refusal(_kernel.Addresses.Remove(address)),
            VlanChange.AddProxy { Proxy: var proxy } => Refusal(_kernel.Neighbours.Set(proxy)),
            VlanChange.RemoveProxy { Proxy: var proxy } => Refusal(_kernel.Neighbours.Remove(proxy)),
            _ => throw new InvalidOperationException($"there is no way to apply {change}"),
        };
    }

    public void Dispose() => _kernel.Dispose();

    private string? Make(TaggedLink link)
    {
        var outcome = _kernel.Interfaces.AddVlan(new VlanRequest(link.Name, link.Trunk, link.Id));
        if (outcome.Refusal is { Errno: Errno.NotSupported }) HasTagging = false;
        return Refusal(outcome);
    }

    private static string? Refusal(Outcome outcome) => outcome.IsRefused ? outcome.ToString() : null;
}
