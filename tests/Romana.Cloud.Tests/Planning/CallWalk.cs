using Romana.Cloud.Planning;
using Romana.Ipam.Addressing;

namespace Romana.Cloud.Tests.Planning;

/// <summary>What a walk along the calls of one table found wrong; the message says at which call.</summary>
internal sealed class WalkFailedException(string message) : Exception(message);

/// <summary>
/// R1, R2, R5 and the settle rule after every call of one table, address by address, sharing nothing with the planner.
/// </summary>
internal sealed class CallWalk(SmallWorld world, IpFamily family, bool mayAdopt)
{
    private const int Subsets = 24;

    private readonly SlowJudge _judge = new(world);
    public int States { get; private set; }

    /// <returns>The table before the first call and after each.</returns>
    public List<InventoryTable> Along(InventoryTable from, IReadOnlyList<RouteChange> calls)
    {
        var tables = new List<InventoryTable> { from };
        var reached = _judge.Reach(from);
        var deleted = new HashSet<Cidr>();
        foreach (var (index, call) in calls.Index())
        {
            var where = $"call {index + 1} of {calls.Count}, {call.Op} {call.Destination} > {call.Target}";
            var table = Apply(tables[^1], call, where);
            if (call.Op == RouteOp.Delete) deleted.Add(call.Destination);
            else if (deleted.Contains(call.Destination)) throw new WalkFailedException($"{where}: made again after it was removed");
            CheckTable(from, tables[^1], table, where);
            reached = CheckReach(reached, _judge.Reach(table), where);
            tables.Add(table);
            States++;
        }

        return tables;
    }

    private static InventoryTable Apply(InventoryTable table, RouteChange call, string where)
    {
        var stands = table.Routes.FirstOrDefault(route => route.Destination == call.Destination.ToString() && !route.Propagated)?.Target;
        if (stands != (call.Op == RouteOp.Delete ? call.Target : call.From)) throw new WalkFailedException($"{where}: {stands ?? "nothing"} stands there");
        return World.Apply(table, call);
    }

    public Dictionary<IpAddress, SlowJudge.Match> Reach(InventoryTable table) => _judge.Reach(table);

    /// <param name="start">What is not ours stood in it.</param>
    public void CheckTable(InventoryTable start, InventoryTable before, InventoryTable now, string where)
    {
        int Count(InventoryTable table) => table.Routes.Count(route => route.Target != "local" && !route.Propagated && World.C(route.Destination).Family == family);
        if (Count(now) > Math.Max(now.Quota.Of(family), Count(before))) throw new WalkFailedException($"{where}: over the quota");
        if (!mayAdopt && !start.Routes.Where(route => !route.Owned).SequenceEqual(now.Routes.Where(route => !route.Owned)))
            throw new WalkFailedException($"{where}: what is not ours was changed");
        if (start.Routes.Any(route => !route.Owned && !now.Routes.Any(one => one.Destination == route.Destination)))
            throw new WalkFailedException($"{where}: what is not ours was removed");
    }

    public static Dictionary<IpAddress, SlowJudge.Match> CheckReach(
        Dictionary<IpAddress, SlowJudge.Match> before, Dictionary<IpAddress, SlowJudge.Match> now, string where)
    {
        foreach (var (address, match) in before)
        {
            if (Floor(now[address]) < Floor(match)) throw new WalkFailedException($"{where}: {address} was reached as {match}, now as {now[address]}");
        }

        return now;
    }

    /// <summary>
    /// Calls of the last seconds have taken effect or not, in any combination. A call is sent when the ones it awaits have
    /// settled, and with them all before those. The calls may be those of several plans in a row.
    /// </summary>
    /// <param name="tables">Before the first call and after each.</param>
    /// <param name="begin">The first call of the last plan; those before it are an earlier pass's.</param>
    public void CheckSettling(List<InventoryTable> tables, IReadOnlyList<RouteChange> calls, int begin = 0)
    {
        var settled = -1;
        for (var index = 0; index < calls.Count; index++)
        {
            for (var earlier = settled + 1; earlier < index; earlier++)
            {
                var awaits = earlier < begin
                    ? calls[index].ReliesOnEarlier(calls[earlier].Destination, calls[earlier].Op == RouteOp.Delete)
                    : calls[index].Awaits.Contains(calls[earlier].Destination);
                if (awaits) settled = earlier;
            }

            if (settled == index - 1) continue;
            var before = Worst(tables[settled + 1], [.. calls.Skip(settled + 1).Take(index - settled - 1)], null);
            var after = Worst(tables[settled + 1], [.. calls.Skip(settled + 1).Take(index - settled - 1)], calls[index]);
            CheckReach(before, after, $"call {index + 1} of {string.Join("; ", calls.Select(Text))}: sent when call {settled + 1} had settled and later ones had not all");
        }
    }

    /// <summary>A call is sent while others of the last seconds may have taken effect or not.</summary>
    /// <param name="settled">Before the first of those.</param>
    public void CheckOpen(InventoryTable settled, List<RouteChange> open, RouteChange call, string where) =>
        CheckReach(Worst(settled, open, null), Worst(settled, open, call), $"{where}: sent while {string.Join("; ", open.Select(Text))} had not settled");

    public static string Text(RouteChange call) =>
        $"{call.Op} {call.Destination} {call.From}>{call.Target}, awaits {string.Join(' ', call.Awaits)} and {string.Join(' ', call.AwaitsEarlier)} of earlier passes";

    private Dictionary<IpAddress, SlowJudge.Match> Worst(InventoryTable settled, List<RouteChange> open, RouteChange? call)
    {
        var worst = _judge.Reach(settled);
        foreach (var subset in SubsetsOf(open))
        {
            foreach (var some in call is null ? [subset] : new[] { subset, [.. subset, call] })
            {
                var reach = _judge.Reach(some.Aggregate(settled, Force));
                foreach (var (address, match) in reach)
                {
                    if (match < worst[address]) worst[address] = match;
                }

                States++;
            }
        }

        return worst;
    }

    /// <summary>All where they are few; else none, all, each one missing, each one alone, and a spread of others.</summary>
    private static IEnumerable<List<RouteChange>> SubsetsOf(List<RouteChange> open)
    {
        if (open.Count <= 4) return Enumerable.Range(0, 1 << open.Count).Select(mask => open.Where((_, at) => (mask >> at & 1) != 0).ToList());
        IEnumerable<List<RouteChange>> some =
        [
            [], open,
            .. open.Select(one => open.Where(other => other != one).ToList()),
            .. open.Select(one => new List<RouteChange> { one }),
        ];
        var spread = Enumerable.Range(1, Subsets).Select(seed => open.Where((_, at) => ((seed * 0x9E3779B1u) >> (at % 31) & 1) != 0).ToList());
        return some.Concat(spread);
    }

    /// <summary>In the data plane a call takes effect whether or not one before it has.</summary>
    private static InventoryTable Force(InventoryTable table, RouteChange call)
    {
        var destination = call.Destination.ToString();
        var others = table.Routes.Where(route => route.Destination != destination || route.Propagated);
        return table with { Routes = call.Op == RouteOp.Delete ? [.. others] : [.. others, World.Ours(destination, call.Target)] };
    }

    private static SlowJudge.Match Floor(SlowJudge.Match match) => match == SlowJudge.Match.Own ? SlowJudge.Match.Router : match;
}
