using System.Collections.Immutable;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging.Abstractions;
using Romana.Ipam.Addressing;
using Romana.Node.Agent;
using Romana.Node.Kernel.Tests.Fabric;
using Romana.Node.Linux;
using Romana.Node.Linux.Netlink.Records;
using Romana.Node.Linux.Nftables;
using Romana.Node.Planning;
using Romana.Node.Planning.Vlans;

namespace Romana.Node.Kernel.Tests.Vlans;

/// <summary>A host of the lab with its pods' links as the plugin makes them, and the loop over its VLANs.</summary>
internal sealed partial class VlanHost(string name, int octet) : IDisposable
{
    private const string PodMac = "ee:ee:ee:ee:ee:ee";

    private readonly List<PodFact> _pods = [];
    private readonly Dictionary<string, int> _vlans = [];

    public string Name => name;

    public LabNode Node { get; } = new(name);

    /// <summary>One pass at a time, on this test's word.</summary>
    public KernelPass Pass => field ??= new KernelPass(Kernel, NullLogger.Instance);

    public KernelFabric Kernel => field ??= new KernelFabric(Node.Space);

    public ImmutableArray<PodFact> Pods => [.. _pods];

    public int Octet => octet;

    /// <summary>What others manage the machine by.</summary>
    public IpAddress Address => IsInside ? VlanLab.In(10, octet, IpFamily.IPv4) : Management;

    /// <summary>An agent gives it the first address of its block; else the test does.</summary>
    public bool IsServed { get; init; }

    /// <summary>The node's own in a VLAN.</summary>
    public IpAddress Own(int vlan, IpFamily family) =>
        IsServed && !(IsInside && vlan == 10 && family == IpFamily.IPv4) ? VlanLab.Block(vlan, octet, family).First : VlanLab.In(vlan, octet, family);

    public IpAddress ManagementOf(IpFamily family) => family == IpFamily.IPv4 ? Management : IpAddress.Parse($"fd00:99::{octet + 9}");

    public IpAddress Management => IpAddress.Parse($"10.0.0.{octet + 9}");

    /// <summary>The machine's main address is its address in VLAN 10, and was there first.</summary>
    public bool IsInside { get; init; }

    public KernelKnowledge Known => new(new FabricKnowledge { OwnAddresses = Vlans.HostAddresses }, Vlans);

    private VlanKnowledge Vlans => new()
    {
        HostAddresses = [Address],
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

    public void SetUp()
    {
        Node.Set("net/ipv4/conf/all/rp_filter", "0");
        Node.Set("net/ipv4/conf/default/rp_filter", "2");
        Node.Ip(IsInside ? $"addr add {VlanLab.In(10, octet, IpFamily.IPv4)}/24 dev v10\nroute add default via {VlanLab.In(10, 1, IpFamily.IPv4)}"
            : $"addr add {Management}/24 dev eth0\nroute add default via 10.0.0.1\n-6 addr add {ManagementOf(IpFamily.IPv6)}/64 dev eth0 nodad\n-6 route add default via {VlanLab.Outside(IpFamily.IPv6)}");
        Node.Forward();
    }

    public void Plug(LabNode pod, int vlan, ImmutableArray<IpAddress> addresses)
    {
        var veth = $"rom{pod.Name}";
        Adopt(veth, vlan);
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

    /// <summary>The host's end of a pod's link.</summary>
    public void Adopt(string veth, int vlan) => _vlans[veth] = vlan;

    /// <summary>Null: no pod's link.</summary>
    public int? VlanOf(string veth) => _vlans.TryGetValue(veth, out var vlan) ? vlan : null;

    /// <summary>Passes until there is nothing to do.</summary>
    public KernelWord Settle()
    {
        KernelWord? word = null;
        for (var turn = 0; turn < 5; turn++)
        {
            Kernel.ForgetTable();
            word = Pass.Run(Known, Pods);
            if (word.IsSettled) return word;
        }

        throw new InvalidOperationException($"{Name} does not settle: {string.Join("; ", word!.Made)}; {string.Join("; ", word.Troubles)}");
    }

    /// <summary>
    /// Packets that went from a pod's interface straight to one of another VLAN. Of what one VLAN's pods send, the host may
    /// only see the other's addresses on their way to the gateway, or from it.
    /// </summary>
    public long Shortcuts() => Node.Crossed((way, outward) =>
        _vlans.TryGetValue(way, out var from) && _vlans.TryGetValue(outward, out var to) && from != to);

    /// <summary>Everything of ours, by the system's own tools. The kernel's order among equals is nobody's.</summary>
    public string Dump() => string.Join('\n',
        Sorted(Node.Run("ip", "rule show")), Sorted(Node.Run("ip", "-6 rule show")), Routes(), Sorted(Node.Run("ip", "neigh show proxy")), Sorted(Node.Run("ip", "-6 neigh show proxy")),
        Elements().Replace(OurTable().Match(Node.Run("nft", "-s list ruleset")).Value, found => Sorted(found.Groups[1].Value, ',')),
        Node.Run("ip", "-br -4 addr show"), Node.Run("ip", "-br -6 addr show scope global"));

    /// <summary>Everything of the host's, whoever made it, by the system's own tools.</summary>
    public string Everything()
    {
        Node.Forget();
        return string.Join('\n',
            Node.Run("ip", "rule show"), Node.Run("ip", "-6 rule show"), Sorted(Node.Run("ip", "route show table all")), Sorted(Node.Run("ip", "-6 route show table all")),
            Node.Run("ip", "-br link show"), Node.Run("ip", "-br -4 addr show"), Node.Run("ip", "-br -6 addr show scope global"),
            Node.Run("ip", "neigh show proxy"), Node.Run("ip", "-6 neigh show proxy"),
            Node.Run("nft", "-s list ruleset"), Node.Run("iptables", "-S"), Node.Run("ip6tables", "-S"));
    }

    /// <summary>The same in a few milliseconds, by our own reader.</summary>
    public string Glance()
    {
        var kernel = Node.Kernel;
        var table = Node.Nft.Read("list table inet romana") is NftAnswer.Done done ? NftListing.Read(done.Output) : null;
        var sets = table?.Sets.Select(set => $"{set.Key}: {string.Join(", ", set.Value)}") ?? [];
        return string.Join('\n',
        [
            .. kernel.Rules.List().Select(rule => $"{rule}").Order(StringComparer.Ordinal), Routes(), table?.Print, .. sets.Order(StringComparer.Ordinal),
            .. kernel.Neighbours.ListProxies().Select(proxy => $"{proxy}").Order(StringComparer.Ordinal),
            .. kernel.Addresses.List().Where(address => address.Scope == Scope.Global).Select(address => $"{address}").Order(StringComparer.Ordinal),
        ]);
    }

    public void Dispose()
    {
        Kernel.Dispose();
        Node.Dispose();
    }

    private static string Sorted(string text, char between = '\n') =>
        string.Join(between, text.Split(between).Select(part => part.Trim()).Order(StringComparer.Ordinal));

    [GeneratedRegex(@"elements = \{([^}]*)\}")]
    private static partial Regex Elements();

    // It ends where a line begins with a brace.
    [GeneratedRegex(@"table inet romana \{.*?\n\}", RegexOptions.Singleline)]
    private static partial Regex OurTable();

    private string Routes() => string.Join('\n', Node.Kernel.Routes.List(new RouteFilter { Protocol = RouteProtocols.Romana })
        .Select(route => route.ToString()).Order(StringComparer.Ordinal));
}
