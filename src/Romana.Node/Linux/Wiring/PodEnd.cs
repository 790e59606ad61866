using Romana.Ipam.Addressing;
using Romana.Node.Cni;
using Romana.Node.Linux.Namespaces;
using Romana.Node.Linux.Netlink;
using Romana.Node.Linux.Netlink.Records;

namespace Romana.Node.Linux.Wiring;

/// <summary>The pod's half of its link, in the pod's own namespace, by a socket that was opened there.</summary>
internal sealed class PodEnd : IDisposable
{
    private readonly NetworkNamespace _space, _home;
    private readonly LinkPlan _plan;

    private readonly Action<LinkPlan, object> _done;

    private KernelNetwork? _opened;

    private PodEnd(NetworkNamespace space, NetworkNamespace home, LinkPlan plan, Action<LinkPlan, object> done) =>
        (_space, _home, _plan, _done) = (space, home, plan, done);

    private KernelNetwork Kernel => _opened ??= _space.Visit(_home, KernelNetwork.Open);

    public NamespaceHandle Handle => _space.Handle;

    public Interface? Find() => Kernel.Interfaces.Get(_plan.Key.Interface);

    /// <param name="home">Where the calling thread is, which is one of ours.</param>
    /// <param name="done">Told after each change, in the order of the work.</param>
    /// <exception cref="WiringException">The path leads to no network namespace.</exception>
    public static PodEnd Open(string path, NetworkNamespace home, LinkPlan plan, Action<LinkPlan, object> done)
    {
        if (!NetworkNamespace.TryOpen(path, out var space, out var reason))
            throw new WiringException($"{reason}: the pod is gone, or its runtime gave a wrong CNI_NETNS");
        return new PodEnd(space, home, plan, done);
    }

    /// <summary>Routes last: with them the pod can talk, and all else is there by then.</summary>
    public void Furnish(int? mtu)
    {
        var found = Find() ?? throw new WiringException($"the pod's {_plan.Key.Interface} went while it was furnished");
        var index = found.Index;
        if (_plan.Addresses.Any(address => address.Family == IpFamily.IPv6)) _space.Visit(_home, () => Settle(found));
        // Without an IPv6 address of ours it needs none of its own either.
        else if (found.V6 is not null) Require(Kernel.Interfaces.Change(index, new InterfaceChange { HasNoOwnAddress = true }), "the pod's end without IPv6");
        foreach (var address in _plan.PodAddresses(index)) Require(Kernel.Addresses.Add(address), address);
        Require(Kernel.Interfaces.Change(index, new InterfaceChange { IsUp = true }), "the pod's end up");
        foreach (var neighbour in _plan.PodNeighbours(index)) Require(Kernel.Neighbours.Set(neighbour), neighbour);
        foreach (var route in _plan.PodRoutes(index, mtu))
        {
            var made = Kernel.Routes.Add(route);
            if (made.Kind == OutcomeKind.Exists)
                throw new WiringException($"the pod has a route to {route.Destination} that is not ours: only one plugin can give it its way out");
            Require(made, route);
        }
    }

    /// <summary>Null: as it should be.</summary>
    /// <param name="host">The other end.</param>
    /// <param name="mtu">Null: whatever was in force when the link was made.</param>
    public string? Fault(Interface host, int? mtu)
    {
        var name = _plan.Key.Interface;
        if (Find() is not { } found) return $"the pod has no {name}";
        if (host.Lower != found.Index || found.Lower != host.Index) return $"the pod's {name} is not the other end of {host.Name}";
        if (!found.IsUp) return $"the pod's {name} is down";
        if (found.Mac != _plan.PodMac) return $"the pod's {name} has the MAC {found.Mac}, not {_plan.PodMac}";
        if (mtu is { } wanted && found.Mtu != wanted) return $"the pod's {name} has an MTU of {found.Mtu}, not {wanted}";
        var addresses = Kernel.Addresses.List(index: found.Index);
        if (_plan.Addresses.Except(addresses.Select(one => one.Address)).ToList() is [var lost, ..]) return $"the pod's {name} lost its address {lost}";
        if (_plan.PodNeighbours(found.Index).Except(Kernel.Neighbours.List()).FirstOrDefault() is { } neighbour) return $"the pod lacks the neighbour {neighbour}";
        var routes = Kernel.Routes.List(new RouteFilter { Table = RouteTables.Main }).Select(route => route with { Mtu = null }).ToList();
        return _plan.PodRoutes(found.Index, null).Except(routes).FirstOrDefault() is { } route ? $"the pod lacks the route {route}" : null;
    }

    /// <summary>That the path still leads here: our descriptor keeps a namespace alive that its runtime gave up.</summary>
    public void RequireStanding()
    {
        if (!NetworkNamespace.TryOpen(_space.Name, out var now, out var reason)) throw new WiringException($"{reason}: the pod went while its link was made");
        using (now)
        {
            if (!now.IsSameAs(_space)) throw new WiringException($"{_space.Name} became another namespace while the pod's link was made");
        }
    }

    public void Dispose()
    {
        _opened?.Dispose();
        _space.Dispose();
    }

    /// <summary>Nobody on the link advertises routes, and nobody could have the address already.</summary>
    private bool Settle(Interface found)
    {
        using var settings = SettingsFolder.Open($"net/ipv6/conf/{_plan.Key.Interface}");
        settings?.Write("accept_ra", "0");
        settings?.Write("accept_dad", "0");
        // Written under a lock that the kernel spins on while others make links: only where it must be.
        if (found.V6 is { IsDisabled: true }) settings?.Write("disable_ipv6", "0");
        return settings is not null;
    }

    private void Require(Outcome outcome, object what)
    {
        outcome.OrThrow();
        _done(_plan, what);
    }
}
