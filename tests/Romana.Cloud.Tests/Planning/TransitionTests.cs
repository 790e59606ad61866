using CsCheck;
using Romana.Cloud.Planning;
using Romana.Ipam.Addressing;

namespace Romana.Cloud.Tests.Planning;

/// <summary>
/// A model checker over the real planner: after every call of every transition R1, R2 and R5 hold; so they do when that
/// call fails, or its answer is lost, and the loop reads the table and plans anew; and whatever failed, what comes of it
/// in the end is as good, where the routes fit at all. What an earlier plan has done counts as young for the plan after it.
/// </summary>
public sealed class TransitionTests
{
    private const int Rounds = 8;

    private sealed class Tally
    {
        public int Transitions, Calls, States, Retries, Kept;

        public override string ToString() =>
            $"{Transitions} transitions, {Calls} calls, {Retries} failures and lost answers planned anew, {States} states, {Kept} transitions kept something";
    }

    [Fact]
    public void No_call_and_no_failure_of_one_loses_an_address_and_every_way_ends_alike()
    {
        var tally = new Tally();
        WorldMoves.Any.Sample(moved => Check(moved, tally), iter: Effort.Of(4_000), print: moved => moved.ToString(), threads: 2);
        TestContext.Current.SendDiagnosticMessage(tally.ToString());
        Assert.True(tally.Calls > Effort.Of(4_000) && tally.Retries > Effort.Of(4_000), $"{tally}: too few to mean anything");
    }

    private static void Check(MovedWorld moved, Tally tally)
    {
        var world = WorldMoves.Standing(moved);
        var walk = new CallWalk(world, moved.Family, moved.Move == Move.Adopt);
        var plan = World.Plan(world.Topology, world.Inventory, moved.Options);
        var tables = walk.Along(world.Inventory.Tables[0], plan.Changes);
        walk.CheckSettling(tables, plan.Changes);
        var kept = plan.Refused.Any(refusal => refusal.Code == "no_hitless_order");
        var end = End(world, moved.Options, walk, tables[^1], [], []);
        for (var done = 0; done < plan.Changes.Length; done++)
        {
            // The next call failed, or the last one's answer was lost: the table stands as it is here.
            var other = End(world, moved.Options, walk, tables[done], tables[..done], plan.Changes[..done]);
            if (other != end && !kept) throw new WalkFailedException($"after call {done} of {plan.Changes.Length} the end is {other}, without a failure {end}");
        }

        Interlocked.Increment(ref tally.Transitions);
        Interlocked.Add(ref tally.Calls, plan.Changes.Length);
        Interlocked.Add(ref tally.Retries, plan.Changes.Length);
        Interlocked.Add(ref tally.States, walk.States);
        if (kept) Interlocked.Increment(ref tally.Kept);
    }

    /// <summary>Plans again and again until nothing is left to do; says how good it is then.</summary>
    private static (bool Complete, double Extra, double Local, int Used) End(
        SmallWorld world, PlanOptions options, CallWalk walk, InventoryTable table, IEnumerable<InventoryTable> before, IEnumerable<RouteChange> made)
    {
        for (var round = 0; ; round++)
        {
            var plan = World.Plan(world.Topology, world.Inventory with { Tables = [table] }, options);
            if (plan.Changes.IsEmpty)
            {
                var family = plan.Tables.Single();
                CheckAccount(world, table, plan, family);

                // What does not fit at all keeps of what stands what is right, so it depends on what stood.
                if (!family.Complete) return default;

                // A route of another's that was turned is ours and may go later; one that stands right stays theirs here.
                return (family.Complete, family.ExtraHopShare, family.LocalExtraHopShare, options.Adopt ? 0 : family.Used);
            }

            if (round == Rounds) throw new WalkFailedException($"does not settle: {string.Join("; ", World.Lines(plan.Changes))}");
            var tables = walk.Along(table, plan.Changes);
            if (round == 0) walk.CheckSettling([.. before, .. tables], [.. made, .. plan.Changes], made.Count());
            table = tables[^1];
        }
    }

    /// <summary>The plan says what the table is like, and why where it is not complete.</summary>
    private static void CheckAccount(SmallWorld world, InventoryTable table, RoutePlan plan, TablePlan family)
    {
        var complete = new SlowJudge(world).Reach(table).Values.All(match => match >= SlowJudge.Match.Router);
        if (complete != family.Complete) throw new WalkFailedException($"the plan says complete: {family.Complete}");
        if (!complete && plan.Conflicts.IsEmpty && plan.Refused.IsEmpty) throw new WalkFailedException("not complete, and nothing says why");
    }
}
