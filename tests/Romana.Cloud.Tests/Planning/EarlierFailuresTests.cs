using Romana.Cloud.Planning;
using Romana.Ipam.Topologies;
using static Romana.Cloud.Tests.Planning.World;

namespace Romana.Cloud.Tests.Planning;

/// <summary>What vpc-router, cloud-provider-aws, gardener and others got wrong, as far as a planner can.</summary>
public sealed class EarlierFailuresTests
{
    private static readonly Topology Zone = Of(Net("10.244.0.0/16", Leaf("10.244.0.0/16", cover: true, name: "zone")));

    private static readonly InventoryRoute[] Others =
    [
        Other("0.0.0.0/0", "nat-1"), Other("::/0", "igw-1"), Other("192.168.0.0/16", "tgw-1"), Other("172.16.0.0/12", "vpce-firewall"),
        Other("pl-63a5400a", "vpce-s3"), Other("64:ff9b::/96", "nat-1"), Other("2001:db8::/32", "eni-1"),
        Other("10.99.0.0/24", "eni-instance-that-is-no-node"), Other("10.245.0.0/26", "eni-of-another-cluster"),
    ];

    [Fact]
    public void When_no_host_resolves_nothing_is_removed()
    {
        var table = Table("rtb-a", 50, [.. Others, Ours("10.244.0.0/16", "eni-1"), Ours("10.244.0.0/26", "eni-2")]);

        var empty = Plan(Zone, Inventory([], [], table));
        Assert.Empty(empty.Changes);
        Assert.Equal("brake", Assert.Single(empty.Refused).Code);
        Assert.Equal(2, empty.Tables.Single(plan => plan.Family == Ipam.Addressing.IpFamily.IPv4).Routes.Length);

        var hosts = new[] { Host("h1") with { Eni = "" }, Host("h2") with { Eni = "" } };
        var unresolved = Plan(Zone, Inventory(hosts, [Block("10.244.0.0/26", "h2")], table));
        Assert.Empty(unresolved.Changes);
        Assert.Equal(2, unresolved.Refused.Count(refusal => refusal.Code == "no_interface"));

        var unknown = Plan(Zone, Inventory([Host("h1")], [Block("10.244.0.0/26", "h2")], table));
        Assert.Empty(unknown.Changes);
        Assert.Equal("no_host", Assert.Single(unknown.Refused).Code);
    }

    [Fact]
    public void All_hosts_dead_at_once_are_our_own_blindness()
    {
        var plan = Plan(Zone, Inventory([Host("h1", health: HostHealth.Down)], [Block("10.244.0.0/26", "h1")], Table(routes: Ours("10.244.0.0/16", "eni-1"))));
        Assert.Empty(plan.Changes);
        Assert.Equal("brake", Assert.Single(plan.Refused).Code);
    }

    [Fact]
    public void A_sharp_fall_holds_the_brake_until_the_operator_says_so()
    {
        var topology = Of(Net("10.244.0.0/16", Leaf("10.244.0.0/16")));
        var hosts = Enumerable.Range(1, 20).Select(n => Host($"h{n}")).ToList();
        var table = Table(routes: [.. Enumerable.Range(1, 20).Select(n => Ours($"10.244.{n}.0/26", $"eni-{n}"))]);
        var few = Enumerable.Range(1, 5).Select(n => Block($"10.244.{n}.0/26", $"h{n}")).Append(Block("10.244.100.0/26", "h3")).ToList();

        var braked = Plan(topology, Inventory(hosts, few, table));
        Assert.DoesNotContain(braked.Changes, change => change.Op == RouteOp.Delete);
        Assert.Contains(braked.Refused, refusal => refusal.Code == "brake" && refusal.Message.Contains("15 of 20", StringComparison.Ordinal));
        Assert.Contains(braked.Changes, change => change.Op == RouteOp.Create);
        Assert.True(Plan(topology, Inventory(hosts, few, table), new PlanOptions { AllowMassRemoval = true }).Calls.DeleteRoute >= 15);

        var fell = Plan(topology, Inventory(hosts[..8], few, table), new PlanOptions { LastHosts = 20 });
        Assert.DoesNotContain(fell.Changes, change => change.Op == RouteOp.Delete);
        Assert.Contains(fell.Refused, refusal => refusal.Code == "brake" && refusal.Message.Contains("from 20 to 8", StringComparison.Ordinal));
        Assert.Contains(fell.Changes, change => change.Op == RouteOp.Create && change.Target == "eni-3");
    }

