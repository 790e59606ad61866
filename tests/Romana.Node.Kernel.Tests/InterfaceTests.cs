using Romana.Node.Linux.Netlink;
using Romana.Node.Linux.Netlink.Records;

namespace Romana.Node.Kernel.Tests;

/// <summary>Interfaces made, changed and removed, as `ip` sees them.</summary>
public sealed class InterfaceTests
{
    private static readonly VethEnd Near = new("rom1", MacAddress.Parse("02:00:00:00:00:01"), 9001);
    private static readonly VethEnd Far = new("eth0", MacAddress.Parse("02:00:00:00:00:02"), 9001);

    [Fact]
    public void A_veths_peer_appears_straight_in_the_other_namespace()
    {
        using var host = Sandbox.Create();
        using var pod = Sandbox.Create();
        var made = host.Kernel.Interfaces.AddVeth(new VethRequest(Near, Far) { FarNamespace = pod.Space.Handle });
        Assert.Equal(OutcomeKind.Created, made.Kind);
        var (near, far) = (host.Interface("rom1"), pod.Interface("eth0"));
        Assert.Equal((Near.Mac, 9001, "veth", far.Index), (near.Mac, near.Mtu, near.Kind, near.Lower));
        Assert.Equal((Far.Mac, 9001, "veth", near.Index), (far.Mac, far.Mtu, far.Kind, far.Lower));
        Assert.NotNull(near.LowerNamespace);
        Same(host);
        Same(pod);
    }

    [Fact]
    public void A_name_that_is_taken_on_either_side_leaves_nothing_behind()
    {
        using var host = Sandbox.Create();
        using var pod = Sandbox.Create();
        var request = new VethRequest(Near, Far) { FarNamespace = pod.Space.Handle };
        host.Kernel.Interfaces.AddVeth(request);
        Assert.Equal(OutcomeKind.Exists, host.Kernel.Interfaces.AddVeth(request with { Far = new VethEnd("eth1") }).Kind);
        Assert.Equal(OutcomeKind.Exists, host.Kernel.Interfaces.AddVeth(request with { Near = new VethEnd("rom2") }).Kind);
        Assert.Equal(["lo", "rom1"], host.Kernel.Interfaces.List().Select(item => item.Name).Where(IsOurs));
        Assert.Equal(["lo", "eth0"], pod.Kernel.Interfaces.List().Select(item => item.Name).Where(IsOurs));
    }

    [Fact]
    public void An_interface_is_set_up_renamed_changed_and_removed()
    {
        using var sandbox = Sandbox.Create();
        var interfaces = sandbox.Kernel.Interfaces;
        interfaces.AddVeth(new VethRequest(Near, Far));
        var index = sandbox.Index("rom1");
        Assert.False(sandbox.Interface("rom1").IsUp);
        Assert.Equal(OutcomeKind.Set, interfaces.Change(index, new InterfaceChange { IsUp = true }).Kind);
        Assert.True(sandbox.Interface("rom1").IsUp);
        Assert.Equal(OutcomeKind.Set, interfaces.Change(index, new InterfaceChange { IsUp = false }).Kind);
        Assert.Equal(OutcomeKind.Exists, interfaces.Change(index, new InterfaceChange { Name = "eth0" }).Kind);
        Assert.Equal(OutcomeKind.Set, interfaces.Change(index, new InterfaceChange { Name = "rom9", Mtu = 1400, Mac = MacAddress.Parse("02:00:00:00:00:09"), Alias = "a pod's" }).Kind);
        var changed = interfaces.Get(index)!;
        Assert.Equal(("rom9", 1400, "02:00:00:00:00:09", "a pod's", false), (changed.Name, changed.Mtu, changed.Mac.ToString(), changed.Alias, changed.IsUp));
        Same(sandbox);
        Assert.Equal(OutcomeKind.Removed, interfaces.Remove(index).Kind);
        Assert.Equal(OutcomeKind.Absent, interfaces.Remove(index).Kind);
        Assert.Null(interfaces.Get("eth0"));
        Assert.Null(interfaces.Get(index));
        Assert.Null(interfaces.Get("a-name-that-is-too-long-for-the-kernel"));
    }

    [Fact]
    public void A_port_is_put_into_a_bridge_and_taken_out()
    {
        using var sandbox = Sandbox.WithPair();
        sandbox.Ip("link add br0 type bridge");
        var bridge = sandbox.Interface("br0");
        Assert.Equal("bridge", bridge.Kind);
        sandbox.Kernel.Interfaces.Change(sandbox.Va, new InterfaceChange { Master = bridge.Index });
        Assert.Equal(bridge.Index, sandbox.Interface("va").Master);
        Same(sandbox);
        sandbox.Kernel.Interfaces.Change(sandbox.Va, new InterfaceChange { Master = 0 });
        Assert.Null(sandbox.Interface("va").Master);
    }

