using Romana.Ipam.Addressing;
using Romana.Node.Linux.Netlink;
using Romana.Node.Linux.Netlink.Records;

namespace Romana.Node.Kernel.Tests;

/// <summary>Addresses added and removed, as `ip` sees them.</summary>
public sealed class AddressTests
{
    [Theory]
    [InlineData("10.9.1.1", 32, 0, AddressFlags.None, false)]
    [InlineData("10.9.1.1", 24, 0, AddressFlags.NoPrefixRoute, false)]
    [InlineData("10.9.1.1", 24, 253, AddressFlags.None, true)]
    [InlineData("fd00:9::2", 128, 0, AddressFlags.NoDuplicateDetection, true)]
    [InlineData("fd00:9:1::2", 64, 0, AddressFlags.NoDuplicateDetection | AddressFlags.NoPrefixRoute, false)]
    internal void An_address_comes_and_goes(string text, int length, byte scope, AddressFlags flags, bool hasPrefixRoute)
    {
        using var sandbox = Sandbox.WithPair();
        var address = new InterfaceAddress { Interface = sandbox.Va, Address = IpAddress.Parse(text), Length = length, Scope = (Scope)scope, Flags = flags };
        Assert.Equal(OutcomeKind.Created, sandbox.Kernel.Addresses.Add(address).Kind);
        Assert.Equal(OutcomeKind.Exists, sandbox.Kernel.Addresses.Add(address).Kind);
        Assert.Contains(address with { Flags = flags | AddressFlags.Permanent }, sandbox.Kernel.Addresses.List());
        Same(sandbox);
        var prefix = Cidr.Around(address.Address, length);
        var routes = sandbox.Kernel.Routes.List(new RouteFilter { Table = RouteTables.Main, Protocol = RouteProtocols.Kernel });
        Assert.Equal(hasPrefixRoute, routes.Any(route => route.Destination == prefix));
        Assert.Equal(OutcomeKind.Removed, sandbox.Kernel.Addresses.Remove(address).Kind);
        Assert.Equal(OutcomeKind.Absent, sandbox.Kernel.Addresses.Remove(address).Kind);
        Same(sandbox);
    }

    [Fact]
    public void Lists_by_family_and_by_interface()
    {
        using var sandbox = Sandbox.WithPair();
        var all = sandbox.Kernel.Addresses.List();
        Assert.Equal(all.Where(item => item.Address.Family == IpFamily.IPv6), sandbox.Kernel.Addresses.List(IpFamily.IPv6));
        Assert.Equal(all.Where(item => item.Interface == sandbox.Va), sandbox.Kernel.Addresses.List(null, sandbox.Va));
        Assert.NotEmpty(sandbox.Kernel.Addresses.List(IpFamily.IPv4, sandbox.Va));
    }

    [Fact]
    public void A_peer_and_lifetimes_are_kept()
    {
        using var sandbox = Sandbox.WithPair();
        var address = new InterfaceAddress
        {
            Interface = sandbox.Va,
            Address = IpAddress.Parse("10.8.0.1"),
            Length = 32,
            Peer = IpAddress.Parse("10.8.0.2"),
            PreferredSeconds = 1_000_000,
            ValidSeconds = 2_000_000,
        };
        Assert.Equal(OutcomeKind.Created, sandbox.Kernel.Addresses.Add(address).Kind);
        var found = Assert.Single(sandbox.Kernel.Addresses.List(), item => item.Address == address.Address);
        Assert.Equal(address.Peer, found.Peer);
        Assert.InRange(found.ValidSeconds, 1_999_900u, 2_000_000u);
        Assert.InRange(found.PreferredSeconds, 999_900u, 1_000_000u);
        Same(sandbox, item => item.Address != address.Address);
    }

    [Fact]
    public void Who_made_an_address_is_kept()
    {
        Assert.SkipUnless(Environment.OSVersion.Version >= new Version(5, 18), "the kernel keeps no maker of addresses before 5.18");
        using var sandbox = Sandbox.WithPair();
        var address = new InterfaceAddress { Interface = sandbox.Va, Address = IpAddress.Parse("10.9.1.1"), Length = 32, Protocol = RouteProtocols.Romana };
        Assert.Equal(OutcomeKind.Created, sandbox.Kernel.Addresses.Add(address).Kind);
        Assert.Equal(RouteProtocols.Romana, Assert.Single(sandbox.Kernel.Addresses.List(), item => item.Address == address.Address).Protocol);
    }

    [Fact]
    public void An_interface_that_is_gone_refuses()
    {
        using var sandbox = Sandbox.Create();
        var outcome = sandbox.Kernel.Addresses.Add(new InterfaceAddress { Interface = 4711, Address = IpAddress.Parse("10.9.1.1"), Length = 32 });
        Assert.Equal(OutcomeKind.Refused, outcome.Kind);
        Assert.Contains("10.9.1.1/32 on interface 4711", outcome.ToString(), StringComparison.Ordinal);
        Assert.Contains("(ENODEV)", outcome.ToString(), StringComparison.Ordinal);
    }

    private static void Same(Sandbox sandbox, Func<InterfaceAddress, bool>? which = null)
    {
        // Duplicate detection of link-local addresses ends when it likes.
        bool Chosen(InterfaceAddress item) => item.Scope != Scope.Link || item.Address.Family == IpFamily.IPv4;
        which ??= _ => true;
        // `ip` shows who made an address from 6.3 on; the kernel's own say so.
        Assert.Equal(
            IpView.Addresses(sandbox).Where(Chosen).Where(which),
            sandbox.Kernel.Addresses.List().OrderBy(item => item.Interface).Where(Chosen).Where(which).Select(item => item with { Protocol = 0 }));
    }
}
