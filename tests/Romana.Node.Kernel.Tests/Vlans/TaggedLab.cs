using System.Collections.Immutable;
using Microsoft.Extensions.Logging.Abstractions;
using Romana.Ipam.Addressing;
using Romana.Node.Agent;
using Romana.Node.Kernel.Tests.Fabric;
using Romana.Node.Linux.Netlink.Records;
using Romana.Node.Planning;
using Romana.Node.Planning.Vlans;

namespace Romana.Node.Kernel.Tests.Vlans;

/// <summary>
/// Two VLANs on one switch that knows tags and passes nothing without one; two hosts and a gateway, each with a trunk. The
/// agent's loop on each host makes the tagged interfaces. "p10a" and "p20a" are on h1, "p10c" and "p20c" on h2.
/// </summary>
internal sealed class TaggedLab : IAsyncDisposable
{
    private const string Trunk = "trunk", PodMac = "ee:ee:ee:ee:ee:ee";

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _running = [];
    private readonly Dictionary<string, LabNode> _pods = [];

    public LabNode Switch { get; } = new("switch");

    public LabNode Gateway { get; } = new("gateway");

    public LabNode First { get; } = new("h1");

    public LabNode Second { get; } = new("h2");

    public KernelLoop Loop { get; private set; } = null!;

    public LabNode this[string pod] => _pods[pod];

    public static async Task<TaggedLab> RunningAsync()
    {
        var lab = new TaggedLab();
        try
        {
            lab.BuildSwitch();
            lab.BuildGateway();
            lab.Loop = await lab.StartAsync(lab.First, 2, 3, "p10a", "p20a");
            await lab.StartAsync(lab.Second, 3, 2, "p10c", "p20c");
            return lab;
        }
        catch
        {
            await lab.DisposeAsync();
            throw;
        }
    }

    public static IpAddress Address(string pod, IpFamily family) =>
        VlanLab.In(int.Parse(pod[1..3]), pod.EndsWith('a') ? 65 : 81, family);

    /// <summary>An answer came; and the packets that the gateway forwarded for it, there and back.</summary>
    public async Task<(bool Answered, long Forwarded)> CallAsync(string from, string to, IpFamily family)
    {
        long Count() => Gateway.Seen(Address(from, family), Address(to, family)) + Gateway.Seen(Address(to, family), Address(from, family));
        var before = Count();
        var answer = await this[from].AskAsync(Address(to, family), limit: TimeSpan.FromSeconds(10));
        return (answer.Peer is not null, Count() - before);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        foreach (var running in _running) await running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        foreach (var node in _pods.Values.Concat([First, Second, Gateway, Switch])) node.Dispose();
        _stop.Dispose();
    }

    private void BuildSwitch()
    {
        Switch.Ip("""
            link add br0 address 02:00:00:00:00:10 type bridge forward_delay 0 mcast_snooping 0 vlan_filtering 1 vlan_default_pvid 0
            link set br0 up
            link add brm address 02:00:00:00:00:99 type bridge forward_delay 0 mcast_snooping 0
            link set brm up
            """);
        foreach (var node in (LabNode[])[Gateway, First, Second])
        {
            Switch.Plug($"{node.Name}t", node, Trunk);
            Switch.Plug($"{node.Name}m", node, "eth0");
            Switch.Ip($"link set {node.Name}t master br0\nlink set {node.Name}m master brm");
            foreach (var number in VlanLab.Numbers) Switch.Run("bridge", $"vlan add dev {node.Name}t vid {number}");
        }
    }

    private void BuildGateway()
    {
        Gateway.Forward();
        foreach (var number in VlanLab.Numbers)
        {
            Gateway.Ip($"link add link {Trunk} name v{number} type vlan id {number}\nlink set v{number} up");
            Gateway.Set($"net/ipv4/conf/v{number}/send_redirects", "0");
            foreach (var family in VlanLab.Families)
                Gateway.Ip($"addr add {VlanLab.In(number, 1, family)}/{VlanLab.Network(number, family).Length} dev v{number}{(family == IpFamily.IPv6 ? " nodad" : "")}");
        }

        Gateway.Set("net/ipv4/conf/all/send_redirects", "0");
    }

    private async Task<KernelLoop> StartAsync(LabNode host, int octet, int other, params string[] pods)
    {
        var management = IpAddress.Parse($"10.0.0.{octet + 9}");
        host.Set("net/ipv4/conf/all/rp_filter", "0");
        host.Set("net/ipv4/conf/default/rp_filter", "2");
        host.Ip($"addr add {management}/24 dev eth0");
        host.Forward();
        var loop = new KernelLoop(host.Space, TimeProvider.System, NullLogger.Instance);
        foreach (var pod in pods) loop.Admit(Plug(host, pod));
        loop.Learn(new KernelKnowledge(new FabricKnowledge { OwnAddresses = [management] }, Known(octet, other, management)));
        _running.Add(RunAsync(loop));
        using var limit = new CancellationTokenSource(Limit);
        for (var quiet = 0; quiet < 2;) quiet = (await loop.SettleAsync(limit.Token)).IsSettled ? quiet + 1 : 0;
        return loop;
    }

    private Task RunAsync(KernelLoop loop) => Task.Run(async () =>
    {
        using (loop) await loop.RunAsync(_stop.Token);
    });

    private PodFact Plug(LabNode host, string name)
    {
        var (veth, pod) = ($"rom{name}", new LabNode(name));
        _pods.Add(name, pod);
        host.Plug(veth, pod, "eth0", MacAddress.Parse(PodMac));
        var mac = pod.Kernel.Interfaces.Get("eth0")!.Mac;
        ImmutableArray<IpAddress> addresses = [.. VlanLab.Families.Select(family => Address(name, family))];
        pod.Ip($"""
            addr add {addresses[0]}/32 dev eth0
            addr add {addresses[1]}/128 dev eth0 nodad
            neigh replace 169.254.1.1 lladdr {PodMac} dev eth0 nud permanent
            route add 169.254.1.1 dev eth0 scope link
            route add default via 169.254.1.1 dev eth0
            -6 neigh replace fe80::1 lladdr {PodMac} dev eth0 nud permanent
            -6 route add default via fe80::1 dev eth0
            """);
        host.Set($"net/ipv4/conf/{veth}/rp_filter", "1");
        host.Ip(string.Join('\n', addresses.Select(address => $"neigh replace {address} lladdr {mac} dev {veth} nud permanent")));
        return new PodFact(veth, addresses);
    }

    private static VlanKnowledge Known(int octet, int other, IpAddress management) => new()
    {
        Trunk = Trunk,
        HostAddresses = [management],
        Networks = [.. from number in VlanLab.Numbers
                       from family in VlanLab.Families
                       select new VlanNetwork
                       {
                           Name = $"vlan{number}-{family}",
                           Cidr = VlanLab.Network(number, family),
                           Id = number,
                           Gateway = VlanLab.In(number, 1, family),
                           NodeAddress = VlanLab.In(number, octet, family),
                           OwnBlocks = [VlanLab.Block(number, octet, family)],
                           OtherBlocks = [new(VlanLab.Block(number, other, family), VlanLab.In(number, other, family))],
                       }],
    };
}
