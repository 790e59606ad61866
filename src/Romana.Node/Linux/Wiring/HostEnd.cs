using Romana.Ipam.Addressing;
using Romana.Node.Cni;
using Romana.Node.Linux.Namespaces;
using Romana.Node.Linux.Netlink;
using Romana.Node.Linux.Netlink.Records;

namespace Romana.Node.Linux.Wiring;

/// <summary>The host's half of pods' links: marks, settings, routes, neighbours.</summary>
/// <param name="kernel">Of the host's namespace.</param>
/// <param name="space">The same namespace; null is this process's own.</param>
/// <param name="done">Told after each change, in the order of the work.</param>
internal sealed class HostEnd(KernelNetwork kernel, NetworkNamespace? space, LinkTerms terms, Action<LinkPlan, object> done)
{
    public Interface? Find(LinkPlan plan) => kernel.Interfaces.Get(plan.HostInterface);

    /// <exception cref="WiringException">Another has the name.</exception>
    public static void RequireOurs(Interface found, LinkPlan plan)
    {
        if (IsOf(found, plan)) return;
        throw new WiringException(
            $"interface {found.Name} is in the way of {plan.Key} and not ours (alias '{found.Alias}'): remove it, or delete the pod that has it");
    }

    /// <summary>Of the same attachment, whatever its addresses, or what is left of one.</summary>
    public static bool IsOf(Interface found, LinkPlan plan) => LinkPlan.Of(found)?.Key == plan.Key || LinkPlan.IsRemains(found);

    /// <summary>Closes the new interface against what a pod could send, marks it, then sets it up.</summary>
    public void Prepare(LinkPlan plan, int index)
    {
        InSpace(() => SetAll(plan));
        Require(kernel.Interfaces.Change(index, new InterfaceChange { Alias = plan.Alias }), plan, "alias");
        Require(kernel.Interfaces.Change(index, new InterfaceChange { IsUp = true }), plan, "up");
    }

    /// <summary>Neighbours first: the first packet of a route finds the pod without a question on the wire.</summary>
    public void Lead(LinkPlan plan, int index)
    {
        foreach (var neighbour in plan.HostNeighbours(index)) Require(kernel.Neighbours.Set(neighbour), plan, neighbour);
        terms.Admit(plan.HostInterface, plan.Addresses);
        foreach (var route in plan.HostRoutes(index, terms.WayOf)) Require(kernel.Routes.Replace(route), plan, route);
    }

    /// <summary>After it nothing reaches the pod any more, in whatever table.</summary>
    public void StopLeading(LinkPlan plan, int index)
    {
        foreach (var route in Routes(index)) Require(kernel.Routes.Remove(route), plan, route);
    }

    /// <summary>Also of a link that went by itself.</summary>
    public void Dismiss(LinkPlan plan) => terms.Dismiss(plan.HostInterface, plan.Addresses);

    /// <summary>Puts back what of a standing link is missing or differs; how many writes it took.</summary>
    public int Mend(Interface found, LinkPlan plan, IReadOnlyList<Route> routes, IReadOnlyList<Neighbour> neighbours)
    {
        var writes = 0;
        if (!found.IsUp) writes += Count(kernel.Interfaces.Change(found.Index, new InterfaceChange { IsUp = true }));
        InSpace(() => writes += Settings(plan).Count(setting => Sysctl.Set(null, setting.Name, setting.Value) == OutcomeKind.Set));
        foreach (var neighbour in plan.HostNeighbours(found.Index).Except(neighbours)) writes += Count(kernel.Neighbours.Set(neighbour));
        foreach (var route in plan.HostRoutes(found.Index, terms.WayOf).Except(routes)) writes += Count(kernel.Routes.Replace(route));
        return writes;
    }

    /// <summary>Null: as it should be.</summary>
    public string? Fault(LinkPlan plan, Interface found)
    {
        if (!found.IsUp) return $"{found.Name} on the host is down";
        if (found.Mac != LinkPlan.HostMac) return $"{found.Name} on the host has the MAC {found.Mac}, not {LinkPlan.HostMac}";
        if (LinkPlan.Of(found) is not { } marked || !marked.Addresses.SequenceEqual(plan.Addresses))
            return $"{found.Name} on the host is marked '{found.Alias}', not '{plan.Alias}'";
        if (plan.HostRoutes(found.Index, terms.WayOf).Except(Routes(found.Index)).FirstOrDefault() is { } route) return $"the host lacks the route {route}";
        if (plan.HostNeighbours(found.Index).Except(kernel.Neighbours.List()).FirstOrDefault() is { } neighbour) return $"the host lacks the neighbour {neighbour}";
        return SettingsFault(plan);
    }

    /// <summary>Of ours, through one interface.</summary>
    private IReadOnlyList<Route> Routes(int index) =>
        kernel.Routes.List(new RouteFilter { Interface = index, Protocol = RouteProtocols.Romana });

    private string? SettingsFault(LinkPlan plan)
    {
        string? fault = null;
        InSpace(() => fault = (
            from wanted in Settings(plan)
            let value = Sysctl.Get(null, wanted.Name)
            where value is not null && value != wanted.Value
            select $"{wanted.Name} is {value}, not {wanted.Value}").FirstOrDefault());
        return fault;
    }

    /// <summary>
    /// A strict reverse path closes other sources in IPv4, whatever becomes of nftables. No link-local address and no ear
    /// for router advertisements: a pod must not be able to give its host a way out.
    /// </summary>
    private static IEnumerable<(string Name, string Value)> Settings(LinkPlan plan)
    {
        var (v4, v6) = ($"net/ipv4/conf/{plan.HostInterface}", $"net/ipv6/conf/{plan.HostInterface}");
        yield return ($"{v4}/rp_filter", "1");
        yield return ($"{v4}/forwarding", "1");
        yield return ($"{v6}/addr_gen_mode", "1");
        yield return ($"{v6}/accept_ra", "0");
        if (plan.Addresses.Any(address => address.Family == IpFamily.IPv6)) yield return ($"{v6}/disable_ipv6", "0");
    }

    private void SetAll(LinkPlan plan)
    {
        foreach (var (name, value) in Settings(plan))
        {
            // A kernel without IPv6 lacks its settings; a pod that wants an address of it is refused there.
            if (Sysctl.Set(null, name, value) == OutcomeKind.Absent && name.StartsWith("net/ipv4", StringComparison.Ordinal))
                throw new WiringException($"there is no setting {name}: the interface is gone, or /proc/sys is not mounted");
            done(plan, name);
        }
    }

    /// <summary>Settings are seen from inside; one thread for all of them.</summary>
    private void InSpace(Action work)
    {
        if (space is null) work();
        else space.Run(work);
    }

    private void Require(Outcome outcome, LinkPlan plan, object what)
    {
        outcome.OrThrow();
        done(plan, what);
    }

    private static int Count(Outcome outcome) => outcome.IsRefused ? 0 : 1;
}