    [Fact]
    public void What_is_released_by_proof_goes_in_any_number_and_what_is_not_stays_under_the_brake()
    {
        var topology = Of(Net("10.244.0.0/16", Leaf("10.244.0.0/16")));
        var hosts = Enumerable.Range(1, 30).Select(n => Host($"h{n}")).ToList();
        var table = Table(routes: [.. Enumerable.Range(1, 30).Select(n => Ours($"10.244.{n}.0/26", $"eni-{n}"))]);
        var few = Enumerable.Range(1, 5).Select(n => Block($"10.244.{n}.0/26", $"h{n}")).ToList();
        PlanOptions Released(int count) => new() { LastBlocks = 30, Released = [.. Enumerable.Range(6, count).Select(n => C($"10.244.{n}.0/26"))] };

        var all = Plan(topology, Inventory(hosts, few, table), Released(25));
        Assert.Empty(all.Refused);
        Assert.Equal(25, all.Calls.DeleteRoute);

        // Nine are explained, sixteen are not: these wait for the operator.
        var some = Plan(topology, Inventory(hosts, few, table), Released(9));
        Assert.Contains("16 routes", Assert.Single(some.Refused).Message, StringComparison.Ordinal);
        Assert.Equal(Enumerable.Range(6, 9).Select(n => C($"10.244.{n}.0/26")), some.Changes.Select(change => change.Destination).Order());

        // The last block of all may go, too, when it was given back.
        Assert.Contains(Plan(topology, Inventory(hosts, [], table), Released(24)).Refused, refusal => refusal.Code == "brake");
        var none = Plan(topology, Inventory(hosts, [], table), new PlanOptions { Released = [.. Enumerable.Range(1, 30).Select(n => C($"10.244.{n}.0/26"))] });
        Assert.Equal((0, 30), (none.Refused.Length, none.Calls.DeleteRoute));
    }

    [Fact]
    public void Under_the_brake_a_cover_still_leaves_a_router_that_is_down()
    {
        var hosts = Enumerable.Range(1, 20).Select(n => Host($"h{n}", health: n == 1 ? HostHealth.Down : HostHealth.Up)).ToList();
        var table = Table(routes: [Ours("10.244.0.0/16", "eni-1"), .. Enumerable.Range(2, 19).Select(n => Ours($"10.244.{n}.0/26", $"eni-{n}"))]);

        var plan = Plan(Zone, Inventory(hosts, [Block("10.244.2.0/26", "h2")], table), new PlanOptions { LastBlocks = 20 });

        var change = Assert.Single(plan.Changes);
        Assert.Equal((RouteOp.Replace, C("10.244.0.0/16")), (change.Op, change.Destination));
        Assert.Contains(plan.Refused, refusal => refusal.Code == "brake");
    }

    [Fact]
    public void Routes_of_gateways_firewalls_and_other_clusters_are_never_touched()
    {
        var plan = Plan(Zone, Inventory([Host("h1"), Host("h2")], [Block("10.244.0.0/26", "h1")], Table("rtb-a", 50, Others)), new PlanOptions { AllowMassRemoval = true });

        var theirs = Others.Select(route => route.Destination).ToHashSet();
        Assert.All(plan.Changes, change => Assert.DoesNotContain(change.Destination.ToString(), theirs));
        Assert.Equal(["create 10.244.0.0/16 > eni-1"], Lines(plan.Changes));
        // The prefix list's family is not known, so it counts.
        Assert.Equal(6, plan.Tables[0].Foreign);
    }

    [Fact]
    public void A_route_that_is_not_ours_is_a_conflict_and_is_adopted_only_when_asked()
    {
        var topology = Of(Net("10.244.0.0/16", Leaf("10.244.0.0/16")));
        var inventory = Inventory(
            [Host("h1"), Host("h2")], [Block("10.244.0.0/26", "h1"), Block("10.244.0.64/26", "h2")],
            Table("rtb-a", 50, Other("10.244.0.0/26", "eni-1"), Other("10.244.0.64/26", "eni-9")));

        var plan = Plan(topology, inventory);
        Assert.Empty(plan.Changes);
        Assert.Equal(["10.244.0.0/26 eni-1 eni-1", "10.244.0.64/26 eni-9 eni-2"], plan.Conflicts.Select(conflict => $"{conflict.Destination} {conflict.Found} {conflict.Wanted}"));
        Assert.False(plan.Tables[0].Complete);

        var adopting = Plan(topology, inventory, new PlanOptions { Adopt = true });
        Assert.Equal(["replace 10.244.0.64/26 > eni-2"], Lines(adopting.Changes));
        Assert.Equal("10.244.0.0/26", Assert.Single(adopting.Adopted).Destination.ToString());
        Assert.Equal((0, 2, true), (adopting.Tables[0].Foreign, adopting.Tables[0].Used, adopting.Tables[0].Complete));
    }

