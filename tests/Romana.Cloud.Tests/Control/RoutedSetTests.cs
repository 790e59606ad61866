using System.Collections.Immutable;
using Romana.Cloud.Control;
using Romana.Cloud.Planning;
using Romana.Ipam.Addressing;
using Romana.Ipam.Topologies;

namespace Romana.Cloud.Tests.Control;

/// <summary>A slot that nobody holds: is whatever is granted there reachable at once?</summary>
public sealed class RoutedSetTests
{
    private static readonly Cidr Leaf = Cidr.Parse("10.128.0.0/16");
    private static readonly Cidr Slot = Cidr.Parse("10.128.3.0/26");

    [Fact]
    public void A_slot_under_a_standing_cover_is_routed() => Assert.Contains(Slot, Set());

    [Fact]
    public void Not_when_the_cover_is_missing_in_one_table() =>
        Assert.DoesNotContain(Slot, Set(tables: [Table("rtb-1", "eni-1"), Table("rtb-2", null)]));

    [Theory]
    [InlineData("eni-1")]
    [InlineData("eni-2")]
    public void Not_while_the_check_of_the_router_or_of_a_host_of_the_group_is_on(string checkOn) =>
        Assert.DoesNotContain(Slot, Set(checkOn: [checkOn]));

    [Fact]
    public void A_check_in_another_group_is_no_matter() => Assert.Contains(Slot, Set(checkOn: ["eni-9"]));

    [Fact]
    public void Not_when_the_router_is_down() =>
        Assert.DoesNotContain(Slot, Set(hosts: [Host(1) with { Health = HostHealth.Down }, Host(2)]));

    [Fact]
    public void Not_when_the_hosts_of_the_group_are_on_two_links() =>
        Assert.DoesNotContain(Slot, Set(hosts: [Host(1), Host(2) with { Subnet = "subnet-2" }]));

    [Fact]
    public void Not_when_a_stranger_holds_part_of_it() =>
        Assert.DoesNotContain(Slot, Set(tables: [Table("rtb-1", "eni-1", ("10.128.3.8/29", "nat-1"))]));

    [Fact]
    public void Not_when_its_cover_is_a_blackhole() => Assert.DoesNotContain(Slot, Set(tables:
    [
        new InventoryTable { Id = "rtb-1", Routes = [new InventoryRoute { Destination = Leaf.ToString(), Target = "eni-1", State = RouteState.Blackhole }] },
    ]));

    [Fact]
    public void Only_interfaces_that_it_knows_and_whose_check_is_off_are_ready() =>
        Assert.Equal(["eni-2", "eni-9"], Set(checkOn: ["eni-1"]).Interfaces.Order(StringComparer.Ordinal));

    private static RoutedSet Set(ImmutableArray<InventoryTable>? tables = null, ImmutableArray<InventoryHost>? hosts = null, params string[] checkOn) => new(
        new Topology { Networks = [Network()] },
        new Inventory
        {
            Vpc = new InventoryVpc(),
            Tables = tables ?? [Table("rtb-1", "eni-1"), Table("rtb-2", "eni-2")],
            Hosts = [.. hosts ?? [Host(1), Host(2)], Host(9) with { Groups = ImmutableSortedDictionary<string, Cidr>.Empty.Add("pods", Cidr.Parse("10.129.0.0/16")) }],
            Blocks = [],
        },
        checkOn.ToHashSet());

    private static InventoryTable Table(string id, string? cover, params (string Destination, string Target)[] others) => new()
    {
        Id = id,
        Routes = [.. others.Append((Destination: Leaf.ToString(), Target: cover!)).Where(route => route.Target is not null)
            .Select(route => new InventoryRoute { Destination = route.Destination, Target = route.Target, Owned = true })],
    };

    private static InventoryHost Host(int number) => new()
    {
        Name = $"host-{number}", Ip = IpAddress.Parse($"10.0.0.{number}"), Eni = $"eni-{number}", Subnet = "subnet-1",
        Groups = ImmutableSortedDictionary<string, Cidr>.Empty.Add("pods", Leaf),
    };

    private static Network Network() => new()
    {
        Name = "pods", Cidr = Cidr.Parse("10.128.0.0/15"), BlockMask = 26,
        Root = new Group
        {
            Network = "pods", Path = [], Name = "", Cidr = Cidr.Parse("10.128.0.0/15"), Kind = GroupKind.Groups,
            Groups = [Group(0, Leaf), Group(1, Cidr.Parse("10.129.0.0/16"))],
        },
    };

    private static Group Group(int index, Cidr cidr) => new()
    {
        Network = "pods", Path = [index], Name = $"g{index}", Cidr = cidr, Kind = GroupKind.Hosts, Cover = true, Modes = RoutingModes.BlockAnnounceVpc,
    };
}
