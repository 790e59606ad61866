using System.Collections.Immutable;
using CsCheck;
using Romana.Ipam.Addressing;
using Romana.Node.Linux.Netlink.Records;
using Romana.Node.Planning;
using static Romana.Node.Tests.Planning.Fabrics;

namespace Romana.Node.Tests.Planning;

/// <summary>From any state to any other: what is made, in which order, and what is left alone.</summary>
public sealed class KernelDiffTests
{
    [Fact]
    public void A_settled_kernel_is_left_alone()
    {
        var (kernel, wanted) = Settled(Known);
        Assert.Empty(KernelDiff.Plan(wanted, kernel.Actual).Changes);
    }

    [Fact]
    public void The_guards_come_before_the_ways()
    {
        var changes = KernelDiff.Plan(KernelState.Of(Facts(Look)), new SimulatedKernel().Actual).Changes.Select(change => change.ToString()!).ToList();
        Assert.Equal("set net/ipv4/ip_forward = 1", changes[0]);
        int At(string text) => changes.FindIndex(change => change.Contains(text, StringComparison.Ordinal));
        int[] order =
        [
            At("replace nft table"), At("unreachable 100.64.0.0/26 table 254"), At("throw 100.64.0.0/26 table 880"), At("unreachable 100.64.0.0/20 table 880"),
            At("500: from all to 100.64.0.0/20"), At("ROMANA-FORWARD"), At("100.64.0.64/26 via 10.0.1.12 dev 2 table 254"),
        ];
        Assert.Equal(order.Order(), order);
        Assert.True(order[0] > 0);
    }

    [Fact]
    public void What_is_anothers_is_neither_removed_nor_replaced()
    {
        var (kernel, wanted) = Settled(Known);
        Route[] others =
        [
            new Route { Destination = Cidr.Parse("100.64.5.0/24"), Protocol = RouteProtocols.Static, Hops = [new NextHop(2, Ip("10.0.1.9"))] }.Canonical(),
            new Route { Destination = Cidr.Parse("100.64.9.0/24"), Table = FabricTerms.TransitTable, Protocol = RouteProtocols.Boot, Type = RouteType.Blackhole }.Canonical(),
            new Route { Destination = Cidr.Parse("100.64.0.9/32"), Hops = [new NextHop(12)] }.Canonical(),
        ];
        Rule[] rules = [new() { Family = IpFamily.IPv4, Priority = 500, Table = 7, Protocol = RouteProtocols.Boot }, new() { Family = IpFamily.IPv4, Priority = 1100, Table = 1007 }];
        kernel.Routes.AddRange(others);
        kernel.Rules.AddRange(rules);
        Assert.Empty(KernelDiff.Plan(wanted, kernel.Actual).Changes);
        Run(kernel, KernelState.Of(Facts(Known with { Peers = [], OwnBlocks = [], LinkGroups = [], Networks = [] }, Look)));
        Assert.Equal(others, kernel.Routes.Where(route => others.Contains(route)));
        Assert.Equal(rules, kernel.Rules);
    }

    [Fact]
    public void Anothers_route_in_the_way_is_a_conflict_and_stays()
    {
        var wanted = KernelState.Of(Facts(Look));
        var kernel = new SimulatedKernel();
        var other = new Route { Destination = Cidr.Parse("100.64.0.64/26"), Protocol = RouteProtocols.Static, Hops = [new NextHop(2, Ip("10.0.1.9"))] }.Canonical();
        kernel.Routes.Add(other);
        var plan = KernelDiff.Plan(wanted, kernel.Actual);
        Assert.Equal(other.Destination, Assert.Single(plan.Conflicts).Destination);
        foreach (var change in plan.Changes) kernel.Apply(change, wanted);
        Assert.Contains(other, kernel.Routes);
        Assert.Empty(KernelDiff.Plan(wanted, kernel.Actual).Changes);
    }

    [Fact]
    public void A_pod_more_is_an_element_more()
    {
        var (kernel, _) = Settled(Known);
        var more = Pods.Add(new PodFact("rom1", [Ip("100.64.0.4")]));
        var wanted = KernelState.Of(Assert.IsType<FactsOutcome.Known>(FabricReading.Read(Known, Look, more)).Facts);
        Assert.Equal(
            ["nft: add element inet romana pods4 { \"rom1\" . 100.64.0.4 }"],
            KernelDiff.Plan(wanted, kernel.Actual).Changes.Select(change => change.ToString()));
    }

