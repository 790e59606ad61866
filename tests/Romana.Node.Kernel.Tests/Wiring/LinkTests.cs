using System.Collections.Immutable;
using Romana.Ipam.Addressing;
using Romana.Node.Cni;
using Romana.Node.Linux.Namespaces;
using Romana.Node.Linux.Netlink;
using Romana.Node.Linux.Netlink.Records;
using Romana.Node.Linux.Wiring;

namespace Romana.Node.Kernel.Tests.Wiring;

/// <summary>What a pod's link is made of, as `ip` shows it.</summary>
public sealed class LinkTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Both_ends_have_all_that_was_asked_for_and_no_more()
    {
        await using var host = WiredHost.Create();
        var (_, wired, pod) = await host.PlugAsync("web", "10.0.0.8 fd00:10::8", mtu: 1400);
        var near = host.Host.Interface(wired.HostInterface);
        Assert.Equal("romana web eth0 10.0.0.8 fd00:10::8", near.Alias);
        Assert.Equal((1400, true, "ee:ee:ee:ee:ee:ee"), (near.Mtu, near.IsUp, near.Mac.ToString()));
        Assert.DoesNotContain(IpView.Addresses(host.Host), address => address.Interface == near.Index);
        Assert.Equal(
            [
                $"10.0.0.8 dev {near.Name} scope link",
                $"fd00:10::8 dev {near.Name} metric 1024 pref medium",
            ],
            Lines(host.Host.Ip("-4 route show table main proto 82") + host.Host.Ip("-6 route show table main proto 82")));
        Assert.Equal(
            [
                $"10.0.0.8 dev {near.Name} lladdr {wired.PodMac} PERMANENT proto 82",
                $"fd00:10::8 dev {near.Name} lladdr {wired.PodMac} PERMANENT proto 82",
            ],
            Lines(host.Host.Ip("neigh show nud permanent")).Order());

        Assert.Equal(1400, pod.Interface("eth0").Mtu);
        Assert.Equal(["default via 169.254.1.1 dev eth0 proto 82 onlink mtu 1400"], Lines(pod.Ip("-4 route show table main")));
        Assert.Contains("default via fe80::1 dev eth0 proto 82 metric 1024 mtu 1400 pref medium", Lines(pod.Ip("-6 route show table main")));
        Assert.Equal(["10.0.0.8/32", "fd00:10::8/128"], IpView.Addresses(pod).Where(one => one.Scope == Scope.Global).Select(one => $"{one.Address}/{one.Length}"));
        Assert.DoesNotContain(IpView.Addresses(pod), address => address.Flags.HasFlag(AddressFlags.Tentative));
        Assert.Equal(
            ["169.254.1.1 dev eth0 lladdr ee:ee:ee:ee:ee:ee PERMANENT proto 82", "fe80::1 dev eth0 lladdr ee:ee:ee:ee:ee:ee PERMANENT proto 82"],
            Lines(pod.Ip("neigh show nud permanent")).Order());
    }

    [Theory]
    [InlineData("net/ipv4/conf/{0}/rp_filter", "1")]
    [InlineData("net/ipv4/conf/{0}/forwarding", "1")]
    [InlineData("net/ipv6/conf/{0}/accept_ra", "0")]
    [InlineData("net/ipv6/conf/{0}/addr_gen_mode", "1")]
    public async Task A_pod_gets_no_hold_of_its_host(string setting, string value)
    {
        await using var host = WiredHost.Create();

        // As an EC2 host has it, whose own way out comes by router advertisement.
        Sysctl.Set(host.Host.Space, "net/ipv6/conf/default/accept_ra", "2");
        Sysctl.Set(host.Host.Space, "net/ipv6/conf/default/addr_gen_mode", "0");
        Sysctl.Set(host.Host.Space, "net/ipv4/conf/default/forwarding", "0");
        var (_, wired, _) = await host.PlugAsync("web", "10.0.0.8 fd00:10::8");
        Assert.Equal(value, Sysctl.Get(host.Host.Space, string.Format(setting, wired.HostInterface)));
    }

    [Fact]
    public async Task A_pod_whose_IPv6_was_switched_off_gets_it_for_its_address()
    {
        await using var host = WiredHost.Create();
        var path = host.Pods.New();
        Sysctl.Set(host.Pods[path].Space, "net/ipv6/conf/default/disable_ipv6", "1");
        Sysctl.Set(host.Host.Space, "net/ipv6/conf/default/disable_ipv6", "1");
        var link = WiredHost.Link("web", path, "fd00:10::8");
        await host.Wiring.PlugAsync(link, Cancel);
        Assert.Null(await host.Wiring.CheckAsync(link, Cancel));
    }

    [Fact]
    public async Task The_terms_say_which_tables_lead_there_and_what_the_host_calls_with()
    {
        ImmutableArray<uint> tables = [1100, 999];
        var said = new List<string>();
        await using var host = WiredHost.Create(new LinkTerms
        {
            WayOf = address => address.Family == IpFamily.IPv4 ? new PodWay([RouteTables.Main], IpAddress.Parse(WiredHost.Uplink4)) : new PodWay(tables, null),
            Admit = (name, addresses) => said.Add($"admit {name} {string.Join(' ', addresses)}"),
            Dismiss = (name, addresses) => said.Add($"dismiss {name} {string.Join(' ', addresses)}"),
        });
        var (link, wired, _) = await host.PlugAsync("web", "10.0.0.8 fd00:10::8");
        Assert.Equal([$"10.0.0.8 dev {wired.HostInterface} scope link src 10.9.0.1"], Lines(host.Host.Ip("-4 route show table all proto 82")));
        Assert.Equal(tables.Order(), IpView.Routes(host.Host).Where(route => route.Destination == Cidr.Parse("fd00:10::8/128")).Select(route => route.Table).Order());
        Assert.Null(await host.Wiring.CheckAsync(link, Cancel));
        await host.UnplugAsync(link);
        Assert.DoesNotContain(IpView.Routes(host.Host), route => route.Protocol == RouteProtocols.Romana);
        Assert.Equal([$"admit {wired.HostInterface} 10.0.0.8 fd00:10::8", $"dismiss {wired.HostInterface} 10.0.0.8 fd00:10::8"], said);
    }

    [Fact]
    public async Task A_pod_that_has_a_way_out_already_is_refused_and_left_as_it_was()
    {
        await using var host = WiredHost.Create();
        var before = host.Dump();
        var path = host.Pods.New();
        host.Pods[path].Ip("link add other type veth peer name far");
        host.Pods[path].Ip("link set other up");
        host.Pods[path].Ip("route add default dev other");
        var fault = await Assert.ThrowsAsync<WiringException>(() => host.Wiring.PlugAsync(WiredHost.Link("web", path, "10.0.0.8"), Cancel));
        Assert.Contains("a route to 0.0.0.0/0 that is not ours", fault.Message);
        Assert.Null(host.Pods[path].Kernel.Interfaces.Get("eth0"));
        Assert.Equal(before, host.Dump());
    }

    [Fact]
    public async Task R2_an_interface_of_anothers_with_our_name_is_not_touched()
    {
        await using var host = WiredHost.Create();
        var name = new LinkPlan(new("web", "eth0"), []).HostInterface;
        host.Host.Ip($"link add {name} type bridge");
        var before = host.Dump();
        var fault = await Assert.ThrowsAsync<WiringException>(() => host.PlugAsync("web", "10.0.0.8"));
        Assert.Contains($"{name} is in the way", fault.Message);
        await host.Wiring.UnplugAsync(new("web", "eth0"), [], Cancel);
        await host.RestartAsync();
        Assert.Equal(before, host.Dump());
    }

    [Fact]
    public async Task A_container_id_that_cannot_be_marked_is_refused()
    {
        await using var host = WiredHost.Create();
        var before = host.Dump();
        var fault = await Assert.ThrowsAsync<WiringException>(() => host.PlugAsync(new string('x', 250), "10.0.0.8"));
        Assert.Contains("250 characters", fault.Message);
        Assert.Equal(before, host.Dump());
    }

    private static string[] Lines(string text) =>
        [.. text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Trim())];
}
