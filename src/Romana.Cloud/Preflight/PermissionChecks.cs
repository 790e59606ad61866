using System.Collections.Immutable;

namespace Romana.Cloud.Preflight;

/// <summary>What DryRun answered for each table, and which of the two IAM policies that shows.</summary>
internal static class PermissionChecks
{
    public static IEnumerable<Finding> Run(PreflightFacts facts)
    {
        foreach (var table in facts.Tables) yield return Of(table, facts.Cluster);
        if (Variant(facts) is { } variant) yield return variant;
    }

    private static Finding Of(TableFacts table, string cluster)
    {
        var denied = table.Permissions.Where(pair => pair.Value == Permission.Denied).Select(pair => pair.Key).ToArray();
        var unclear = table.Permissions.Where(pair => pair.Value == Permission.Unclear).Select(pair => pair.Key).ToArray();
        var tagged = table.ClusterTag == cluster;
        if (denied.Length > 0)
        {
            return Finding.Fail("iam", table.Table.Id, $"{string.Join(", ", denied)} denied",
                tagged
                    ? $"allow them on route-table/* where the tag romana.io/cluster is {cluster}"
                    : $"tag the table romana.io/cluster={cluster} and use --tables tag, or allow them for every table of the VPC (condition ec2:Vpc)");
        }

        if (table.Permissions.IsEmpty) return Finding.Warn("iam", table.Table.Id, "not tried: there is no pod interface to aim a DryRun at", "start a host and run this again");
        if (unclear.Length > 0)
            return Finding.Warn("iam", table.Table.Id, $"{string.Join(", ", unclear)}: EC2 said neither yes nor no to the DryRun", "run this again");
        return Finding.Ok("iam", table.Table.Id, $"{string.Join(", ", table.Permissions.Keys)} allowed, {(tagged ? "tagged" : "not tagged: by the policy for the whole VPC")}");
    }

    /// <summary>Two policies are known: by the table's tag, or for every table of one VPC.</summary>
    private static Finding? Variant(PreflightFacts facts)
    {
        var tried = facts.Tables.Where(table => !table.Permissions.IsEmpty).ToImmutableArray();
        if (tried.IsEmpty) return null;
        var allowed = tried.Where(table => table.Permissions.Values.All(permission => permission == Permission.Allowed)).ToArray();
        if (allowed.Length == 0) return null;
        if (allowed.Any(table => table.ClusterTag != facts.Cluster))
            return Finding.Ok("iam", "variant", "the policy for every table of the VPC is in force (an untagged table may be changed)");
        return tried.Length > allowed.Length
            ? Finding.Ok("iam", "variant", "the policy by the table's tag is in force (only tagged tables may be changed)")
            : Finding.Ok("iam", "variant", "every table is tagged: either policy would allow this");
    }
}
