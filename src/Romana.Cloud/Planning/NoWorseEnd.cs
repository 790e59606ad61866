namespace Romana.Cloud.Planning;

/// <summary>
/// Takes out of the wanted end what would reach a granted address worse than it is reached now (R1), and nothing else:
/// the route that would take the address away is not made or not turned, or the one that it would lose stays.
/// </summary>
internal static class NoWorseEnd
{
    /// <returns>Prefixes where what stands stays.</returns>
    public static HashSet<int> Keep(Forwarding table)
    {
        var kept = new HashSet<int>();
        var start = Matches(table, node => table.Effective(node, table[node]));
        while (Spoilers(table, start) is { Count: > 0 } spoilers)
        {
            foreach (var node in spoilers) table.SetFinal(node, table[node]);
            kept.UnionWith(spoilers);
        }

        return kept;
    }

    /// <summary>Each round keeps at least one more route as it is, so the rounds end, at the latest where nothing changes.</summary>
    private static HashSet<int> Spoilers(Forwarding table, int[] start)
    {
        var spoilers = new HashSet<int>();
        var end = Matches(table, node => table.Effective(node, table.Final(node)));
        for (var node = 0; node < start.Length; node++)
        {
            if (table.Tree.Need(node) is not (>= 0 and var block)) continue;
            var (before, after) = (start[node], end[node]);
            var was = before < 0 ? null : table.Effective(before, table[before]);
            var now = after < 0 ? null : table.Effective(after, table.Final(after));
            if (was?.Target == now?.Target || table.Of(block, now).Floor() >= table.Of(block, was).Floor()) continue;
            // Matches of one prefix lie on one path, so the later index is the longer prefix.
            spoilers.Add(Math.Max(before, after));
        }

        return spoilers;
    }

    private static int[] Matches(Forwarding table, Func<int, Hop?> hops)
    {
        var matches = new int[table.Tree.Count];
        for (var node = 0; node < matches.Length; node++)
        {
            var parent = table.Tree.Parent(node);
            matches[node] = hops(node) is not null ? node : parent >= 0 ? matches[parent] : PrefixTree.None;
        }

        return matches;
    }
}
