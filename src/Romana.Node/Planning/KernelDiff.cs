using System.Collections.Immutable;
using System.Text;
using Romana.Ipam.Addressing;
using Romana.Node.Linux.Netlink.Records;
using Romana.Node.Planning.Vlans;

namespace Romana.Node.Planning;

/// <summary>
/// From what the kernel holds to what it shall hold, in the order of <see cref="KernelOrder"/>: at no step may a packet loop,
/// or a pod send what it must not, that could not do so before and after.
/// </summary>
internal static class KernelDiff
{
    public static KernelPlan Plan(KernelState wanted, KernelActual actual)
    {
        var (routes, conflicts) = Routes(wanted, actual);
        var changes = Settings(wanted, actual).Concat(Nft(wanted.Nft, actual.Nft)).Concat(Forward(wanted, actual)).Concat(Rules(wanted, actual)).Concat(routes)
            .Concat(Links(wanted, actual)).Concat(Addresses(wanted, actual)).Concat(Proxies(wanted, actual));
        return new KernelPlan([.. changes.OrderBy(KernelOrder.Step)], conflicts);
    }

    private static IEnumerable<KernelChange> Settings(KernelState wanted, KernelActual actual)
    {
        var standing = actual.Settings.ToDictionary(setting => setting.Name, setting => setting.Value, StringComparer.Ordinal);
        // One that could not be read does not exist here: an interface that went, a kernel without the family.
        return wanted.Settings.Where(setting => standing.TryGetValue(setting.Name, out var value) && value != setting.Value)
            .Select(setting => new KernelChange.Setting(setting));
    }

    private static IEnumerable<KernelChange> Rules(KernelState wanted, KernelActual actual)
    {
        var standing = actual.Rules.Where(rule => IsOurs(rule, wanted)).ToHashSet();
        var shall = wanted.Rules.Select(rule => rule.Canonical()).ToHashSet();
        return shall.Except(standing).Select(rule => (KernelChange)new KernelChange.AddRule(rule))
            .Concat(standing.Except(shall).Select(rule => new KernelChange.RemoveRule(rule)));
    }

    private static (IEnumerable<KernelChange> Changes, ImmutableArray<Route> Conflicts) Routes(KernelState wanted, KernelActual actual)
    {
        var (ours, others) = (actual.Routes.Where(route => IsOurs(route, wanted)).ToLookup(Key), actual.Routes.Where(route => !IsOurs(route, wanted)).Select(Key).ToHashSet());
        var (changes, conflicts) = (new List<KernelChange>(), ImmutableArray.CreateBuilder<Route>());
        foreach (var route in wanted.Routes)
        {
            var standing = ours[Key(route)].ToList();
            if (standing.Contains(route)) continue;
            if (standing.Count > 0) changes.Add(new KernelChange.ReplaceRoute(route));
            else if (others.Contains(Key(route))) conflicts.Add(route);
            else changes.Add(new KernelChange.AddRoute(route));
        }

        var keys = wanted.Routes.Select(Key).ToHashSet();
        changes.AddRange(ours.Where(same => !keys.Contains(same.Key)).SelectMany(same => same)
            .Where(route => !IsPods(route, wanted, actual)).Select(route => new KernelChange.RemoveRoute(route)));
        return (changes, conflicts.ToImmutable());
    }

    private static IEnumerable<KernelChange> Nft(NftTable? wanted, NftListing? actual)
    {
        if (wanted is null) return [];
        if (actual is null || !actual.HasLayoutOf(wanted)) return [new KernelChange.ReplaceTable(wanted.Text())];
        var (gone, come) = (new StringBuilder(), new StringBuilder());
        foreach (var set in wanted.Sets.Where(set => !set.IsFilledByRules))
        {
            var standing = actual.Sets[set.Name];
            Write(gone, "delete", set.Name, standing.Except(set.Elements));
            Write(come, "add", set.Name, set.Elements.Except(standing));
        }

        // Away before there: a range that takes the place of its parts may not overlap them.
        var text = gone.Append(come).ToString();
        return text.Length == 0 ? [] : [new KernelChange.Elements(text)];
    }

