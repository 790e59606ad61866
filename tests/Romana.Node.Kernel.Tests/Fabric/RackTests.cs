using Microsoft.Extensions.Logging.Abstractions;
using Romana.Ipam.Addressing;
using Romana.Node.Agent;
using Romana.Node.Linux;
using Romana.Node.Linux.Netlink.Records;
using Romana.Node.Planning;

namespace Romana.Node.Kernel.Tests.Fabric;

/// <summary>Hosts of a rack: the host's address is on lo, and two uplinks lead to the other, of which the kernel takes either (ECMP).</summary>
public sealed class RackTests : IDisposable
{
    private static readonly Cidr Group = Cidr.Parse("10.244.0.0/24");

    private readonly List<IDisposable> _owned = [];

    public void Dispose()
    {
        foreach (var one in Enumerable.Reverse(_owned)) one.Dispose();
    }

    [Fact]
    public async Task A_neighbours_block_is_reached_by_every_uplink_that_the_kernel_has_to_it()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "making network namespaces takes root");
        var (one, two) = (Own(new LabNode("r1")), Own(new LabNode("r2")));
        foreach (var uplink in new[] { "eth0", "eth1" }) one.Plug(uplink, two, uplink);
        foreach (var (host, number, peer) in new[] { (one, 1, 2), (two, 2, 1) })
        {
            foreach (var setting in new[] { "all", "eth0", "eth1" }) host.Set($"net/ipv4/conf/{setting}/rp_filter", "0");
            host.Ip($"""
                addr add 10.0.1.{number}/32 dev lo
                addr add 192.0.2.{number}/24 dev eth0
                addr add 198.51.100.{number}/24 dev eth1
                route add 10.0.1.{peer}/32 nexthop dev eth0 nexthop dev eth1
                route add default nexthop via 192.0.2.254 dev eth0 nexthop via 198.51.100.254 dev eth1
                """);
        }

        var (first, second) = (Pass(one, 1, 2), Pass(two, 2, 1));
        var (a, b) = (Pod(one, 1), Pod(two, 2));
        Assert.Equal(["", ""], new[] { first, second }.Select(host => string.Join("; ", host().Troubles)));
        var route = Assert.Single(one.Kernel.Routes.List(), route => route.Table == RouteTables.Main && route.Destination == Block(2));
        Assert.Equal($"via 10.0.1.2 dev {one.Index("eth0")} onlink, via 10.0.1.2 dev {one.Index("eth1")} onlink", string.Join(", ", route.Hops));
        Assert.Equal(2, one.Kernel.Rules.List(IpFamily.IPv4).Count(rule => rule.Priority == 500));
        Assert.Equal(Pod(1).ToString(), (await a.AskAsync(Pod(2))).Peer);
        Assert.True(first().IsSettled);

        one.Ip("route replace 10.0.1.2/32 dev eth1");
        Assert.NotEmpty(first().Made);
        Assert.Equal(Pod(2).ToString(), (await b.AskAsync(Pod(1))).Peer);

        // Behind a gateway it is a neighbour no more: what pods send takes main's default.
        one.Ip("route replace 10.0.1.2/32 via 198.51.100.254 dev eth1");
        first();
        Assert.DoesNotContain(one.Kernel.Routes.List(), other => other.Destination == Block(2));
        Assert.True(first().IsSettled);
    }

    private Func<KernelWord> Pass(LabNode node, int number, int peer)
    {
        var kernel = Own(new KernelFabric(node.Space));
        var pass = new KernelPass(kernel, NullLogger.Instance);
        var known = new FabricKnowledge
        {
            OwnAddresses = [IpAddress.Parse($"10.0.1.{number}")],
            Networks = [new("pods", Group, false, false, [])],
            LinkGroups = [Group],
            OwnBlocks = [Block(number)],
            Peers = [new PeerHost($"r{peer}", [IpAddress.Parse($"10.0.1.{peer}")], [Block(peer)])],
        };
        return () => pass.Run(new(known), [new PodFact("rom1", [Pod(number)])]);
    }

    private LabNode Pod(LabNode host, int number)
    {
        var pod = Own(new LabNode($"p{number}"));
        host.Plug("rom1", pod, "eth0");
        pod.Ip($"addr add {Pod(number)}/32 dev eth0\nroute add 169.254.1.1 dev eth0 scope link\nroute add default via 169.254.1.1 dev eth0\nneigh replace 169.254.1.1 lladdr {host.Kernel.Interfaces.Get("rom1")!.Mac} dev eth0 nud permanent");
        host.Ip($"route add {Pod(number)}/32 dev rom1 proto 82");
        return pod;
    }

    private static Cidr Block(int number) => Group.Slice(26, (UInt128)(number - 1));

    private static IpAddress Pod(int number) => Block(number).First.Plus(2);

    private T Own<T>(T one)
        where T : IDisposable
    {
        _owned.Add(one);
        return one;
    }
}