    [Fact]
    public void A_host_known_dead_is_not_elected()
    {
        var plan = Plan(Zone, Inventory([Host("h1", health: HostHealth.Down), Host("h2")], [], Table(routes: Ours("10.244.0.0/16", "eni-1"))));
        Assert.Equal(["replace 10.244.0.0/16 > eni-2"], Lines(plan.Changes));
    }

    [Fact]
    public void Trouble_in_one_table_neither_hides_nor_stops_the_others()
    {
        var plan = Plan(Zone, Inventory(
            [Host("h1"), Host("h2"), Host("h3")], [Block("10.244.0.0/26", "h1"), Block("10.244.0.64/26", "h2"), Block("10.244.0.128/26", "h3")],
            Table("rtb-full", 1, Other("0.0.0.0/0", "nat-1")), Table("rtb-taken", 50, Other("10.244.0.0/16", "tgw-1")), Table("rtb-fine")));

        Assert.Equal(["rtb-full"], plan.Refused.Select(refusal => refusal.Table));
        Assert.Equal(["rtb-taken"], plan.Conflicts.Select(conflict => conflict.Table));
        Assert.DoesNotContain(plan.Changes, change => change.Table == "rtb-full");
        Assert.Equal(3, plan.Changes.Count(change => change.Table == "rtb-taken"));
        Assert.Equal(3, plan.Changes.Count(change => change.Table == "rtb-fine"));
        Assert.Equal([false, true, true], plan.Tables.Select(table => table.Complete));
    }

    [Fact]
    public void A_blackhole_of_ours_with_the_right_target_stays()
    {
        var route = Ours("10.244.0.0/16", "eni-1") with { State = RouteState.Blackhole };
        Assert.Empty(Plan(Zone, Inventory([Host("h1")], [Block("10.244.0.0/26", "h1")], Table(routes: route))).Changes);
    }

    [Fact]
    public void Overlapping_blocks_and_forbidden_networks_move_nothing_and_are_named()
    {
        var topology = Of(
            Net("10.244.0.0/16", Leaf("10.244.0.0/16")), Net("10.0.128.0/17", Leaf("10.0.128.0/17", network: "inside")),
            Net("fd00:ec2:0:1::/64", Leaf("fd00:ec2:0:1::/64", network: "imds")));
        var plan = Plan(topology, Inventory(
            [Host("h1"), Host("h2")],
            [
                Block("10.244.0.0/26", "h1"), Block("10.244.0.0/27", "h2"), Block("10.244.1.0/26", "h2"), Block("10.0.128.0/26", "h1", "inside"),
                Block("10.250.0.0/26", "h1"), Block("fd00:ec2:0:1::/120", "h1", "imds"),
            ],
            Table(routes: [Ours("10.244.0.0/26", "eni-1"), Ours("10.0.128.0/26", "eni-2")])));

        Assert.Equal(["create 10.244.1.0/26 > eni-2"], Lines(plan.Changes));
        Assert.Equal(["no_group", "overlap", "reserved_destination", "reserved_destination"], plan.Refused.Select(refusal => refusal.Code).Order());
        Assert.All(plan.Refused, refusal => Assert.NotEmpty(refusal.Remedy));
        Assert.False(plan.Tables[0].Complete);
    }

    [Fact]
    public void Make_before_break_also_with_one_free_place()
    {
        var topology = Of(Net("10.244.0.0/16", Leaf("10.244.0.0/16")));
        var plan = Plan(topology, Inventory(
            [Host("h1"), Host("h2")], [Block("10.244.0.0/26", "h1"), Block("10.244.0.64/26", "h1"), Block("10.244.9.0/26", "h2")],
            Table("rtb-a", 4, Ours("10.244.0.0/26", "eni-1"), Ours("10.244.0.64/26", "eni-1"), Ours("10.244.8.0/26", "eni-2"))));

        // What gives room back goes first; no call takes the table over its quota.
        Assert.Equal(
            [
                "delete 10.244.8.0/26 > eni-2", "create 10.244.9.0/26 > eni-2", "create 10.244.0.0/25 > eni-1",
                "settle delete 10.244.0.0/26 > eni-1", "settle delete 10.244.0.64/26 > eni-1",
            ],
            Lines(plan.Changes));
    }
}
