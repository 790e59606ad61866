using Romana.Ipam.Addressing;
using Romana.Node.Linux.Netlink;
using Romana.Node.Linux.Netlink.Records;

namespace Romana.Node.Kernel.Tests;

/// <summary>Permanent neighbours and proxy entries, as `ip` sees them.</summary>
public sealed class NeighbourTests
{
    private static readonly MacAddress First = MacAddress.Parse("02:00:00:00:00:07"), Second = MacAddress.Parse("02:00:00:00:00:08");

    [Theory]
    [InlineData("10.9.0.7")]
    [InlineData("fd00:9::7")]
    public void A_permanent_neighbour_comes_changes_and_goes(string address)
    {
        using var sandbox = Sandbox.WithPair();
        var neighbours = sandbox.Kernel.Neighbours;
        var neighbour = new Neighbour { Interface = sandbox.Va, Address = IpAddress.Parse(address), Mac = First };
        Assert.Equal(OutcomeKind.Created, neighbours.Add(neighbour).Kind);
        Assert.Equal(OutcomeKind.Exists, neighbours.Add(neighbour with { Mac = Second }).Kind);
        Assert.Contains(neighbour, neighbours.List());
        Assert.Equal(OutcomeKind.Set, neighbours.Set(neighbour with { Mac = Second }).Kind);
        Assert.Equal(OutcomeKind.Set, neighbours.Set(neighbour with { Mac = Second }).Kind);
        Assert.Single(neighbours.List(neighbour.Address.Family), found => found == neighbour with { Mac = Second });
        Same(sandbox);
        Assert.Equal(OutcomeKind.Removed, neighbours.Remove(neighbour).Kind);
        Assert.Equal(OutcomeKind.Absent, neighbours.Remove(neighbour).Kind);
        Same(sandbox);
    }

    [Theory]
    [InlineData("10.9.0.8")]
    [InlineData("fd00:9::8")]
    public void A_proxy_entry_comes_and_goes(string address)
    {
        using var sandbox = Sandbox.WithPair();
        var neighbours = sandbox.Kernel.Neighbours;
        var proxy = Neighbour.Proxy(sandbox.Va, IpAddress.Parse(address));
        Assert.Equal(OutcomeKind.Set, neighbours.Set(proxy).Kind);
        Assert.Equal(OutcomeKind.Set, neighbours.Set(proxy).Kind);
        Assert.Equal([proxy], neighbours.ListProxies());
        Assert.Equal(IpView.Proxies(sandbox), neighbours.ListProxies());
        Assert.DoesNotContain(neighbours.List(), item => item.IsProxy);
        Assert.Equal(OutcomeKind.Removed, neighbours.Remove(proxy).Kind);
        Assert.Equal(OutcomeKind.Absent, neighbours.Remove(proxy).Kind);
        Assert.Empty(neighbours.ListProxies());
    }

    /// <summary>So the agent must: the kernel forgets both when a link flaps.</summary>
    [Fact]
    public void A_link_that_goes_down_takes_its_proxy_entries()
    {
        using var sandbox = Sandbox.WithPair();
        sandbox.Kernel.Neighbours.Set(Neighbour.Proxy(sandbox.Va, IpAddress.Parse("10.9.0.8")));
        sandbox.Kernel.Interfaces.Change(sandbox.Va, new InterfaceChange { IsUp = false });
        Assert.Empty(sandbox.Kernel.Neighbours.ListProxies());
    }

    [Fact]
    public void An_interface_that_is_gone_refuses_an_entry_and_has_none_to_remove()
    {
        using var sandbox = Sandbox.Create();
        var neighbour = new Neighbour { Interface = 4711, Address = IpAddress.Parse("10.9.0.7"), Mac = First };
        Assert.Equal(OutcomeKind.Refused, sandbox.Kernel.Neighbours.Set(neighbour).Kind);
        Assert.Equal(OutcomeKind.Absent, sandbox.Kernel.Neighbours.Remove(neighbour).Kind);
    }

    // Multicast entries (no ARP) come and go with the interfaces; what was learnt, with traffic.
    private static void Same(Sandbox sandbox) => Assert.Equal(
        IpView.Neighbours(sandbox).Where(IsSaid).OrderBy(item => item.Address),
        sandbox.Kernel.Neighbours.List().Where(IsSaid).OrderBy(item => item.Address));

    private static bool IsSaid(Neighbour neighbour) => neighbour.State == NeighbourState.Permanent;
}
