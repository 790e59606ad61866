namespace Romana.Cloud.Planning;

/// <summary>One of several groups that share a table.</summary>
/// <param name="Costs">Element k: units of addresses behind an extra hop with at most k routes; the last stands for all beyond.</param>
/// <param name="Local">Its own subnet's table: neighbours pass it by, so its extra hops count last.</param>
/// <param name="Wish">Routes that it would have anyway, among equals.</param>
internal sealed record GroupCurve(long[] Costs, bool Local, int Wish)
{
    public long At(int routes) => Costs[Math.Min(routes, Costs.Length - 1)];
}

/// <summary>
/// Divides a table's room among its groups: complete first, then the fewest extra hops of groups that are not local,
/// then of local ones, then the fewest routes. Exact: every division counts.
/// </summary>
internal static class RoomShare
{
    /// <returns>Routes of each group; null when the room does not do for all.</returns>
    public static int[]? Divide(IReadOnlyList<GroupCurve> groups, int room)
    {
        var far = new Half([.. Enumerable.Range(0, groups.Count).Where(index => !groups[index].Local)], groups, room);
        var near = new Half([.. Enumerable.Range(0, groups.Count).Where(index => groups[index].Local)], groups, room);
        if (far.Least + near.Least > room) return null;
        var given = new int[groups.Count];
        var spent = far.Fewest(room - near.Least);
        far.Read(spent, given);
        near.Read(near.Fewest(room - spent), given);
        return given;
    }

    /// <summary>Least units that groups of one kind can have between them, when the others take as few routes as they can.</summary>
    public static long Least(IReadOnlyList<GroupCurve> groups, int room, bool local)
    {
        var half = new Half([.. Enumerable.Range(0, groups.Count).Where(index => groups[index].Local == local)], groups, room);
        var others = new Half([.. Enumerable.Range(0, groups.Count).Where(index => groups[index].Local != local)], groups, room);
        return half.At(Math.Max(0, room - others.Least));
    }

    private sealed class Half
    {
        private readonly int[] _members;
        private readonly IReadOnlyList<GroupCurve> _groups;
        private readonly long[][] _sums;

        public Half(int[] members, IReadOnlyList<GroupCurve> groups, int room)
        {
            (_members, _groups) = (members, groups);
            _sums = new long[members.Length + 1][];
            _sums[0] = new long[Math.Max(0, room) + 1];
            for (var at = 0; at < members.Length; at++)
            {
                var sum = _sums[at + 1] = new long[_sums[0].Length];
                Array.Fill(sum, CostVectors.Impossible);
                MinPlus.Plain(groups[members[at]].Costs, _sums[at], sum);
                for (var k = 0; k < sum.Length; k++) sum[k] = Math.Min(CostVectors.Impossible, k > 0 ? Math.Min(sum[k], sum[k - 1]) : sum[k]);
            }

            var least = Array.FindIndex(_sums[^1], cost => cost < CostVectors.Impossible);
            Least = least < 0 ? room + 1 : least;
        }

        /// <summary>Fewest routes that are complete.</summary>
        public int Least { get; }

        public long At(int routes) => _sums[^1][routes];

        /// <summary>Fewest routes that are as good as the room allows.</summary>
        public int Fewest(int room)
        {
            while (room > 0 && _sums[^1][room - 1] == _sums[^1][room]) room--;
            return room;
        }

        public void Read(int routes, int[] given)
        {
            for (var at = _members.Length - 1; at >= 0; at--)
            {
                var curve = _groups[_members[at]];
                var (best, distance) = (-1, int.MaxValue);
                for (var k = 0; k <= routes; k++)
                {
                    if (Math.Abs(k - curve.Wish) >= distance || curve.At(k) + _sums[at][routes - k] != _sums[at + 1][routes]) continue;
                    (best, distance) = (k, Math.Abs(k - curve.Wish));
                }

                given[_members[at]] = best;
                routes -= best;
            }
        }
    }
}
