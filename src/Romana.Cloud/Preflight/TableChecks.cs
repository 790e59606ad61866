namespace Romana.Cloud.Preflight;

/// <summary>Which tables are managed, and what the others cost.</summary>
internal static class TableChecks
{
    public static IEnumerable<Finding> Run(PreflightFacts facts)
    {
        if (facts.Tables.IsEmpty)
            yield return Finding.Fail("tables", facts.Vpc.Id ?? "", "no route table is managed", "check --vpc, --tables and the tables' tag romana.io/cluster");
        foreach (var (table, tag, _) in facts.Tables)
        {
            var subnets = table.Subnets.IsEmpty ? "no subnet yet" : string.Join(", ", table.Subnets);
            yield return tag is not null && tag != facts.Cluster
                ? Finding.Fail("tables", table.Id, $"carries the tag romana.io/cluster={tag}: another cluster manages it", $"use --tables tag, or --cluster {tag}")
                : Finding.Ok("tables", table.Id, $"managed{(table.Main ? ", main table" : "")}: {subnets}");
        }

        foreach (var (id, subnets, why) in facts.LeftOut)
        {
            yield return Finding.Warn("tables", id, $"not managed: {why}",
                $"choose more with --tables, or tag it, if something in {string.Join(", ", subnets)} must reach pods");
        }
    }
}
