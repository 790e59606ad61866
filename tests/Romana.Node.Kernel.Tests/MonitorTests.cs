using Romana.Ipam.Addressing;
using Romana.Node.Linux.Netlink;
using Romana.Node.Linux.Netlink.Records;

namespace Romana.Node.Kernel.Tests;

/// <summary>Changes are told as "look again", with whose they were; lost notifications say so.</summary>
public sealed class MonitorTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    [Theory]
    [InlineData("link add vx type veth peer name vy", KernelKinds.Interfaces)]
    [InlineData("link set vb down", KernelKinds.Interfaces)]
    [InlineData("addr add 10.9.7.1/32 dev va", KernelKinds.Addresses)]
    [InlineData("-6 addr add fd00:7::1/128 dev va nodad", KernelKinds.Addresses)]
    [InlineData("route add 10.7.0.0/24 via 10.9.0.2", KernelKinds.Routes)]
    [InlineData("-6 route add fd00:7::/64 via fd00:9::2", KernelKinds.Routes)]
    [InlineData("rule add priority 7 lookup 7", KernelKinds.Rules)]
    [InlineData("-6 rule add priority 7 lookup 7", KernelKinds.Rules)]
    [InlineData("neigh add 10.9.0.7 lladdr 02:00:00:00:00:07 dev va nud permanent", KernelKinds.Neighbours)]
    internal async Task A_change_by_another_is_told(string command, KernelKinds kind)
    {
        using var sandbox = Sandbox.WithPair();
        using var monitor = KernelMonitor.Open(sandbox.Space, new MonitorOptions(_ => false) { Kinds = kind });
        await Quiet(monitor);
        sandbox.Ip(command);
        var seen = await Next(monitor);
        Assert.Equal(new LookAgain(kind, KernelKinds.None, KernelKinds.None), seen);
    }

    [Fact]
    public async Task Changes_of_our_own_are_told_apart()
    {
        using var sandbox = Sandbox.WithPair();
        var ours = sandbox.Kernel.Port;
        // IPv6 addresses are told without saying for whom; duplicate detection goes on in the background.
        using var monitor = KernelMonitor.Open(sandbox.Space, new MonitorOptions(port => port == ours) { Kinds = KernelKinds.Routes | KernelKinds.Rules | KernelKinds.Neighbours });
        await Quiet(monitor);
        var route = new Route { Destination = Cidr.Parse("10.7.0.0/24"), Hops = [new(sandbox.Va)] };
        sandbox.Kernel.Routes.Add(route);
        Assert.Equal(new LookAgain(KernelKinds.None, KernelKinds.None, KernelKinds.Routes), await Next(monitor));
        sandbox.Kernel.Rules.Add(new Rule { Family = IpFamily.IPv6, Priority = 7, Table = 7 });
        Assert.Equal(new LookAgain(KernelKinds.None, KernelKinds.None, KernelKinds.Rules), await Next(monitor));
        sandbox.Ip("route del 10.7.0.0/24 proto 82");
        Assert.Equal(new LookAgain(KernelKinds.Routes, KernelKinds.Routes, KernelKinds.None), await Next(monitor));
    }

    /// <summary>What KernelMonitor's comment says of whose a change is, kind by kind.</summary>
    [Theory]
    [InlineData("interface up", KernelKinds.Interfaces, false)]
    [InlineData("interface renamed", KernelKinds.Interfaces, false)]
    [InlineData("interface removed", KernelKinds.Interfaces, false)]
    [InlineData("veth added", KernelKinds.Interfaces, false)]
    [InlineData("address of IPv4", KernelKinds.Addresses, true)]
    [InlineData("address of IPv6", KernelKinds.Addresses, false)]
    [InlineData("route of IPv4", KernelKinds.Routes, true)]
    [InlineData("route of IPv6", KernelKinds.Routes, true)]
    [InlineData("rule", KernelKinds.Rules, true)]
    [InlineData("neighbour", KernelKinds.Neighbours, true)]
    internal async Task Whose_a_change_is(string what, KernelKinds kind, bool isOwn)
    {
        using var sandbox = Sandbox.WithPair();
        sandbox.Ip("link add vx type veth peer name vy");
        var (kernel, ours, index) = (sandbox.Kernel, sandbox.Kernel.Port, sandbox.Index("vx"));
        using var monitor = KernelMonitor.Open(sandbox.Space, new MonitorOptions(port => port == ours) { Kinds = kind });
        await Quiet(monitor);
        var outcome = what switch
        {
            "interface up" => kernel.Interfaces.Change(index, new InterfaceChange { IsUp = true }),
            "interface renamed" => kernel.Interfaces.Change(index, new InterfaceChange { Name = "vz" }),
            "interface removed" => kernel.Interfaces.Remove(index),
            "veth added" => kernel.Interfaces.AddVeth(new VethRequest(new VethEnd("vp"), new VethEnd("vq"))),
            "address of IPv4" => kernel.Addresses.Add(new() { Interface = sandbox.Va, Address = IpAddress.Parse("10.9.7.1"), Length = 32 }),
            "address of IPv6" => kernel.Addresses.Add(new() { Interface = sandbox.Va, Address = IpAddress.Parse("fd00:7::1"), Length = 128, Flags = AddressFlags.NoDuplicateDetection }),
            "route of IPv4" => kernel.Routes.Add(new() { Destination = Cidr.Parse("10.7.0.0/24"), Hops = [new(sandbox.Va)] }),
            "route of IPv6" => kernel.Routes.Add(new() { Destination = Cidr.Parse("fd00:7::/64"), Hops = [new(sandbox.Va)] }),
            "rule" => kernel.Rules.Add(new() { Family = IpFamily.IPv4, Priority = 7, Table = 7 }),
            _ => kernel.Neighbours.Set(new() { Interface = sandbox.Va, Address = IpAddress.Parse("10.9.0.7"), Mac = MacAddress.Parse("02:00:00:00:00:07") }),
        };
        Assert.False(outcome.IsRefused);
        var seen = await Next(monitor);
        // Where this kernel does not say, another may; that it is told is all that may be relied on.
        Assert.Equal(kind, isOwn ? seen.Own : seen.Others | seen.Own);
    }

    [Fact]
    public async Task Many_changes_at_once_are_one_signal()
    {
        using var sandbox = Sandbox.WithPair();
        using var monitor = KernelMonitor.Open(sandbox.Space, new MonitorOptions(_ => false) { Kinds = KernelKinds.Routes | KernelKinds.Rules });
        await Quiet(monitor);
        for (var i = 0; i < 300; i++)
            sandbox.Kernel.Routes.Add(new Route { Destination = Cidr.Parse("10.128.0.0/9").Slice(32, (UInt128)i), Hops = [new(sandbox.Va)] });
        sandbox.Kernel.Rules.Add(new Rule { Family = IpFamily.IPv4, Priority = 7, Table = 7 });
        Assert.Equal(new LookAgain(KernelKinds.Routes | KernelKinds.Rules, KernelKinds.Routes | KernelKinds.Rules, KernelKinds.None), await Next(monitor));
    }

    /// <summary>A reader that is slow loses notifications; it must hear that, once, and go on afterwards.</summary>
    [Fact]
    public async Task An_overflow_says_look_at_everything_and_the_monitor_goes_on()
    {
        using var sandbox = Sandbox.WithPair();
        using var monitor = KernelMonitor.Open(sandbox.Space, new MonitorOptions(_ => false) { Kinds = KernelKinds.Routes | KernelKinds.Rules, Buffer = 4_096 });
        await Quiet(monitor);
        for (var i = 0; i < 1_000; i++)
            sandbox.Kernel.Routes.Add(new Route { Destination = Cidr.Parse("10.128.0.0/9").Slice(32, (UInt128)i), Hops = [new(sandbox.Va)] });
        var seen = await Next(monitor);
        while (!seen.IsOverflow) seen = seen.And(await Next(monitor));
        Assert.Equal((KernelKinds.Routes | KernelKinds.Rules, KernelKinds.Routes | KernelKinds.Rules), (seen.Others, seen.OfOurs));
        await Quiet(monitor);
        sandbox.Ip("rule add priority 7 lookup 7");
        Assert.Equal(new LookAgain(KernelKinds.Rules, KernelKinds.None, KernelKinds.None), await Next(monitor));
    }

    /// <summary>What docs/decisions/0025 says of it, held against the kernel.</summary>
    [Fact]
    public async Task Routes_that_go_with_their_interface_go_in_silence_but_the_interface_is_told()
    {
        using var sandbox = Sandbox.WithPair();
        sandbox.Kernel.Routes.Add(new Route { Destination = Cidr.Parse("10.7.0.0/24"), Table = 880, Hops = [new(sandbox.Va)] });
        sandbox.Run("sh", "-c \"echo 1 > /proc/sys/net/ipv6/conf/va/disable_ipv6\"");
        using var routes = KernelMonitor.Open(sandbox.Space, new MonitorOptions(_ => false) { Kinds = KernelKinds.Routes | KernelKinds.Rules });
        using var interfaces = KernelMonitor.Open(sandbox.Space, new MonitorOptions(_ => false) { Kinds = KernelKinds.Interfaces });
        await Quiet(routes);
        await Quiet(interfaces);
        sandbox.Ip("link set va down");
        Assert.Empty(sandbox.Kernel.Routes.List(new RouteFilter { Table = 880 }));
        Assert.Equal(KernelKinds.Interfaces, (await Next(interfaces)).Others);
        // Told in order: had the routes been told, this would come with them.
        sandbox.Ip("rule add priority 7 lookup 7");
        Assert.Equal(KernelKinds.Rules, (await Next(routes)).Others);
    }

    [Fact]
    public async Task Waiting_can_be_given_up()
    {
        using var sandbox = Sandbox.Create();
        using var monitor = KernelMonitor.Open(sandbox.Space, new MonitorOptions(_ => false) { Kinds = KernelKinds.Rules });
        using var cancel = new CancellationTokenSource();
        var waiting = monitor.NextAsync(cancel.Token).AsTask();
        Assert.False(waiting.IsCompleted);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        sandbox.Ip("rule add priority 7 lookup 7");
        Assert.Equal(KernelKinds.Rules, (await Next(monitor)).Others);
    }

    private static async Task<LookAgain> Next(KernelMonitor monitor)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(Limit);
        return await monitor.NextAsync(limit.Token);
    }

    /// <summary>Until what making the sandbox set off has been told: nothing for a moment.</summary>
    private static async Task Quiet(KernelMonitor monitor)
    {
        try
        {
            while (true)
            {
                using var limit = new CancellationTokenSource(TimeSpan.FromMilliseconds(300));
                await monitor.NextAsync(limit.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // Quiet.
        }
    }
}
