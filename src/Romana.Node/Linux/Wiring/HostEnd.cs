using Romana.Ipam.Addressing;
using Romana.Node.Cni;
using Romana.Node.Linux.Namespaces;
using Romana.Node.Linux.Netlink;
using Romana.Node.Linux.Netlink.Records;

namespace Romana.Node.Linux.Wiring;

/// <summary>The host's half of pods' links: marks, settings, routes, neighbours.</summary>
/// <param name="thread">The calling one.</param>
/// <param name="done">Told after each change, in the order of the work.</param>
internal readonly struct HostEnd(WiringThread thread, LinkTerms terms, Action<LinkPlan, object> done)
{
    private readonly KernelNetwork _kernel = thread.Kernel;

    public Interface? Find(LinkPlan plan) => _kernel.Interfaces.Get(plan.HostInterface);

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
    public void Prepare(LinkPlan plan, Interface made)
    {
        var closed = new InterfaceChange { Alias = plan.Alias, HasNoOwnAddress = made.V6 is not null, Forwards = true, ReversePath = 1 };
        Require(_kernel.Interfaces.Change(made.Index, closed), plan, "closed");
        foreach (var (name, value) in Settings6(plan, made)) Write(plan, name, value);
        Require(_kernel.Interfaces.Change(made.Index, new InterfaceChange { IsUp = true }), plan, "up");
    }

    /// <summary>Neighbours first: the first packet of a route finds the pod without a question on the wire.</summary>
    public void Lead(LinkPlan plan, int index)
    {
        foreach (var neighbour in plan.HostNeighbours(index)) Require(_kernel.Neighbours.Set(neighbour), plan, neighbour);
        terms.Admit(plan.HostInterface, plan.Addresses);
        foreach (var route in plan.HostRoutes(index, terms.WayOf)) Require(_kernel.Routes.Replace(route), plan, route);
    }

    /// <summary>After it nothing reaches the pod any more, in whatever table.</summary>
    public void StopLeading(LinkPlan plan, int index)
    {
        foreach (var route in Routes(index)) Require(_kernel.Routes.Remove(route), plan, route);
    }

    /// <summary>Also of a link that went by itself.</summary>
    public void Dismiss(LinkPlan plan) => terms.Dismiss(plan.HostInterface, plan.Addresses);

    /// <summary>Puts back what of a standing link is missing or differs; how many writes it took.</summary>
    public int Mend(Interface found, LinkPlan plan, IReadOnlyList<Route> routes, IReadOnlyList<Neighbour> neighbours)
    {
        var writes = 0;
        if (Faults(plan, found).Any())
        {
            writes += Count(_kernel.Interfaces.Change(found.Index, new InterfaceChange { HasNoOwnAddress = found.V6 is not null, Forwards = true, ReversePath = 1 }));
            foreach (var (name, value) in Settings6(plan, found)) writes += Write(plan, name, value);
        }

        if (!found.IsUp) writes += Count(_kernel.Interfaces.Change(found.Index, new InterfaceChange { IsUp = true }));
        foreach (var neighbour in plan.HostNeighbours(found.Index).Except(neighbours)) writes += Count(_kernel.Neighbours.Set(neighbour));
        foreach (var route in plan.HostRoutes(found.Index, terms.WayOf).Except(routes)) writes += Count(_kernel.Routes.Replace(route));
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
        if (plan.HostNeighbours(found.Index).Except(_kernel.Neighbours.List()).FirstOrDefault() is { } neighbour) return $"the host lacks the neighbour {neighbour}";
        return Faults(plan, found).FirstOrDefault();
    }

    /// <summary>Of ours, through one interface.</summary>
    private IReadOnlyList<Route> Routes(int index) =>
        _kernel.Routes.List(new RouteFilter { Interface = index, Protocol = RouteProtocols.Romana });

    /// <summary>
    /// A strict reverse path closes other sources in IPv4, whatever becomes of nftables. No link-local address and no ear
    /// for router advertisements: a pod must not be able to give its host a way out.
    /// </summary>
    private static IEnumerable<string> Faults(LinkPlan plan, Interface found)
    {
        if (found.V4 is { ReversePath: not 1 and var path }) yield return $"rp_filter is {path}, not 1";
        if (found.V4 is { Forwards: false }) yield return "forwarding is 0, not 1";
        if (found.V6 is { AddressGeneration: not 1 and var mode }) yield return $"addr_gen_mode is {mode}, not 1";
        foreach (var (name, value) in Settings6(plan, found)) yield return $"{name} is not {value}";
    }

    /// <summary>Those of IPv6 that differ and that netlink cannot write.</summary>
    private static IEnumerable<(string Name, string Value)> Settings6(LinkPlan plan, Interface found)
    {
        if (found.V6 is not { } standing) yield break;
        if (standing.Advertisements != 0) yield return ("accept_ra", "0");
        if (standing.IsDisabled && plan.Addresses.Any(address => address.Family == IpFamily.IPv6)) yield return ("disable_ipv6", "0");
    }

    private int Write(LinkPlan plan, string name, string value)
    {
        if (thread.Settings6 is not { } settings) throw new WiringException("there are no settings in /proc/sys/net/ipv6/conf: /proc/sys is not mounted");
        if (!settings.Write($"{plan.HostInterface}/{name}", value)) return 0;
        done(plan, name);
        return 1;
    }

    private void Require(Outcome outcome, LinkPlan plan, object what)
    {
        outcome.OrThrow();
        done(plan, what);
    }

    private static int Count(Outcome outcome) => outcome.IsRefused ? 0 : 1;
}