    [Fact]
    public void Our_jump_stays_the_last_of_FORWARD()
    {
        var (kernel, wanted) = Settled(Known);
        kernel.Forward[0] = kernel.Forward[0] with { Forward = [.. kernel.Forward[0].Forward, "-A FORWARD -s 192.0.2.0/24 -j DROP"] };
        var change = Assert.IsType<KernelChange.Forward>(Assert.Single(KernelDiff.Plan(wanted, kernel.Actual).Changes));
        Assert.Contains("-D FORWARD -j ROMANA-FORWARD\n-A FORWARD -j ROMANA-FORWARD\nCOMMIT", change.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Where_nobody_restricts_forwarding_iptables_is_left_alone()
    {
        var kernel = new SimulatedKernel();
        for (var i = 0; i < 2; i++) kernel.Forward[i] = kernel.Forward[i] with { Policy = "ACCEPT", Forward = [] };
        Assert.DoesNotContain(KernelDiff.Plan(KernelState.Of(Facts(Look)), kernel.Actual).Changes, change => change is KernelChange.Forward);
    }

    /// <summary>
    /// Blocks come, go and change hands: each step of each change leaves no way for a packet back to where it came from.
    /// </summary>
    [Fact]
    public void No_step_opens_a_loop() => Gen.Select(Worlds, Worlds).Sample((before, after) =>
    {
        var (kernel, old) = Settled(before);
        var wanted = KernelState.Of(Facts(after, Look));
        var plan = KernelDiff.Plan(wanted, kernel.Actual);
        AssertGuarded(kernel, old, wanted);
        foreach (var change in plan.Changes)
        {
            kernel.Apply(change, wanted);
            AssertGuarded(kernel, old, wanted);
        }

        Assert.Empty(KernelDiff.Plan(wanted, kernel.Actual).Changes);
    }, iter: 2_000);

    private static readonly Cidr Group = Cidr.Parse("100.64.0.0/28");

    /// <summary>Four blocks of a small group, each free, ours, or one of two neighbours'.</summary>
    private static readonly Gen<FabricKnowledge> Worlds = Gen.Int[0, 3].Array[4].Select(holders => Known with
    {
        LinkGroups = [Group],
        OwnBlocks = [.. Held(holders, 1)],
        Peers = [new("h2", [Ip("10.0.1.12")], [.. Held(holders, 2)]), new("h3", [Ip("10.0.1.13")], [.. Held(holders, 3)])],
    });

    private static IEnumerable<Cidr> Held(int[] holders, int who) =>
        Enumerable.Range(0, 4).Where(i => holders[i] == who).Select(i => Group.Slice(30, (UInt128)i));

    /// <summary>
    /// What comes in by the fabric for the group is looked up as the kernel would; it must not end at main's default,
    /// which is back to where it came from.
    /// </summary>
    private static void AssertGuarded(SimulatedKernel kernel, KernelState before, KernelState after)
    {
        Assert.Contains(kernel.Rules, rule => rule.Priority == 500 && rule.To == Group);
        for (UInt128 i = 0; i <= Group.CountLessOne; i++)
        {
            var address = Group.First.Plus(i);
            var route = Match(kernel, FabricTerms.TransitTable, address);
            if (route is null or { Type: RouteType.Throw }) route = Match(kernel, RouteTables.Main, address);
            Assert.NotNull(route);
            // To a neighbour only while one of the two states says so.
            if (route.Type == RouteType.Unicast)
                Assert.Contains(before.Routes.Concat(after.Routes), known => known.Type == RouteType.Unicast && known.Destination == route.Destination && known.Hops.SequenceEqual(route.Hops));
        }
    }

    private static Route? Match(SimulatedKernel kernel, uint table, IpAddress address) =>
        kernel.Routes.Where(route => route.Table == table && route.Destination.Contains(address)).MaxBy(route => route.Destination.Length);

    private static (SimulatedKernel Kernel, KernelState Wanted) Settled(FabricKnowledge known)
    {
        var (kernel, wanted) = (new SimulatedKernel(), KernelState.Of(Facts(known, Look)));
        Run(kernel, wanted);
        return (kernel, wanted);
    }

    private static void Run(SimulatedKernel kernel, KernelState wanted)
    {
        foreach (var change in KernelDiff.Plan(wanted, kernel.Actual).Changes) kernel.Apply(change, wanted);
    }
}
