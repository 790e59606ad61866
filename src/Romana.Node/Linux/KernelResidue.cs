using Romana.Ipam.Addressing;
using Romana.Node.Linux.Namespaces;
using Romana.Node.Linux.Netlink;
using Romana.Node.Linux.Netlink.Records;
using Romana.Node.Linux.Nftables;
using Romana.Node.Planning;
using Romana.Node.Planning.Vlans;

namespace Romana.Node.Linux;

/// <summary>
/// Takes away what an agent kept in the kernel, known by our protocol number and by our names alone, so that it needs
/// neither store nor journal. What leads packets goes before what guards them. Settings stay as they are: who else relies
/// on forwarding by now, nobody can tell. Pods' links are not its concern.
/// </summary>
/// <param name="space">Null is the calling thread's namespace.</param>
internal sealed class KernelResidue(NetworkNamespace? space)
{
    /// <returns>How many things were taken away.</returns>
    /// <exception cref="IOException">The kernel refused one; what was taken away stays away, and asking again goes on.</exception>
    public int Remove()
    {
        using var kernel = space is null ? KernelNetwork.Open() : KernelNetwork.Open(space);
        var rules = kernel.Rules.List().Where(rule => rule.Protocol == RouteProtocols.Romana).ToList();
        var routes = kernel.Routes.List(new RouteFilter { Protocol = RouteProtocols.Romana });
        var removed = Answers(kernel);
        foreach (var rule in rules.Where(rule => !Guards(rule))) removed += Done(kernel.Rules.Remove(rule), rule);
        foreach (var route in routes.Where(route => !Guards(route))) removed += Done(kernel.Routes.Remove(route), route);
        // The management's way goes last.
        foreach (var rule in rules.Where(Guards).OrderByDescending(rule => rule.Priority)) removed += Done(kernel.Rules.Remove(rule), rule);
        foreach (var route in routes.Where(Guards)) removed += Done(kernel.Routes.Remove(route), route);
        removed += Links(kernel);
        return removed + Forward(IpFamily.IPv4) + Forward(IpFamily.IPv6) + Table();
    }

    /// <summary>What is refused, and the way of whoever manages the machine.</summary>
    private static bool Guards(Rule rule) => rule.Priority is FabricTerms.GuardPriority or FabricTerms.MetadataPriority or VlanTerms.ManagementPriority
        or VlanTerms.WireEndPriority or VlanTerms.SourceEndPriority or VlanTerms.NodeEndPriority;

    /// <summary>Nobody finds a pod on a VLAN by this host any more.</summary>
    private static int Answers(KernelNetwork kernel) =>
        kernel.Neighbours.ListProxies().Where(proxy => proxy.Protocol == RouteProtocols.Romana).Sum(proxy => Done(kernel.Neighbours.Remove(proxy), proxy));

    /// <summary>Node addresses on plain interfaces; tagged interfaces with all that is on them.</summary>
    private static int Links(KernelNetwork kernel) =>
        kernel.Addresses.List().Where(address => address.Protocol == RouteProtocols.Romana).ToList().Sum(address => Done(kernel.Addresses.Remove(address), address))
        + kernel.Interfaces.List().Where(VlanTerms.IsMade).Sum(item => Done(kernel.Interfaces.Remove(item.Index), item.Name));

    private static bool Guards(Route route) => route.Type == RouteType.Unreachable;

    private static int Done(Outcome outcome, object what) => outcome.Kind != OutcomeKind.Refused ? 1
        : throw new IOException($"the kernel does not let {what} go: {outcome}");

    private int Forward(IpFamily family)
    {
        var iptables = new Iptables(space);
        if (iptables.Read(family) is not { } standing || (standing.Jumps == 0 && !iptables.HasChain(family))) return 0;
        var jumps = string.Concat(Enumerable.Repeat($"-D{ForwardRules.Jump[2..]}\n", standing.Jumps));
        iptables.Restore(family, $"*filter\n{jumps}-F {FabricTerms.ForwardChain}\n-X {FabricTerms.ForwardChain}\nCOMMIT\n");
        return 1;
    }

    private int Table()
    {
        var nft = NftablesAccess.Open(space);
        if (nft.Read($"list table inet {FabricTerms.NftTable}") is NftAnswer.Refused) return 0;
        return nft.Apply($"delete table inet {FabricTerms.NftTable}\n") is NftAnswer.Refused refused
            ? throw new IOException($"nftables does not let our table go: {refused.Text}") : 1;
    }
}
