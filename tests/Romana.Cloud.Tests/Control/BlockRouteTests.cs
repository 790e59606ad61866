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

/// <summary>What routes say of one block: is it reachable, and has its old holder's way gone? Routes are merged.</summary>
public sealed class BlockRouteTests
{
    private static readonly DateTimeOffset Now = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly Expected Version = new(new RecordVersion("1"), "1");

    [Theory]
    [InlineData("its own route", "10.0.0.0/26 eni-1", true, true)]
    [InlineData("a route over both blocks of a dead host", "10.0.0.0/25 eni-1", true, true)]
    [InlineData("a route over both, which the other block still needs", "10.0.0.0/25 eni-1", false, false)]
    [InlineData("a part of it", "10.0.0.0/27 eni-1", false, true)]
    [InlineData("a neighbour's merged route", "10.0.0.0/25 eni-2", true, false)]
    [InlineData("a longer one wins", "10.0.0.0/25 eni-1,10.0.0.0/26 eni-2", true, false)]
    [InlineData("the cover stays", "10.0.0.0/24 eni-1", true, false)]
    [InlineData("an interface that nobody has any more", "10.0.0.0/25 eni-0", true, true)]
    [InlineData("a delete without an answer", "10.0.0.0/25 eni-1>-", true, true)]
    [InlineData("an answered delete", "10.0.0.0/25 -", true, false)]
    public void A_block_waits_for_its_holders_way_to_go(string what, string routes, bool isDead, bool waits)
    {
        var view = View(isDead, (1, "10.0.0.0/26", BlockIntent.Recall), (1, "10.0.0.64/26", isDead ? BlockIntent.Recall : BlockIntent.Lent));

        var still = StandingRoutes.Of(Topology(covered: true), [Ledger(routes)]).StillLeading(view);

        Assert.True(waits == still.Contains(Cidr.Parse("10.0.0.0/26")), what);
    }

    [Fact]
    public void Without_a_cover_the_route_of_a_whole_group_is_its_blocks_own()
    {
        var view = View(false, (1, "10.0.0.0/24", BlockIntent.Recall));

        var still = StandingRoutes.Of(Topology(covered: false), [Ledger("10.0.0.0/24 eni-1")]).StillLeading(view);

        Assert.Contains(Cidr.Parse("10.0.0.0/24"), still);
    }

    [Theory]
    [InlineData("its own route", "10.0.0.0/26 eni-2", true)]
    [InlineData("a cover by a live host on its link", "10.0.0.0/24 eni-3", true)]
    [InlineData("a host on another link", "10.0.0.0/24 eni-4", false)]
    [InlineData("the dead holder of an older picture", "10.0.0.0/26 eni-1", false)]
    [InlineData("a part goes elsewhere", "10.0.0.0/24 eni-3,10.0.0.0/28 eni-4", false)]
    [InlineData("no route", "10.0.1.0/24 eni-2", false)]
    public void A_block_is_routed_to_the_host_that_has_it_now(string what, string routes, bool isRouted)
    {
        var table = new InventoryTable
        {
            Id = "rtb-1",
            Routes = [.. routes.Split(',').Select(route => new InventoryRoute { Destination = route.Split(' ')[0], Target = route.Split(' ')[1], Owned = true })],
        };

        var said = new RoutedSet([table], new HashSet<string>(), new HashSet<string> { "eni-1", "eni-2", "eni-3", "eni-4" }).By(View(dead: true))(Cidr.Parse("10.0.0.0/26"), new HostUid("h-2"));

        Assert.True(isRouted == said, what);
    }

    /// <summary>Hosts 1 (dead or not), 2 and 3 on one link, 4 on another.</summary>
    private static ControllerView View(bool dead, params (int Host, string Cidr, BlockIntent Intent)[] blocks) => new()
    {
        Now = Now,
        Stamp = "s",
        Hosts = [.. Enumerable.Range(1, 4).Select(number => new TypedRecord<HostSpec, HostStatus>(RecordTypes.Hosts.Key($"h-{number}"), Version, "s", new HostSpec
        {
            Uid = new HostUid($"h-{number}"),
            Name = $"node-{number}",
            PodInterface = new PodInterface { Id = $"eni-{number}", Address = IpAddress.Parse($"172.31.0.{number}"), Link = number == 4 ? "subnet-b" : "subnet-a" },
            Condition = number == 1 && dead ? HostCondition.Dead : HostCondition.Live,
        }, null))],
        Blocks = [.. blocks.Select(block => new TypedRecord<BlockSpec, BlockStatus>(RecordTypes.Blocks.Key(BlockKey.Of(Cidr.Parse(block.Cidr))), Version, "s", new BlockSpec
        {
            Cidr = Cidr.Parse(block.Cidr), Network = "pods", Group = Cidr.Parse("10.0.0.0/24"), Host = new HostUid($"h-{block.Host}"),
            Epoch = 1, Generation = 1, Intent = block.Intent,
        }, null))],
    };

    /// <summary>"destination target" settled, "destination from>-" an unanswered delete, "destination -" an answered one.</summary>
    private static LedgerSpec Ledger(string routes) => new()
    {
        Table = "rtb-1",
        Vpc = "vpc-1",
        Cluster = "default",
        Entries = [.. routes.Split(',').Select(route => route.Split(' ')).Select(words => new LedgerEntry
        {
            Destination = Cidr.Parse(words[0]),
            From = words[1].Contains('>', StringComparison.Ordinal) ? words[1].Split('>')[0] : null,
            To = words[1].EndsWith('-') ? null : words[1],
            Settled = !words[1].Contains('>', StringComparison.Ordinal),
            Term = 1,
            At = Now,
        })],
    };

    private static Topology Topology(bool covered) => new()
    {
        Networks = [new Network
        {
            Name = "pods", Cidr = Cidr.Parse("10.0.0.0/24"), BlockMask = 26,
            Root = new Group
            {
                Network = "pods", Path = [], Name = "", Cidr = Cidr.Parse("10.0.0.0/24"), Kind = GroupKind.Hosts,
                Cover = covered, Modes = RoutingModes.BlockAnnounceVpc,
            },
        }],
    };
}
