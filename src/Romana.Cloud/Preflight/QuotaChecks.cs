using Romana.Cloud.Aws;
using Romana.Cloud.Planning;
using Romana.Ipam.Addressing;

namespace Romana.Cloud.Preflight;

/// <summary>Room in each table, beside what is not ours (EC2 quota L-93826ACB, each family apart).</summary>
internal static class QuotaChecks
{
    public static IEnumerable<Finding> Run(PreflightFacts facts) =>
        facts.Quota is RouteQuota.Unread unread ? Tables(facts).Prepend(NotRead(unread)) : Tables(facts);

    private static Finding NotRead(RouteQuota.Unread unread)
    {
        var cut = unread.Why.LastIndexOf(": ", StringComparison.Ordinal);
        return Finding.Warn("quota", ServiceQuotas.QuotaCode, $"Service Quotas was not read ({unread.Why[..cut]}), AWS's default {TableQuota.Usual} is assumed", unread.Why[(cut + 2)..]);
    }

    private static IEnumerable<Finding> Tables(PreflightFacts facts) =>
        from table in facts.Tables
        from family in new[] { IpFamily.IPv4, IpFamily.IPv6 }
        where facts.PodNetworks is null ? family == IpFamily.IPv4 : facts.PodNetworks.Value.Any(network => network.Cidr.Family == family)
        select Of(table.Table, family, facts);

    private static Finding Of(InventoryTable table, IpFamily family, PreflightFacts facts)
    {
        var quota = table.Quota.Of(family);
        var foreign = table.Routes.Where(route => Counts(route, family, facts, table.Id)).Sum(route => route.Weight);
        // One route stays free, so that a change can be made before the old one is broken.
        var room = quota - foreign - 1;
        var covers = (facts.PodNetworks ?? []).Where(network => network.Cidr.Family == family).Sum(network => network.Covers);
        var wanted = covers + facts.Interfaces.Length;
        var basis = facts.Quota switch
        {
            null => "as given by --limit",
            RouteQuota.Applied => "in force, by Service Quotas",
            RouteQuota.Default => "AWS's default, by Service Quotas",
            _ => "AWS's default, assumed",
        };
        var text = $"{(family == IpFamily.IPv4 ? "IPv4" : "IPv6")} quota {quota} ({basis}), {foreign} taken by others, room for {Math.Max(0, room)}";
        const string More = "ask AWS for a higher quota (L-93826ACB, at most 1000), or remove routes of others";
        if (room < 1 || room < covers) return Finding.Fail("quota", table.Id, $"{text}: {covers} covers are wanted", More);
        return wanted > room
            ? Finding.Warn("quota", table.Id, $"{text}: {covers} covers fit, {facts.Interfaces.Length} routes to single hosts do not all; their pods are reached through routers", More)
            : Finding.Ok("quota", table.Id, text);
    }

    private static bool Counts(InventoryRoute route, IpFamily family, PreflightFacts facts, string table)
    {
        if (route.Target == "local" || route.Propagated || Ledger.Owns(facts, table, route)) return false;
        // A prefix list may hold either family: it is counted in both, which errs on the safe side.
        return !Cidr.TryParse(route.Destination, out var cidr, out _) || cidr.Family == family;
    }
}
