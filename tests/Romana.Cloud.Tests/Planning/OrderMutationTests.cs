using System.Collections.Immutable;
using CsCheck;
using Romana.Cloud.Planning;
using Romana.Ipam.Addressing;

namespace Romana.Cloud.Tests.Planning;

/// <summary>The walk along the calls finds each mistake that an order can make, and for the reason that it was made for.</summary>
public sealed class OrderMutationTests
{
    public enum Mistake
    {
        NothingAwaited,
        LastAwaitedForgotten,
        RemovalsFirst,
        ReplacedByDeleteAndCreate,
        QuotaForgotten,
        ShortestMadeFirst,
        LongestRemovedFirst,
        HarmNotLookedFor,
        OthersRemoved,
    }

    [Theory]
    [InlineData(Mistake.NothingAwaited, "had settled")]
    [InlineData(Mistake.LastAwaitedForgotten, "had settled")]
    [InlineData(Mistake.RemovalsFirst, "was reached")]
    [InlineData(Mistake.ReplacedByDeleteAndCreate, "was reached")]
    [InlineData(Mistake.QuotaForgotten, "over the quota")]
    [InlineData(Mistake.ShortestMadeFirst, "was reached")]
    [InlineData(Mistake.LongestRemovedFirst, "was reached")]
    [InlineData(Mistake.HarmNotLookedFor, "was reached")]
    [InlineData(Mistake.OthersRemoved, "not ours")]
    public void A_mistaken_order_is_caught(Mistake mistake, string reason)
    {
        var caught = 0;
        OrderWorlds.Any.Sample(
            transition =>
            {
                if (Volatile.Read(ref caught) >= 3) return;
                var calls = Mistaken(mistake, transition, OrderTests.Arrange(transition).Calls);
                if (calls is not null && Fault(transition, calls) is { } fault && fault.Contains(reason, StringComparison.Ordinal)) Interlocked.Increment(ref caught);
            },
            iter: 6_000, threads: 2);
        Assert.True(caught >= 3, $"{mistake} was caught {caught} times");
    }

    [Fact]
    public void A_detour_left_out_is_caught()
    {
        // One free place, and hosts that carry nothing but their own.
        var group = ImmutableSortedDictionary<string, Cidr>.Empty.Add("pods", World.C("10.244.0.0/25"));
        InventoryHost Host(string name, HostHealth health) => World.Host(name, health: health) with { Groups = group };
        var world = new SmallWorld(World.Of(World.Net("10.244.0.0/16", World.Leaf("10.244.0.0/25"))), World.Inventory(
            [Host("h1", HostHealth.Up), Host("h2", HostHealth.Draining), Host("h3", HostHealth.Draining)],
            [World.Block("10.244.0.0/27", "h2"), World.Block("10.244.0.32/27", "h2"), World.Block("10.244.0.64/27", "h3"), World.Block("10.244.0.96/27", "h3")],
            World.Table("rtb-a", 4, World.Ours("10.244.0.0/25", "eni-2"), World.Ours("10.244.0.64/27", "eni-3"), World.Ours("10.244.0.96/27", "eni-3"))));
        var transition = new Transition(world, [(World.C("10.244.0.0/25"), "eni-3"), (World.C("10.244.0.0/27"), "eni-2"), (World.C("10.244.0.32/27"), "eni-2")]);

        var calls = OrderTests.Arrange(transition).Calls;
        Assert.False(Once(calls));
        Assert.Null(Fault(transition, calls));
        Assert.Contains("was reached", Fault(transition, WithoutDetours(calls)), StringComparison.Ordinal);
    }

    private static string? Fault(Transition transition, List<RouteChange> calls)
    {
        var walk = new CallWalk(transition.World, transition.Family, mayAdopt: false);
        try
        {
            walk.CheckSettling(walk.Along(transition.Table, calls), calls);
            return null;
        }
        catch (WalkFailedException fault)
        {
            return fault.Message;
        }
    }

