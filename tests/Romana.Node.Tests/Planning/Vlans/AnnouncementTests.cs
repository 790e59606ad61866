using System.Collections.Immutable;
using Romana.Ipam.Addressing;
using Romana.Node.Planning.Vlans;

namespace Romana.Node.Tests.Planning.Vlans;

/// <summary>What a host announces on its VLANs, and when.</summary>
public sealed class AnnouncementTests
{
    private static readonly HashSet<(int, IpAddress)> Nothing = [];

    [Fact]
    public void Pods_are_announced_where_the_gateway_asks_for_them_and_node_addresses_everywhere()
    {
        var said = VlanAnnouncement.Of(VlanCases.Facts(VlanCases.Plain, VlanCases.Look));
        Assert.Equal(
        [
            (4, "192.168.10.2", "192.168.10.2"), (4, "192.168.10.65", "192.168.10.2"), (4, "192.168.10.66", "192.168.10.2"),
            (4, "fd00:10::2", "fd00:10::2"), (4, "fd00:10::41", "fd00:10::2"),
            // This one is reached by BGP.
            (5, "192.168.200.2", "192.168.200.2"),
        ], said.Select(item => (item.Uplink, item.Address.ToString(), item.Sender.ToString())));
    }

    [Fact]
    public void Nothing_is_announced_by_a_link_that_is_down()
    {
        var look = VlanCases.Look with { Interfaces = [.. VlanCases.Look.Interfaces.Select(item => item.Name == "v10" ? item with { IsUp = false } : item)] };
        Assert.Equal([5], VlanAnnouncement.Of(VlanCases.Facts(VlanCases.Plain, look)).Select(item => item.Uplink));
    }

    [Fact]
    public void The_machine_s_own_address_in_a_VLAN_is_not_announced()
    {
        var known = VlanCases.Plain with { Networks = [.. VlanCases.Plain.Networks.Select(network => network.Name == "green" ? network with { NodeAddress = VlanCases.Ip("192.168.10.11") } : network)] };
        var said = VlanAnnouncement.Of(VlanCases.Facts(known, VlanCases.Inside));
        Assert.DoesNotContain(said, item => item.Address == VlanCases.Ip("192.168.10.11"));
        Assert.Contains(said, item => item.Address == VlanCases.Ip("192.168.10.65"));
    }

    [Fact]
    public void Each_is_said_at_once_and_once_more_after_two_seconds()
    {
        var turns = new AnnouncementTurns();
        Assert.Null(turns.NextDue);
        turns.Learn(Many(1), Nothing, At(10));
        Assert.Equal(Many(1), turns.Next(At(10)));
        Assert.Empty(turns.Next(At(11.9)));
        Assert.Equal(At(12), turns.NextDue);
        Assert.Equal(Many(1), turns.Next(At(12)));
        Assert.Null(turns.NextDue);
        // A pass that finds nothing new says nothing again.
        turns.Learn(Many(1), Nothing, At(13));
        Assert.Null(turns.NextDue);
    }

    [Fact]
    public void What_left_is_never_said_again_and_what_came_back_is()
    {
        var turns = new AnnouncementTurns();
        turns.Learn(Many(2), Nothing, At(0));
        turns.Next(At(0));
        turns.Learn(Many(1), Nothing, At(1));
        Assert.Equal(Many(1), turns.Next(At(2)));
        turns.Learn(Many(2), Nothing, At(3));
        Assert.Equal(Many(2)[1..], turns.Next(At(3)));
    }

    [Fact]
    public void What_was_not_answered_for_in_between_is_said_again()
    {
        var turns = new AnnouncementTurns();
        turns.Learn(Many(2), Nothing, At(0));
        turns.Next(At(0));
        turns.Next(At(2));
        turns.Learn(Many(2), new HashSet<(int, IpAddress)> { (4, Many(2)[1].Address) }, At(5));
        Assert.Equal(Many(2)[1..], turns.Next(At(5)));
    }

    /// <summary>250 pods of both families that come at once: all are said once before any is said twice.</summary>
    [Fact]
    public void Many_are_said_in_batches_the_new_ones_first()
    {
        var turns = new AnnouncementTurns();
        turns.Learn(Many(500), Nothing, At(0));
        var (said, now) = (new List<VlanAnnouncement>(), TimeSpan.Zero);
        while (turns.Next(now) is { IsEmpty: false } batch)
        {
            Assert.InRange(batch.Length, 1, AnnouncementTurns.Batch);
            said.AddRange(batch);
            now += AnnouncementTurns.Rest;
        }

        Assert.Equal(500, said.Distinct().Count());
        Assert.Equal(500, said.Count);
        Assert.True(now <= At(0.5), $"{now}");
        turns.Learn(Many(501), Nothing, At(3));
        Assert.Equal(Many(501)[500], turns.Next(At(3))[0]);
    }

    private static ImmutableArray<VlanAnnouncement> Many(int count) =>
        [.. Enumerable.Range(0, count).Select(i => new VlanAnnouncement(4, IpAddress.Parse("192.168.0.1").Plus((UInt128)i), IpAddress.Parse("192.168.0.254")))];

    private static TimeSpan At(double seconds) => TimeSpan.FromSeconds(seconds);
}