    /// <summary>Both kinds of kernel are out there; what may not be is a third outcome.</summary>
    [Fact]
    public void A_vlan_is_made_or_the_kernels_lack_of_it_is_said()
    {
        using var sandbox = Sandbox.WithPair();
        var made = sandbox.Kernel.Interfaces.AddVlan(new VlanRequest("v100", sandbox.Va, 100, 1400));
        if (made.Kind == OutcomeKind.Refused)
        {
            Assert.Equal(
                $"cannot add VLAN interface v100 with id 100 on interface {sandbox.Va}: Unknown device type (EOPNOTSUPP);"
                + " this kernel has no 802.1Q: load the module 8021q, or use the network's plain interface",
                made.ToString());
            Assert.Null(sandbox.Kernel.Interfaces.Get("v100"));
            return;
        }

        Assert.Equal(OutcomeKind.Created, made.Kind);
        var vlan = sandbox.Interface("v100");
        Assert.Equal(("vlan", 100, sandbox.Va, 1400), (vlan.Kind, vlan.VlanId, vlan.Lower, vlan.Mtu));
        Assert.Equal(OutcomeKind.Exists, sandbox.Kernel.Interfaces.AddVlan(new VlanRequest("v100", sandbox.Va, 100)).Kind);
        Same(sandbox);
    }

    [Theory]
    [InlineData("this-is-too-long", "at the name (IFLA_IFNAME)")]
    [InlineData("a/b", "(EINVAL)")]
    public void A_name_that_the_kernel_refuses_is_a_fault_with_its_words(string name, string text)
    {
        using var sandbox = Sandbox.Create();
        var fault = Assert.Throws<NetlinkException>(() => sandbox.Kernel.Interfaces.AddVeth(new VethRequest(new VethEnd(name), Far)));
        Assert.StartsWith($"cannot add veth {name} with peer eth0: ", fault.Message, StringComparison.Ordinal);
        Assert.Contains(text, fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_handle_that_is_no_namespace_is_a_fault()
    {
        using var sandbox = Sandbox.Create();
        Assert.Throws<NetlinkException>(() => sandbox.Kernel.Interfaces.AddVeth(new VethRequest(Near, Far) { FarNamespace = new NamespaceHandle(0) }));
        Assert.Null(sandbox.Kernel.Interfaces.Get("rom1"));
    }

    // Kernels with tunnel modules put their fallback devices into every namespace.
    private static bool IsOurs(string name) => name is "lo" || name.StartsWith("rom", StringComparison.Ordinal) || name.StartsWith("eth", StringComparison.Ordinal);

    /// <summary>`ip` prints neighbours of interfaces by name, so indexes beyond the namespace are left out on both sides; settings it does not print.</summary>
    private static void Same(Sandbox sandbox) => Assert.Equal(
        IpView.Interfaces(sandbox),
        sandbox.Kernel.Interfaces.List().Select(item => item with { Lower = null, LowerNamespace = null, Master = null, VlanId = null, V4 = null, V6 = null }));

    [Fact]
    public void A_group_goes_at_once_and_nothing_beside_it()
    {
        const uint group = 77;
        using var sandbox = Sandbox.WithPair();
        for (var i = 0; i < 3; i++)
        {
            sandbox.Kernel.Interfaces.AddVeth(new VethRequest(new VethEnd($"n{i}"), new VethEnd($"f{i}")));
            Assert.Equal(OutcomeKind.Set, sandbox.Kernel.Interfaces.Change(sandbox.Index($"n{i}"), new InterfaceChange { Group = group }).Kind);
        }

        Assert.Equal(group, sandbox.Interface("n1").Group);
        Assert.Equal(OutcomeKind.Removed, sandbox.Kernel.Interfaces.RemoveGroup(group).Kind);
        Assert.Equal(["lo", "va", "vb"], sandbox.Kernel.Interfaces.List().Select(one => one.Name).Order());
        Assert.Equal(OutcomeKind.Absent, sandbox.Kernel.Interfaces.RemoveGroup(group).Kind);
        Assert.Throws<ArgumentException>(() => sandbox.Kernel.Interfaces.RemoveGroup(0));
    }

    [Fact]
    public void An_interface_without_an_address_of_its_own_gets_none_when_it_is_set_up()
    {
        using var sandbox = Sandbox.Create();
        sandbox.Kernel.Interfaces.AddVeth(new VethRequest(new VethEnd("near"), new VethEnd("far")));
        Assert.Equal(OutcomeKind.Set, sandbox.Kernel.Interfaces.Change(sandbox.Index("near"), new InterfaceChange { HasNoOwnAddress = true }).Kind);
        Assert.Equal("1", Linux.Namespaces.Sysctl.Get(sandbox.Space, "net/ipv6/conf/near/addr_gen_mode"));
        Assert.Equal("0", Linux.Namespaces.Sysctl.Get(sandbox.Space, "net/ipv6/conf/far/addr_gen_mode"));
    }
}
