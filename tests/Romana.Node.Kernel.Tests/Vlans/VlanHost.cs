using System.Collections.Immutable;
using Microsoft.Extensions.Logging.Abstractions;
using Romana.Ipam.Addressing;
using Romana.Node.Agent;
using Romana.Node.Kernel.Tests.Fabric;
using Romana.Node.Linux.Netlink.Records;
using Romana.Node.Planning;
using Romana.Node.Planning.Vlans;

namespace Romana.Node.Kernel.Tests.Vlans;

/// <summary>A host of the lab with its pods' links as the plugin makes them, and the loop over its VLANs.</summary>
internal sealed class VlanHost(string name, int octet) : IDisposable
{
    private const string PodMac = "ee:ee:ee:ee:ee:ee";

    private readonly List<PodFact> _pods = [];

    public string Name => name;

    public LabNode Node { get; } = new(name);

    public VlanLoop Loop => field ??= new VlanLoop(Node.Space, TimeProvider.System, NullLogger.Instance);

    public IpAddress Management => IpAddress.Parse($"10.0.0.{octet + 9}");

    public VlanKnowledge Known => new()
    {
        HostAddresses = [Management],
        Networks = [.. from number in VlanLab.Numbers
                       from family in VlanLab.Families
                       select new VlanNetwork
                       {
                           Name = $"vlan{number}-{family}",
                           Cidr = VlanLab.Network(number, family),
                           Id = number,
                           Interface = $"v{number}",
                           Gateway = VlanLab.In(number, 1, family),
                           NodeAddress = VlanLab.In(number, octet, family),
                           OwnBlocks = [VlanLab.Block(number, octet, family)],
                           OtherBlocks = [new(VlanLab.Block(number, Other, family), VlanLab.In(number, Other, family))],
                       }],
    };

    private int Other => octet == 2 ? 3 : 2;

    public void SetUp(VlanLab _)
    {
        Node.Set("net/ipv4/conf/all/rp_filter", "0");
        Node.Set("net/ipv4/conf/default/rp_filter", "2");
        Node.Ip($"addr add {Management}/24 dev eth0\nroute add default via 10.0.0.1");
        Node.Forward();
    }

    public void Plug(LabNode pod, ImmutableArray<IpAddress> addresses)
    {
        var veth = $"rom{pod.Name}";
        Node.Plug(veth, pod, "eth0", MacAddress.Parse(PodMac));
        var mac = pod.Kernel.Interfaces.Get("eth0")!.Mac;
        pod.Ip($"""
            addr add {addresses[0]}/32 dev eth0
            addr add {addresses[1]}/128 dev eth0 nodad
            neigh replace 169.254.1.1 lladdr {PodMac} dev eth0 nud permanent
            route add 169.254.1.1 dev eth0 scope link
            route add default via 169.254.1.1 dev eth0
            -6 neigh replace fe80::1 lladdr {PodMac} dev eth0 nud permanent
            -6 route add default via fe80::1 dev eth0
            """);
        Node.Set($"net/ipv4/conf/{veth}/rp_filter", "1");
        Node.Ip(string.Join('\n', addresses.Select(address => $"neigh replace {address} lladdr {mac} dev {veth} nud permanent")));
        _pods.Add(new PodFact(veth, addresses));
    }

    /// <summary>Passes until there is nothing to do.</summary>
    public VlanWord Settle()
    {
        Loop.Learn(Known, [.. _pods]);
        for (var turn = 0; turn < 5; turn++)
        {
            var word = Loop.Pass() ?? throw new InvalidOperationException("the pass failed");
            if (word.IsSettled) return word;
        }

        throw new InvalidOperationException($"{Name} does not settle: {string.Join("; ", Loop.Last!.Made)}; {string.Join("; ", Loop.Last.Troubles)}");
    }

    /// <summary>
    /// Packets that went from a pod's interface straight to one of another VLAN. Of what one VLAN's pods send, the host may
    /// only see the other's addresses on their way to the gateway, or from it.
    /// </summary>
    public long Shortcuts() => Node.Crossed((way, outward) =>
        way.StartsWith("rom", StringComparison.Ordinal) && outward.StartsWith("rom", StringComparison.Ordinal) && way[..6] != outward[..6]);

    /// <summary>Everything of ours, by the system's own tools.</summary>
    public string Dump() => string.Join('\n',
        Node.Run("ip", "rule show"), Node.Run("ip", "-6 rule show"), Routes(), Node.Run("ip", "neigh show proxy"), Node.Run("ip", "-6 neigh show proxy"),
        Node.Run("nft", "-s list ruleset"), Node.Run("ip", "-br -4 addr show"), Node.Run("ip", "-br -6 addr show scope global"));

    public void Dispose()
    {
        Loop.Dispose();
        Node.Dispose();
    }

    private string Routes() => string.Join('\n', Node.Kernel.Routes.List(new RouteFilter { Protocol = RouteProtocols.Romana })
        .Select(route => route.ToString()).Order(StringComparer.Ordinal));
}
