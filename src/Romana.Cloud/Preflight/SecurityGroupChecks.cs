using System.Collections.Immutable;
using Romana.Ipam.Addressing;

namespace Romana.Cloud.Preflight;

/// <summary>
/// A rule by group matches the addresses of interfaces, never those of pods: pods must be let through by CIDR, in and
/// out. Interfaces with the same groups are judged once, since their rules add up.
/// </summary>
internal static class SecurityGroupChecks
{
    private const string Check = "security-group";

    public static IEnumerable<Finding> Run(PreflightFacts facts)
    {
        if (facts.SecurityGroups is not { } groups || facts.PodNetworks is not { } networks) yield break;
        var known = groups.ToDictionary(group => group.Id);
        foreach (var set in facts.Interfaces.GroupBy(one => string.Join(",", one.SecurityGroups.Order(StringComparer.Ordinal))))
        {
            if (set.Key.Length == 0) continue;
            var members = set.First().SecurityGroups.Where(known.ContainsKey).Select(id => known[id]).ToArray();
            foreach (var network in networks)
            {
                yield return Of(set.Key, set.Count(), network, "in from", [.. members.SelectMany(group => group.Ingress)]);
                yield return Of(set.Key, set.Count(), network, "out to", [.. members.SelectMany(group => group.Egress)]);
            }
        }
    }

    private static Finding Of(string groups, int interfaces, PodNetwork network, string direction, ImmutableArray<RuleFacts> rules)
    {
        var all = rules.Where(rule => rule.IsAll).SelectMany(rule => rule.Cidrs).ToArray();
        var what = $"{direction} {network.Name} {network.Cidr} ({interfaces} interfaces)";
        if (CidrCover.Covers(all, network.Cidr)) return Finding.Ok(Check, groups, $"all traffic {what} is allowed");
        var some = rules.Where(rule => rule.Cidrs.Any(cidr => cidr.Overlaps(network.Cidr))).ToArray();
        var remedy = $"add a rule: all traffic {direction} {network.Cidr}{TooBig(network.Cidr)}";
        if (some.Length > 0)
        {
            return Finding.Warn(Check, groups, $"only {string.Join("; ", some.Select(rule => Text(rule, network.Cidr)).Distinct())} {what}", remedy);
        }

        var byOther = rules.SelectMany(rule => rule.Others).Distinct().ToArray();
        var group = byOther.Length == 0 ? "" : $"; the rules by {string.Join(", ", byOther)} {(byOther.Any(IsList) ? "are not looked into or " : "")}do not match pod addresses";
        return Finding.Fail(Check, groups, $"nothing {what} is allowed by CIDR{group}", remedy);
    }

    private static string Text(RuleFacts rule, Cidr network) => rule.Cidrs.Any(cidr => cidr.Contains(network))
        ? rule.ToString()
        : $"{rule} for {string.Join(", ", rule.Cidrs.Where(cidr => cidr.Overlaps(network)))}";

    private static string TooBig(Cidr network) => network.Family == IpFamily.IPv4
        ? "; at the least with ICMP type 3 code 4, without which large packets vanish"
        : "; at the least with ICMPv6 type 2, without which large packets vanish";

    private static bool IsList(string id) => id.StartsWith("pl-", StringComparison.Ordinal);
}
