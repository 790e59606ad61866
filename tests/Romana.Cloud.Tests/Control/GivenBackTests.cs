using System.Collections.Immutable;
using Romana.Cloud.Control;
using Romana.Cloud.Planning;
using Romana.Ipam.Addressing;
using Romana.Ipam.Blocks;
using Romana.Ipam.Hosts;
using Romana.Ipam.Planning;
using Romana.Ipam.Routes;
using Romana.Ipam.Stores;
using Romana.Ipam.Topologies;

namespace Romana.Cloud.Tests.Control;

/// <summary>Which blocks nobody holds any more, whose routes may go in any number, and which routes lead to nothing else.</summary>
public sealed class GivenBackTests
{
    private static readonly Cidr Block = Cidr.Parse("10.0.0.0/26");
    private static readonly Expected Version = new(new RecordVersion("1"), "1");

    [Theory]
    [InlineData("recalled where no agent ever spoke", BlockIntent.Recall, null, false, true)]
    [InlineData("recalled, and the agent has said nothing", BlockIntent.Recall, null, true, false)]
    [InlineData("recalled, and the agent holds it", BlockIntent.Recall, BlockPhase.Accepted, true, false)]
    [InlineData("returned", BlockIntent.Recall, BlockPhase.Returned, true, true)]
    [InlineData("declined", BlockIntent.Lent, BlockPhase.Returned, true, true)]
    [InlineData("lent", BlockIntent.Lent, null, false, false)]
    [InlineData("lent and accepted", BlockIntent.Lent, BlockPhase.Accepted, true, false)]
    public void A_block_is_given_back_by_its_holders_word(string what, BlockIntent intent, BlockPhase? said, bool admitted, bool givenBack)
    {
        var view = View(Host() with { AgentAdmitted = admitted }, intent, said);
        Assert.True(givenBack == GivenBack.Of(view).Any(), what);
        Assert.True(givenBack == GivenBack.Proved(view, [Table(RouteState.Active)]).Any(), what);
    }

    [Theory]
    [InlineData("terminated in two looks, and the route is a blackhole", 2, null, RouteState.Blackhole, true)]
    [InlineData("terminated in two looks, and the route is active: one of the two looks is wrong", 2, null, RouteState.Active, false)]
    [InlineData("gone with its Node", 0, null, RouteState.Blackhole, false)]
    [InlineData("the operator's word", 0, OperatorWords.RemoveReason, RouteState.Active, true)]
    public void The_dead_are_proved_dead_by_two_witnesses_or_by_the_operator(string what, int ended, string? reason, RouteState route, bool proved)
    {
        var dead = Host() with { Condition = HostCondition.Dead, Ended = ended, Reason = reason };
        var view = View(dead, BlockIntent.Recall, null, BlockSpec.Death);
        Assert.Single(GivenBack.Of(view));
        Assert.True(proved == GivenBack.Proved(view, [Table(route)]).Any(), what);
    }

    [Theory]
    [InlineData("its own route", "10.0.0.0/26", BlockIntent.Lent, true)]
    [InlineData("a route over a neighbour that stays", "10.0.0.0/25", BlockIntent.Lent, false)]
    [InlineData("a route over a neighbour that is free", "10.0.0.0/25", BlockIntent.Free, true)]
    [InlineData("a route over a neighbour that goes as well", "10.0.0.0/25", BlockIntent.Recall, true)]
    [InlineData("a cover stays", "10.0.0.0/24", BlockIntent.Free, false)]
    public void A_route_is_in_the_way_when_it_leads_to_nothing_that_stays(string what, string route, BlockIntent neighbour, bool inTheWay)
    {
        var view = View(Host(), BlockIntent.Recall, null);
        var second = view.Blocks[0] with { Key = RecordTypes.Blocks.Key("2"), Spec = view.Blocks[0].Spec with { Cidr = Cidr.Parse("10.0.0.64/26"), Intent = neighbour, Host = neighbour == BlockIntent.Lent ? new HostUid("h-2") : view.Blocks[0].Spec.Host } };
        var other = view.Hosts[0] with { Key = RecordTypes.Hosts.Key("h-2"), Spec = Host() with { Uid = new HostUid("h-2"), Name = "node-2", PodInterface = Host().PodInterface! with { Id = "eni-2" } } };
        view = view with { Blocks = [view.Blocks[0], second], Hosts = [view.Hosts[0], other] };
        var ledger = new LedgerSpec
        {
            Table = "rtb-1",
            Vpc = "vpc-1",
            Cluster = "blue",
            Entries = [new LedgerEntry { Destination = Cidr.Parse(route), To = "eni-1", Settled = true, Term = 1, At = default }],
        };

        var found = StandingRoutes.Of(Topology(), [ledger]).InTheWay(view);

        Assert.True(inTheWay == found["rtb-1"].Contains(Cidr.Parse(route)), what);
    }

    private static HostSpec Host() => new()
    {
        Uid = new HostUid("h-1"),
        Name = "node-1",
        PodInterface = new PodInterface { Id = "eni-1", Address = IpAddress.Parse("10.1.0.1"), Link = "subnet-1" },
    };

    private static ControllerView View(HostSpec host, BlockIntent intent, BlockPhase? said, string? recalledFor = null)
    {
        var block = new BlockSpec { Cidr = Block, Network = "pods", Group = Cidr.Parse("10.0.0.0/24"), Host = host.Uid, Epoch = 3, Generation = 1, Intent = intent, RecalledFor = recalledFor };
        var status = said is { } phase ? new BlockStatus { Host = host.Uid, Epoch = 3, Phase = phase } : null;
        return new ControllerView
        {
            Now = DateTimeOffset.UnixEpoch,
            Stamp = "s",
            Blocks = [new(RecordTypes.Blocks.Key("1"), Version, "s", block, status)],
            Hosts = [new(RecordTypes.Hosts.Key("h-1"), Version, "s", host, null)],
        };
    }

    private static InventoryTable Table(RouteState state) => new()
    {
        Id = "rtb-1",
        Routes = [new InventoryRoute { Destination = Block.ToString(), Target = "eni-1", Owned = true, State = state }],
    };

    private static Topology Topology()
    {
        var leaf = new Group { Network = "pods", Path = [], Name = "a", Cidr = Cidr.Parse("10.0.0.0/24"), Kind = GroupKind.Hosts, Cover = true, Modes = RoutingModes.BlockAnnounceVpc };
        return new Topology { Networks = [new Network { Name = "pods", Cidr = Cidr.Parse("10.0.0.0/16"), BlockMask = 26, Root = leaf }] };
    }
}
