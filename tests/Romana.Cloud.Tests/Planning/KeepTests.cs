using System.Collections.Immutable;
using CsCheck;
using Romana.Cloud.Planning;
using Romana.Ipam.Addressing;
using static Romana.Cloud.Tests.Planning.World;

namespace Romana.Cloud.Tests.Planning;

/// <summary>Tables in which no complete set of routes fits: what stands is only ever turned for the better.</summary>
public sealed class KeepTests
{
    private const string Aggregate = "10.244.0.0/22";

    private static readonly Ipam.Topologies.Topology Groups = Of(Net("10.244.0.0/16", Leaf("10.244.0.0/18", name: "g1"), Leaf("10.244.64.0/18", name: "g2")));

    [Theory]
    // A dead router's route goes to the one that may lead, though another holds more.
    [InlineData(HostHealth.Down, HostHealth.Draining, HostHealth.Up, "eni-3")]
    // A right one stays, though its router holds nothing itself.
    [InlineData(HostHealth.Up, HostHealth.Draining, HostHealth.Up, "eni-1")]
    [InlineData(HostHealth.Up, HostHealth.Up, HostHealth.Up, "eni-1")]
    // None may lead: the holder of most is reached at least.
    [InlineData(HostHealth.Down, HostHealth.Draining, HostHealth.Draining, "eni-2")]
    public void A_route_that_stands_is_turned_only_to_one_that_may_lead(HostHealth router, HostHealth most, HostHealth other, string target)
    {
        var inventory = Incomplete([router, most, other], "subnet-a", "eni-1");
        var plan = Plan(Groups, inventory);

        Assert.False(plan.Tables[0].Complete);
        Assert.Equal(target, Target(Apply(inventory, plan.Changes)));
        Assert.Empty(Plan(Groups, Apply(inventory, plan.Changes)).Changes);
    }

    /// <summary>No host is right for two holders on two links.</summary>
    [Fact]
    public void On_several_links_a_route_that_is_right_for_one_holder_stays_with_it()
    {
        var inventory = Incomplete([HostHealth.Up, HostHealth.Up, HostHealth.Up], "subnet-b", "eni-3");
        Assert.Equal("eni-3", Target(Apply(inventory, Plan(Groups, inventory).Changes)));
    }

    [Fact]
    public void No_block_is_reached_worse_than_before_and_no_other_single_hop_reaches_more() => Gen.Select(
        OneOf(HostHealth.Up, HostHealth.Draining, HostHealth.Suspect, HostHealth.Down).Array[3],
        OneOf("subnet-a", "subnet-b"), OneOf("eni-1", "eni-2", "eni-3", "eni-gone")).Sample(
        (health, subnet, stands) =>
        {
            var inventory = Incomplete(health, subnet, stands);
            var before = Reached(inventory, stands);
            if (before.Length == 0) return;
            var plan = Plan(Groups, inventory);
            if (plan.Tables[0].Missing == 0) return;
            var target = Target(Apply(inventory, plan.Changes));
            var after = Reached(inventory, target);
            Assert.All(before.Zip(after), pair => Assert.True(pair.Second >= pair.First, $"{stands} to {target}"));
            if (before.All(reach => reach == Reach.Router)) Assert.Equal(stands, target);
            var better = inventory.Hosts.Select(host => Reached(inventory, host.Eni)).Where(reach => before.Zip(reach).All(pair => pair.Second >= pair.First));
            Assert.All(better, reach => Assert.True(Right(reach) <= Right(after), $"{stands} to {target}"));
        }, iter: Effort.Of(2_000));

    private static Gen<T> OneOf<T>(params T[] all) => Gen.Int[0, all.Length - 1].Select(at => all[at]);

    private static int Right(Reach[] reached) => reached.Count(reach => reach == Reach.Router);

    private static string Target(Inventory inventory) => inventory.Tables[0].Routes.Single(route => route.Destination == Aggregate).Target;

    private static Reach[] Reached(Inventory inventory, string target)
    {
        var ground = PlanGround.Read(Groups, inventory);
        var evaluation = new RouteEvaluation(ground);
        var hop = new Hop(C(Aggregate), target, ground.Hosts.Behind(target));
        return [.. evaluation.Counted(IpFamily.IPv4).Where(block => C(Aggregate).Contains(block.Cidr)).Select(block => evaluation.Of(block, hop).Floor())];
    }

    /// <summary>Room for one route, where two groups want one each; the second's host is always up.</summary>
    private static Inventory Incomplete(HostHealth[] health, string thirdSubnet, string stands) => Inventory(
        [
            InFirst("h1", "subnet-a", health[0]), InFirst("h2", "subnet-a", health[1]), InFirst("h3", thirdSubnet, health[2]), Host("h4", "subnet-b"),
        ],
        [Block("10.244.0.0/26", "h2"), Block("10.244.1.0/26", "h2"), Block("10.244.2.0/26", "h3"), Block("10.244.64.0/26", "h4")],
        Table("rtb-a", 2, Ours(Aggregate, stands)));

    private static InventoryHost InFirst(string name, string subnet, HostHealth health) =>
        Host(name, subnet, health) with { Groups = ImmutableSortedDictionary<string, Cidr>.Empty.Add("pods", C("10.244.0.0/18")) };
}
