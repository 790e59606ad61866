using System.Collections.Immutable;
using Microsoft.Extensions.Logging.Abstractions;
using Romana.Ipam.Addressing;
using Romana.Node.Agent;
using Romana.Node.Linux;
using Romana.Node.Linux.Netlink.Records;
using Romana.Node.Planning;

namespace Romana.Node.Kernel.Tests.Fabric;

/// <summary>
/// A host of the lab as its owner sets it up (strict reverse-path checks, a FORWARD policy of DROP, kube-proxy's filter rules), and
/// what the agent makes of it.
/// </summary>
internal sealed class LabHost : IDisposable
{
    private const string PodMac = "ee:ee:ee:ee:ee:ee";

    // kube-proxy's rules of its iptables mode, as they stand on a node.
    private const string Kube = """
        *filter
        :INPUT ACCEPT [0:0]
        :FORWARD DROP [0:0]
        :OUTPUT ACCEPT [0:0]
        :KUBE-FORWARD - [0:0]
        -A FORWARD -m comment --comment "kubernetes forwarding rules" -j KUBE-FORWARD
        -A KUBE-FORWARD -m conntrack --ctstate INVALID -j DROP
        -A KUBE-FORWARD -m comment --comment "kubernetes forwarding rules" -m mark --mark 0x4000/0x4000 -j ACCEPT
        -A KUBE-FORWARD -m comment --comment "kubernetes forwarding conntrack rule" -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
        COMMIT

        """;

    private readonly List<PodFact> _pods = [];

    public LabHost(string name)
    {
        (Name, Node) = (name, new LabNode(name));
        Known = Knowledge(name);
    }

    public string Name { get; }

    public LabNode Node { get; }

    public FabricKnowledge Known { get; set; }

    public ImmutableArray<PodFact> Pods => [.. _pods];

    public KernelFabric Kernel => field ??= new KernelFabric(Node.Space);

    public KernelPass Agent => field ??= new KernelPass(Kernel, NullLogger.Instance);

    public void SetUp()
    {
        foreach (var (setting, value) in new[] { ("all/rp_filter", "0"), ("default/rp_filter", "1"), ("eth0/rp_filter", "1") }) Node.Set($"net/ipv4/conf/{setting}", value);
        var (a4, a6, subnet) = (LabPlan.Address(Name, IpFamily.IPv4), LabPlan.Address(Name, IpFamily.IPv6), LabPlan.Subnet(Name));
        Node.Ip($"""
            addr add {a4}/24 dev eth0
            addr add {a6}/64 dev eth0 nodad
            route add default via {LabPlan.Gateway(subnet, IpFamily.IPv4)}
            -6 route add default via {LabPlan.Gateway(subnet, IpFamily.IPv6)}
            link add nodelocal type bridge
            link set nodelocal up
            addr add 169.254.20.10/32 dev nodelocal
            addr add 169.254.170.23/32 dev nodelocal
            addr add fd00:ec2::23/128 dev nodelocal nodad
            """);
        Node.Forward();
        foreach (var program in new[] { "iptables", "ip6tables" }) Node.Run($"{program}-restore", "", Kube);
    }

    /// <summary>A pod's link as the plugin makes it.</summary>
    public void Plug(LabNode pod, int index = 2) => Adopt(pod, LabPlan.Pod(Name, IpFamily.IPv4, index), LabPlan.Pod(Name, IpFamily.IPv6, index));

    /// <summary>With addresses of whatever block.</summary>
    public void Adopt(LabNode pod, IpAddress a4, IpAddress a6)
    {
        var veth = $"rom{LabPlan.Number(Name)}{_pods.Count + 2}";
        Node.Plug(veth, pod, "eth0", MacAddress.Parse(PodMac));
        var mac = pod.Kernel.Interfaces.Get("eth0")!.Mac;
        pod.Ip($"""
            addr add {a4}/32 dev eth0
            addr add {a6}/128 dev eth0 nodad
            neigh replace 169.254.1.1 lladdr {PodMac} dev eth0 nud permanent
            route add 169.254.1.1 dev eth0 scope link
            route add default via 169.254.1.1 dev eth0
            -6 neigh replace fe80::1 lladdr {PodMac} dev eth0 nud permanent
            -6 route add default via fe80::1 dev eth0
            """);
        Node.Set($"net/ipv4/conf/{veth}/rp_filter", "1");
        Node.Ip($"""
            neigh replace {a4} lladdr {mac} dev {veth} nud permanent
            neigh replace {a6} lladdr {mac} dev {veth} nud permanent
            route add {a4}/32 dev {veth} proto 82 src {LabPlan.Address(Name, IpFamily.IPv4)}
            -6 route add {a6}/128 dev {veth} proto 82 src {LabPlan.Address(Name, IpFamily.IPv6)}
            """);
        _pods.Add(new PodFact(veth, [a4, a6]));
    }

    /// <summary>One pass of the agent; everything is read.</summary>
    public KernelWord Settle()
    {
        Kernel.ForgetTable();
        Kernel.ForgetForward();
        return Agent.Run(new(Known), Pods);
    }

    public void Dispose()
    {
        Kernel.Dispose();
        Node.Dispose();
    }

    private static FabricKnowledge Knowledge(string name) => new()
    {
        OwnAddresses = [.. LabPlan.Families.Select(family => LabPlan.Address(name, family))],
        Networks =
        [
            new("pods", LabPlan.Pods4, true, true, [Cidr.Parse("198.51.100.0/24")]),
            new("pods6", LabPlan.Pods6, true, true, [Cidr.Parse("2001:db8:fe::/64")]),
        ],
        LinkGroups = [.. LabPlan.Families.Select(family => LabPlan.Group(LabPlan.Subnet(name), family))],
        OwnBlocks = [.. LabPlan.Families.Select(family => LabPlan.Block(name, family))],
        Peers = [.. LabPlan.Hosts.Where(other => other != name).Select(other => new PeerHost(other,
            [.. LabPlan.Families.Select(family => LabPlan.Address(other, family))], [.. LabPlan.Families.Select(family => LabPlan.Block(other, family))]))],
        HostAddresses = [.. from host in LabPlan.Hosts from family in LabPlan.Families select LabPlan.Address(host, family)],
    };
}
