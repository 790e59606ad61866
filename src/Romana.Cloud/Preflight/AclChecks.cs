using Romana.Ipam.Addressing;

namespace Romana.Cloud.Preflight;

/// <summary>
/// Network ACLs know no connections: pods' addresses must pass in and out of every subnet that talks to pods. Rules
/// are tried by number, the first match decides, the end denies.
/// </summary>
internal static class AclChecks
{
    private const string Check = "network-acl";

    public static IEnumerable<Finding> Run(PreflightFacts facts)
    {
        if (facts.Acls is not { } acls || facts.PodNetworks is not { } networks) yield break;
        foreach (var acl in acls.Where(acl => !acl.Subnets.IsEmpty))
        {
            foreach (var network in networks)
            {
                yield return Of(acl, network, egress: false);
                yield return Of(acl, network, egress: true);
            }
        }
    }

    private static Finding Of(AclFacts acl, PodNetwork network, bool egress)
    {
        var what = $"{(egress ? "out to" : "in from")} {network.Name} {network.Cidr} ({acl.Subnets.Length} subnets)";
        var rules = acl.Rules.Where(rule => rule.Egress == egress && rule.Cidr.Overlaps(network.Cidr)).OrderBy(rule => rule.Number).ToArray();
        var allowed = new List<Cidr>();
        var partly = new List<AclRule>();
        foreach (var rule in rules)
        {
            var remedy = $"put a rule before number {rule.Number}: allow all traffic {(egress ? "out to" : "in from")} {network.Cidr}";
            if (!rule.Allow && rule.IsAll)
            {
                return partly.Count > 0 || allowed.Count > 0
                    ? Finding.Warn(Check, acl.Id, $"only {Text(partly, allowed)} {what} passes before rule {rule.Number} denies {rule.Cidr}", remedy)
                    : Finding.Fail(Check, acl.Id, $"rule {rule.Number} denies {rule.Cidr} {what}", remedy);
            }

            if (!rule.Allow)
                return Finding.Warn(Check, acl.Id, $"rule {rule.Number} denies {rule.Protocol} {rule.Ports} for {rule.Cidr} {what}", remedy);
            if (!rule.IsAll) partly.Add(rule);
            else allowed.Add(rule.Cidr);
            if (CidrCover.Covers(allowed, network.Cidr)) return Finding.Ok(Check, acl.Id, $"all traffic {what} passes");
        }

        var add = $"add a rule: allow all traffic {(egress ? "out to" : "in from")} {network.Cidr}";
        return partly.Count > 0 || allowed.Count > 0
            ? Finding.Warn(Check, acl.Id, $"only {Text(partly, allowed)} {what} passes", add)
            : Finding.Fail(Check, acl.Id, $"nothing {what} passes", add);
    }

    private static string Text(IEnumerable<AclRule> partly, IEnumerable<Cidr> allowed) => string.Join("; ",
        partly.Select(rule => rule.Ports is null ? rule.Protocol : $"{rule.Protocol} {rule.Ports}").Distinct()
            .Concat(allowed.Select(cidr => cidr.ToString())));
}
