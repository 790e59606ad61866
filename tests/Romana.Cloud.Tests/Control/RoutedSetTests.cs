using System.Collections.Immutable;
using Romana.Cloud.Control;
using Romana.Cloud.Planning;
using Romana.Ipam.Addressing;
using Romana.Ipam.Hosts;
using Romana.Ipam.Planning;
using Romana.Ipam.Stores;

namespace Romana.Cloud.Tests.Control;

/// <summary>A slot under a cover, granted to host 2: is it reachable at once? Host 1 leads the cover in both tables.</summary>
public sealed class RoutedSetTests
{
    private static readonly Cidr Slot = Cidr.Parse("10.128.3.0/26");

    [Fact]
    public void A_slot_under_a_standing_cover_is_routed() => Assert.True(IsRouted());

    [Fact]
    public void Not_when_the_cover_is_missing_in_one_table() => Assert.False(IsRouted([Table("rtb-1", "eni-1"), Table("rtb-2", null)]));

    [Fact]
    public void Not_without_a_table() => Assert.False(IsRouted([]));

    [Theory]
    [InlineData("eni-1", false)]
    [InlineData("eni-2", false)]
    [InlineData("eni-9", true)]
    public void Not_while_the_check_of_the_router_or_of_the_host_is_on(string checkOn, bool routed) =>
        Assert.Equal(routed, IsRouted(checkOn: checkOn));

    [Fact]
    public void Not_to_a_host_that_was_not_looked_at_yet() => Assert.False(IsRouted(known: ["eni-1", "eni-9"]));

    [Fact]
    public void Not_when_the_hosts_are_on_two_links() => Assert.False(IsRouted(links: ["subnet-1", "subnet-2"]));

    [Fact]
    public void Not_when_a_stranger_holds_part_of_it() =>
        Assert.False(IsRouted([Table("rtb-1", "eni-1", ("10.128.3.8/29", "nat-1")), Table("rtb-2", "eni-1")]));

    [Fact]
    public void Not_when_its_cover_is_a_blackhole()
    {
        var cover = Table("rtb-1", "eni-1").Routes[0] with { State = RouteState.Blackhole };
        Assert.False(IsRouted([new InventoryTable { Id = "rtb-1", Routes = [cover] }]));
    }

    private static bool IsRouted(
        ImmutableArray<InventoryTable>? tables = null, string? checkOn = null, string[]? known = null, string[]? links = null)
    {
        var set = new RoutedSet(tables ?? [Table("rtb-1", "eni-1"), Table("rtb-2", "eni-1")],
            new HashSet<string>(checkOn is null ? [] : [checkOn]), (known ?? ["eni-1", "eni-2", "eni-9"]).ToHashSet());
        links ??= ["subnet-1", "subnet-1"];
        return set.By(new ControllerView
        {
            Now = DateTimeOffset.UnixEpoch,
            Stamp = "s",
            Hosts = [Host(1, links[0]), Host(2, links[1])],
        })(Slot, new HostUid("h-2"));
    }

    private static TypedRecord<HostSpec, HostStatus> Host(int number, string link) => new(
        RecordTypes.Hosts.Key($"h-{number}"), new Expected(new RecordVersion("1"), "u"), "s", new HostSpec
        {
            Uid = new HostUid($"h-{number}"),
            Name = $"host-{number}",
            PodInterface = new PodInterface { Id = $"eni-{number}", Address = IpAddress.Parse($"10.0.0.{number}"), Link = link },
        }, null);

    private static InventoryTable Table(string id, string? cover, params (string Destination, string Target)[] more) => new()
    {
        Id = id,
        Routes =
        [
            .. more.Append(("10.128.0.0/16", cover ?? "")).Where(route => route.Item2.Length > 0)
                .Select(route => new InventoryRoute { Destination = route.Item1, Target = route.Item2, Owned = true }),
        ],
    };
}
