using Romana.Cloud.Health.Probing;
using Romana.Ipam.Addressing;

namespace Romana.Cloud.Preflight;

/// <summary>
/// Whether the controller's probes get in. Where the controller runs is not known here: its probes must be let in from
/// the VPC's own CIDRs.
/// </summary>
internal static class ProbeChecks
{
    private const string Check = "probe";

    public static IEnumerable<Finding> Run(PreflightFacts facts)
    {
        if (facts.Probe is not { } probe) yield break;
        if (probe.Kind == ProbeKind.None)
        {
            yield return Finding.Warn(Check, "hosts", "hosts are not probed: one that dies is noticed when EC2 says so, which takes minutes",
                "let ICMP echo or a TCP port in from the controller, and run it with --probe icmp or --probe tcp:PORT");
            yield break;
        }

        if (facts.SecurityGroups is not { } groups) yield break;
        var known = groups.ToDictionary(group => group.Id);
        foreach (var set in facts.Interfaces.GroupBy(one => string.Join(",", one.SecurityGroups.Order(StringComparer.Ordinal))).Where(set => set.Key.Length > 0))
        {
            var rules = set.First().SecurityGroups.Where(known.ContainsKey).SelectMany(id => known[id].Ingress).Where(rule => Admits(rule, probe)).ToList();
            foreach (var cidr in facts.Vpc.Cidrs.Where(cidr => cidr.Family == IpFamily.IPv4)) yield return Of(probe, set.Key, set.Count(), rules, cidr);
        }
    }

    private static Finding Of(ProbeChoice probe, string groups, int interfaces, List<RuleFacts> rules, Cidr cidr)
    {
        var what = $"{probe} in from {cidr} ({interfaces} interfaces)";
        if (CidrCover.Covers([.. rules.SelectMany(rule => rule.Cidrs)], cidr)) return Finding.Ok(Check, groups, $"{what} is allowed");
        var part = rules.Any(rule => rule.Cidrs.Any(one => one.Overlaps(cidr)) || !rule.Others.IsEmpty);
        return Finding.Warn(Check, groups, part ? $"{what} is allowed from a part of it, or by group, alone" : $"{what} is not allowed: these hosts never answer, so that their death is not noticed",
            part ? "make sure that the controller is among those let in" : $"add a rule: {probe} in from the controller's address");
    }

    private static bool Admits(RuleFacts rule, ProbeChoice probe) => rule.IsAll || (probe.Kind switch
    {
        // Type and code stand in the port fields: -1 or none is every type, 8 is the echo.
        ProbeKind.Icmp => rule.Protocol is "icmp" or "1" && rule.Ports is null or "-1" or "8" or "8-0" or "8--1",
        ProbeKind.Tcp => rule.Protocol is "tcp" or "6" && Holds(rule.Ports, probe.Port),
        _ => false,
    });

    private static bool Holds(string? ports, int port)
    {
        if (ports is null) return true;
        var ends = ports.Split('-');
        return int.TryParse(ends[0], out var first) && int.TryParse(ends[^1], out var last) && first <= port && port <= last;
    }
}