    /// <summary>Null where the mistake makes no difference.</summary>
    private static List<RouteChange>? Mistaken(Mistake mistake, Transition transition, List<RouteChange> calls) => mistake switch
    {
        Mistake.NothingAwaited => calls.ConvertAll(call => call with { Awaits = [] }),
        Mistake.LastAwaitedForgotten => Forgetful(calls),
        Mistake.RemovalsFirst => Once(calls) ? [.. calls.OrderByDescending(call => call.Op == RouteOp.Delete)] : null,
        Mistake.ReplacedByDeleteAndCreate => [.. calls.SelectMany(Apart)],
        Mistake.QuotaForgotten => Once(calls) ? [.. calls.OrderBy(call => call.Op == RouteOp.Create ? 0 : call.Op == RouteOp.Replace ? 1 : 2)] : null,
        Mistake.ShortestMadeFirst => Once(calls)
            ? [.. calls.Where(IsMade).OrderBy(call => call.Destination.Length), .. calls.Where(call => !IsMade(call))] : null,
        Mistake.LongestRemovedFirst => Once(calls)
            ? [.. calls.Where(IsMade), .. calls.Where(call => !IsMade(call)).OrderByDescending(call => call.Destination.Length)] : null,
        Mistake.HarmNotLookedFor => Straight(transition),
        _ => WithOthersRemoved(transition, calls),
    };

    private static bool IsMade(RouteChange call) => call.Op != RouteOp.Delete;

    private static bool Once(List<RouteChange> calls) => calls.DistinctBy(call => call.Destination).Count() == calls.Count;

    /// <summary>Of the earlier calls that each one awaits, the latest is left out.</summary>
    private static List<RouteChange> Forgetful(List<RouteChange> calls) => [.. calls.Select((call, index) =>
    {
        var last = calls.Take(index).LastOrDefault(earlier => call.Awaits.Contains(earlier.Destination));
        return last is null ? call : call with { Awaits = call.Awaits.Remove(last.Destination) };
    })];

    private static IEnumerable<RouteChange> Apart(RouteChange call) => call.Op != RouteOp.Replace ? [call] :
    [
        call with { Op = RouteOp.Delete, Target = call.From! },
        call with { Op = RouteOp.Create, From = null },
    ];

    /// <summary>From what stands to what is wanted, in the order of a component that has room, whatever the end is like.</summary>
    private static List<RouteChange> Straight(Transition transition)
    {
        var stands = transition.Table.Routes.Where(route => route.Owned).ToDictionary(route => World.C(route.Destination), route => route.Target);
        var wanted = transition.Wanted.ToDictionary(route => route.Destination, route => route.Target);
        RouteChange Call(RouteOp op, Cidr destination, string target) => new()
        {
            Table = transition.Table.Id,
            Op = op,
            Destination = destination,
            Target = target,
            From = stands.GetValueOrDefault(destination),
            Awaits = [.. wanted.Keys],
        };
        return
        [
            .. wanted.Where(route => stands.GetValueOrDefault(route.Key) != route.Value).OrderByDescending(route => route.Key.Length)
                .Select(route => Call(stands.ContainsKey(route.Key) ? RouteOp.Replace : RouteOp.Create, route.Key, route.Value)),
            .. stands.Where(route => !wanted.ContainsKey(route.Key)).OrderBy(route => route.Key.Length).Select(route => Call(RouteOp.Delete, route.Key, route.Value)),
        ];
    }

    /// <summary>A destination that changes twice goes straight to its last target, where it would have gone aside.</summary>
    private static List<RouteChange> WithoutDetours(List<RouteChange> calls)
    {
        var last = calls.GroupBy(call => call.Destination).ToDictionary(group => group.Key, group => (First: group.First(), Last: group.Last()));
        return [.. calls.Where(call => ReferenceEquals(call, last[call.Destination].First))
            .Select(call => (call, last[call.Destination].Last))
            .Where(pair => pair.call.From is not null || pair.Last.Op != RouteOp.Delete)
            .Select(pair => pair.Last with
            {
                From = pair.call.From,
                Op = pair.call.From is null ? RouteOp.Create : pair.Last.Op,
                Target = pair.Last.Op == RouteOp.Delete ? pair.call.From! : pair.Last.Target,
            })];
    }

    private static List<RouteChange>? WithOthersRemoved(Transition transition, List<RouteChange> calls)
    {
        var theirs = transition.Table.Routes.FirstOrDefault(route => !route.Owned && !route.Propagated && route.Target != "local");
        return theirs is null ? null :
        [
            .. calls, new RouteChange { Table = transition.Table.Id, Op = RouteOp.Delete, Destination = World.C(theirs.Destination), Target = theirs.Target, From = theirs.Target },
        ];
    }
}