    private static void Write(StringBuilder text, string verb, string set, ImmutableSortedSet<string> elements)
    {
        if (!elements.IsEmpty) text.Append($"{verb} element inet {FabricTerms.NftTable} {set} {{ {string.Join(", ", elements)} }}\n");
    }

    private static IEnumerable<KernelChange> Forward(KernelState wanted, KernelActual actual) =>
        from standing in actual.Forward
        from rules in wanted.Forward
        where rules.Family == standing.Family && standing.Restricts && !rules.IsMet(standing)
        select new KernelChange.Forward(rules.Family, rules.Text(standing));

    /// <summary>One that we made goes with its VLAN; one of somebody else's that serves as a VLAN's stays.</summary>
    private static IEnumerable<KernelChange> Links(KernelState wanted, KernelActual actual)
    {
        foreach (var link in wanted.Links)
        {
            if (actual.Interfaces.FirstOrDefault(item => item.Name == link.Name) is not { } standing) yield return new KernelChange.AddLink(link);
            else if (!standing.IsUp && actual.Interfaces.Any(item => item.Index == link.Trunk && item.IsUp)) yield return new KernelChange.SetUp(standing.Name, standing.Index);
        }

        foreach (var over in actual.Interfaces.Where(item => VlanTerms.IsMade(item) && !wanted.KeptLinks.Contains(item.Name) && wanted.Links.All(link => link.Name != item.Name)))
            yield return new KernelChange.RemoveLink(over.Name, over.Index);
    }

    /// <summary>An address of another's making is never taken off, whatever its value.</summary>
    private static IEnumerable<KernelChange> Addresses(KernelState wanted, KernelActual actual)
    {
        var standing = actual.Addresses.Select(Key).ToHashSet();
        var shall = wanted.Addresses.Select(Key).ToHashSet();
        return wanted.Addresses.Where(address => !standing.Contains(Key(address))).Select(address => (KernelChange)new KernelChange.AddAddress(address))
            .Concat(actual.Addresses.Where(address => address.Protocol == RouteProtocols.Romana && !shall.Contains(Key(address)))
                .Select(address => new KernelChange.RemoveAddress(address)));
    }

    private static IEnumerable<KernelChange> Proxies(KernelState wanted, KernelActual actual)
    {
        var standing = actual.Proxies.Select(Key).ToHashSet();
        var shall = wanted.Proxies.Select(Key).ToHashSet();
        return wanted.Proxies.Where(proxy => !standing.Contains(Key(proxy))).Select(proxy => (KernelChange)new KernelChange.AddProxy(proxy))
            .Concat(actual.Proxies.Where(proxy => proxy.Protocol == RouteProtocols.Romana && !shall.Contains(Key(proxy))).Select(proxy => new KernelChange.RemoveProxy(proxy)));
    }

    private static bool IsOurs(Rule rule, KernelState wanted) => rule is { Protocol: RouteProtocols.Romana, HasUnknownParts: false }
        && (VlanTerms.IsPriority(rule.Priority) || !wanted.KeepsFabric && FabricTerms.IsPriority(rule.Priority));

    private static bool IsOurs(Route route, KernelState wanted) => route is { Protocol: RouteProtocols.Romana, HasUnknownParts: false }
        && (!wanted.KeepsFabric || VlanTerms.IsTable(route.Table));

    /// <summary>A pod's own route is its link's to keep, unless it would lead past a VLAN's gateway.</summary>
    private static bool IsPods(Route route, KernelState wanted, KernelActual actual) =>
        route is { Table: RouteTables.Main, Hops: [{ Via: null }] } && actual.PodInterfaces.Contains(route.Hops[0].Interface)
        && !wanted.OutsideMain.Any(network => network.Contains(route.Destination));

    private static (uint Table, Cidr Destination, uint Metric) Key(Route route) => (route.Table, route.Destination, route.Metric);

    private static (int Interface, IpAddress Address) Key(Neighbour proxy) => (proxy.Interface, proxy.Address);

    private static (int Interface, IpAddress Address, int Length) Key(InterfaceAddress address) => (address.Interface, address.Address, address.Length);
}
