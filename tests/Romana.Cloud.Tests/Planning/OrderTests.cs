using System.Collections.Frozen;
using CsCheck;
using Romana.Cloud.Planning;
using Romana.Ipam.Addressing;

namespace Romana.Cloud.Tests.Planning;

/// <summary>The order of changes between any two sets of routes, whoever planned them.</summary>
public sealed class OrderTests
{
    [Fact]
    public void No_call_between_any_two_sets_of_routes_loses_an_address()
    {
        var (calls, states, kept) = (0, 0, 0);
        OrderWorlds.Any.Sample(
            transition =>
            {
                var order = Arrange(transition);
                var walk = new CallWalk(transition.World, transition.Family, mayAdopt: false);
                walk.CheckSettling(walk.Along(transition.Table, order.Calls), order.Calls);
                Interlocked.Add(ref calls, order.Calls.Count);
                Interlocked.Add(ref states, walk.States);
                if (order.Kept.Count > 0) Interlocked.Increment(ref kept);
            },
            iter: Effort.Of(2_000), print: transition => transition.ToString(), threads: 2);
        TestContext.Current.SendDiagnosticMessage($"{calls} calls, {states} states, {kept} transitions kept something");
        Assert.True(calls > Effort.Of(6_000) && states > calls, $"{calls} calls, {states} states: too few to mean anything");
    }

    internal static TableOrder Arrange(Transition transition)
    {
        var ground = PlanGround.Read(transition.World.Topology, transition.World.Inventory);
        var view = TableView.Read(transition.Table, transition.Family, ground, PlanOptions.Default, FrozenSet<Cidr>.Empty);
        var wanted = new WantedRoutes();
        foreach (var (destination, target) in transition.Wanted) wanted.Add(new PlannedRoute(destination, target, null, PlannedRouteKind.Host, "drawn"));
        var order = new TableOrder(ground, new RouteEvaluation(ground), view);
        order.Arrange(wanted);
        return order;
    }
}
