using System.Collections.Immutable;
using System.Text;
using Romana.Ipam.Addressing;
using Romana.Node.Linux.Netlink.Records;

namespace Romana.Node.Planning;

/// <summary>
/// From what the kernel holds to what it shall hold. The guards come first and go last: at no step may a packet loop, or
/// a pod send what it must not, that could not do so before and after.
/// </summary>
internal static class KernelDiff
{
    public static KernelPlan Plan(KernelState wanted, KernelActual actual)
    {
        var (routes, conflicts) = Routes(wanted, actual);
        var changes = Settings(wanted, actual).Concat(Nft(wanted.Nft, actual.Nft)).Concat(Forward(wanted, actual)).Concat(Rules(wanted, actual)).Concat(routes);
        return new KernelPlan([.. changes.OrderBy(Step)], conflicts);
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
        var standing = actual.Rules.Where(IsOurs).ToHashSet();
        var shall = wanted.Rules.Select(rule => rule.Canonical()).ToHashSet();
        return shall.Except(standing).Select(rule => (KernelChange)new KernelChange.AddRule(rule))
            .Concat(standing.Except(shall).Select(rule => new KernelChange.RemoveRule(rule)));
    }

    private static (IEnumerable<KernelChange> Changes, ImmutableArray<Route> Conflicts) Routes(KernelState wanted, KernelActual actual)
    {
        var (ours, others) = (actual.Routes.Where(IsOurs).ToLookup(Key), actual.Routes.Where(route => !IsOurs(route)).Select(Key).ToHashSet());
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
            .Where(route => !IsPods(route, actual)).Select(route => new KernelChange.RemoveRoute(route)));
        return (changes, conflicts.ToImmutable());
    }

    private static IEnumerable<KernelChange> Nft(NftTable wanted, NftListing? actual)
    {
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

    private static bool IsOurs(Rule rule) => rule is { Protocol: RouteProtocols.Romana, HasUnknownParts: false }
        and { Priority: FabricTerms.GuardPriority or FabricTerms.MetadataPriority or FabricTerms.EgressPriority };

    private static bool IsOurs(Route route) => route is { Protocol: RouteProtocols.Romana, HasUnknownParts: false };

    /// <summary>A pod's own route is its link's to keep.</summary>
    private static bool IsPods(Route route, KernelActual actual) =>
        route is { Table: RouteTables.Main, Hops: [{ Via: null }] } && actual.PodInterfaces.Contains(route.Hops[0].Interface);

    private static (uint Table, Cidr Destination, uint Metric) Key(Route route) => (route.Table, route.Destination, route.Metric);

    /// <summary>
    /// Guards before ways: what refuses in main, then the transit table (its refusal last, or transit would break while
    /// it fills), then the rules that lead there, then the ways. What goes, goes in the opposite order.
    /// </summary>
    private static int Step(KernelChange change) => change switch
    {
        KernelChange.Setting => 0,
        KernelChange.ReplaceTable or KernelChange.Elements => 1,
        KernelChange.AddRoute { Route: var route } => Coming(route),
        KernelChange.ReplaceRoute { Route: var route } => Coming(route),
        KernelChange.AddRule { Rule.Priority: not FabricTerms.EgressPriority } => 5,
        KernelChange.Forward => 6,
        KernelChange.AddRule => 8,
        KernelChange.RemoveRule { Rule.Priority: FabricTerms.EgressPriority } => 21,
        KernelChange.RemoveRoute { Route: var route } => Going(route),
        _ => 24,
    };

    private static int Coming(Route route) => (route.Table, route.Type) switch
    {
        (RouteTables.Main, RouteType.Unreachable) => 2,
        (FabricTerms.TransitTable, RouteType.Unreachable) => 4,
        (FabricTerms.TransitTable, _) => 3,
        (FabricTerms.EgressTable, _) => 7,
        _ => 9,
    };

    private static int Going(Route route) => (route.Table, route.Type) switch
    {
        (RouteTables.Main, RouteType.Unreachable) => 26,
        (FabricTerms.TransitTable, RouteType.Unreachable) => 25,
        (FabricTerms.TransitTable, _) => 23,
        (FabricTerms.EgressTable, _) => 22,
        _ => 20,
    };
}
