using System.Collections.Immutable;
using Romana.Node.Linux.Netlink;
using Romana.Node.Linux.Netlink.Records;
using Romana.Node.Planning;
using Romana.Node.Planning.Vlans;

namespace Romana.Node.Linux;

/// <summary>The part of a host's kernel that only VLANs have: tagged interfaces, node addresses, proxy entries.</summary>
/// <param name="kernel">Its requests are this object's as well.</param>
internal sealed class KernelVlans(KernelNetwork kernel)
{
    // There as soon as the module is loaded, by whomever.
    private const string Module = "/sys/module/8021q";

    /// <summary>IFA_PROTO.</summary>
    public static readonly bool NamesMakers = Environment.OSVersion.Version >= new Version(5, 18);

    private bool _wasRefused;

    /// <summary>False once the kernel has said so, until somebody loads the module.</summary>
    public bool HasTagging => !_wasRefused || Directory.Exists(Module);

    public IReadOnlyList<Neighbour> Proxies() => kernel.Neighbours.ListProxies();

    /// <summary>The kernel tells nobody of a proxy entry that goes.</summary>
    public bool HasProxies(ImmutableArray<Neighbour> wanted)
    {
        if (wanted.IsEmpty) return true;
        var standing = Proxies().Select(proxy => (proxy.Interface, proxy.Address)).ToHashSet();
        return wanted.All(proxy => standing.Contains((proxy.Interface, proxy.Address)));
    }

    /// <summary>Null: done; else why the world does not allow it: look again.</summary>
    /// <exception cref="IOException"/>
    public string? Apply(KernelChange change) => change switch
    {
        KernelChange.AddLink { Link: var link } => Make(link),
        KernelChange.RemoveLink link => Refusal(kernel.Interfaces.Remove(link.Index)),
        KernelChange.SetUp link => Refusal(kernel.Interfaces.Change(link.Index, new InterfaceChange { IsUp = true })),
        KernelChange.AddAddress { Address: var address } => Refusal(kernel.Addresses.Add(address)),
        KernelChange.RemoveAddress { Address: var address } => Refusal(kernel.Addresses.Remove(address)),
        KernelChange.AddProxy { Proxy: var proxy } => Refusal(kernel.Neighbours.Set(proxy)),
        KernelChange.RemoveProxy { Proxy: var proxy } => Refusal(kernel.Neighbours.Remove(proxy)),
        _ => throw new InvalidOperationException($"there is no way to apply {change}"),
    };

    private string? Make(TaggedLink link)
    {
        var outcome = kernel.Interfaces.AddVlan(new VlanRequest(link.Name, link.Trunk, link.Id));
        if (outcome.Refusal is { Errno: Errno.NotSupported }) _wasRefused = true;
        return Refusal(outcome);
    }

    private static string? Refusal(Outcome outcome) => outcome.IsRefused ? outcome.ToString() : null;
}
