using System.Collections.Immutable;
using Romana.Ipam.Addressing;
using Romana.Node.Linux.Netlink.Records;

namespace Romana.Node.Planning.Vlans;

/// <summary>
/// From what the kernel holds to what it shall hold. What keeps the management's way comes first and goes last; then what
/// refuses, then the ways: at no step is a VLAN open that was closed.
/// </summary>
internal static class VlanDiff
{
    public static ImmutableArray<VlanChange> Plan(VlanState wanted, VlanActual actual)
    {
        var changes = Links(wanted, actual).Concat(Common(wanted, actual)).Concat(Addresses(wanted, actual)).Concat(Rules(wanted, actual))
            .Concat(Routes(wanted, actual)).Concat(Proxies(wanted, actual));
        return [.. changes.OrderBy(Step)];
    }

    private static IEnumerable<VlanChange> Links(VlanState wanted, VlanActual actual)
    {
        foreach (var link in wanted.Links)
        {
            if (actual.Interfaces.FirstOrDefault(item => item.Name == link.Name) is not { } standing) yield return new VlanChange.AddLink(link);
            else if (!standing.IsUp && actual.Interfaces.Any(item => item.Index == link.Trunk && item.IsUp)) yield return new VlanChange.SetUp(standing.Name, standing.Index);
        }
    }

    private static IEnumerable<VlanChange> Common(VlanState wanted, VlanActual actual)
    {
        var state = new KernelState { Settings = wanted.Settings, Nft = wanted.Nft, Rules = [], Routes = [], Forward = [] };
        return KernelDiff.Plan(state, new KernelActual { Settings = actual.Settings, Nft = actual.Nft }).Changes.Select(change => new VlanChange.Common(change));
    }

    /// <summary>One that is not wanted is taken off only where we make the interface: elsewhere nothing says whose it is.</summary>
    private static IEnumerable<VlanChange> Addresses(VlanState wanted, VlanActual actual)
    {
        var made = wanted.Links.Select(link => link.Name).ToHashSet(StringComparer.Ordinal);
        var tagged = actual.Interfaces.Where(item => made.Contains(item.Name) && item.Name == VlanTerms.TaggedName(item.VlanId ?? 0)).Select(item => item.Index).ToHashSet();
        var standing = actual.Addresses.Select(Key).ToHashSet();
        var shall = wanted.Addresses.Select(Key).ToHashSet();
        return wanted.Addresses.Where(address => !standing.Contains(Key(address))).Select(address => (VlanChange)new VlanChange.AddAddress(address))
            .Concat(actual.Addresses.Where(address => tagged.Contains(address.Interface) && address.Scope == Scope.Global
                && (address.Flags & AddressFlags.NoPrefixRoute) != 0 && !shall.Contains(Key(address))).Select(address => new VlanChange.RemoveAddress(address)));
    }

    private static IEnumerable<VlanChange> Rules(VlanState wanted, VlanActual actual)
    {
        var standing = actual.Rules.Where(rule => rule is { Protocol: RouteProtocols.Romana, HasUnknownParts: false } && VlanTerms.IsPriority(rule.Priority)).ToHashSet();
        var shall = wanted.Rules.ToHashSet();
        return shall.Except(standing).Select(rule => (KernelChange)new KernelChange.AddRule(rule))
            .Concat(standing.Except(shall).Select(rule => new KernelChange.RemoveRule(rule))).Select(change => new VlanChange.Common(change));
    }

    private static IEnumerable<VlanChange> Routes(VlanState wanted, VlanActual actual)
    {
        var ours = actual.Routes.Where(route => route is { Protocol: RouteProtocols.Romana, HasUnknownParts: false } && VlanTerms.IsTable(route.Table)).ToLookup(Key);
        foreach (var route in wanted.Routes)
        {
            var standing = ours[Key(route)].ToList();
            if (standing.Contains(route)) continue;
            yield return new VlanChange.Common(standing.Count > 0 ? new KernelChange.ReplaceRoute(route) : new KernelChange.AddRoute(route));
        }

        var keys = wanted.Routes.Select(Key).ToHashSet();
        foreach (var route in ours.Where(same => !keys.Contains(same.Key)).SelectMany(same => same)) yield return new VlanChange.Common(new KernelChange.RemoveRoute(route));
    }

    private static IEnumerable<VlanChange> Proxies(VlanState wanted, VlanActual actual)
    {
        var standing = actual.Proxies.Select(Key).ToHashSet();
        var shall = wanted.Proxies.Select(Key).ToHashSet();
        return wanted.Proxies.Where(proxy => !standing.Contains(Key(proxy))).Select(proxy => (VlanChange)new VlanChange.AddProxy(proxy))
            .Concat(actual.Proxies.Where(proxy => proxy.Protocol == RouteProtocols.Romana && !shall.Contains(Key(proxy))).Select(proxy => new VlanChange.RemoveProxy(proxy)));
    }

    private static (int, IpAddress) Key(Neighbour proxy) => (proxy.Interface, proxy.Address);

    private static (int, IpAddress, int) Key(InterfaceAddress address) => (address.Interface, address.Address, address.Length);

    private static (uint, Cidr, uint) Key(Route route) => (route.Table, route.Destination, route.Metric);

    private static int Step(VlanChange change) => change switch
    {
        VlanChange.Common { Change: KernelChange.AddRule { Rule: var rule } } => Coming(rule),
        VlanChange.Common { Change: KernelChange.Setting } => 3,
        VlanChange.Common { Change: KernelChange.ReplaceTable or KernelChange.Elements } => 4,
        VlanChange.Common { Change: KernelChange.AddRoute { Route: var route } } => Coming(route),
        VlanChange.Common { Change: KernelChange.ReplaceRoute { Route: var route } } => Coming(route),
        VlanChange.AddLink => 9,
        VlanChange.SetUp => 10,
        VlanChange.AddAddress => 11,
        VlanChange.AddProxy => 16,
        VlanChange.RemoveProxy => 20,
        VlanChange.Common { Change: KernelChange.RemoveRoute { Route: var route } } => 40 - Coming(route),
        VlanChange.RemoveAddress => 34,
        VlanChange.Common { Change: KernelChange.RemoveRule { Rule: var rule } } => 45 - Coming(rule),
        _ => 50,
    };

    /// <summary>1 and 2: the management's own way, before anything refuses. Then ends before lookups, all by number.</summary>
    private static int Coming(Rule rule) => rule.Priority switch
    {
        VlanTerms.ManagementPriority => 1,
        VlanTerms.NodePriority => 2,
        VlanTerms.WireEndPriority or VlanTerms.SourceEndPriority or VlanTerms.NodeEndPriority => 6,
        _ => 7,
    };

    /// <summary>A gateway is looked for by way of the route to its segment.</summary>
    private static int Coming(Route route) => (route.IsRefusal, route.Hops) switch
    {
        (true, _) => 5,
        (_, [{ Via: null }]) => 13,
        _ => 14,
    };
}
