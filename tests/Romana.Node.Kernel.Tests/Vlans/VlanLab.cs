using System.Collections.Immutable;
using Romana.Ipam.Addressing;
using Romana.Node.Kernel.Tests.Fabric;
using Romana.Node.Linux.Netlink.Records;

namespace Romana.Node.Kernel.Tests.Vlans;

/// <summary>
/// Two VLANs (10 and 20), each a switch; two hosts with a plain interface in each; a gateway that counts what it forwards;
/// a management network; six pods. "p10a" is of VLAN 10 on h1, "p20c" of VLAN 20 on h2.
/// </summary>
internal sealed class VlanLab : IDisposable
{
    public static readonly ImmutableArray<int> Numbers = [10, 20];

    public static readonly ImmutableArray<IpFamily> Families = [IpFamily.IPv4, IpFamily.IPv6];

    private static readonly (string Pod, string Host, int Vlan, int Octet)[] Layout =
        [("p10a", "h1", 10, 65), ("p10b", "h1", 10, 66), ("p20a", "h1", 20, 65), ("p20b", "h1", 20, 66), ("p10c", "h2", 10, 81), ("p20c", "h2", 20, 81)];

    private readonly Dictionary<string, LabNode> _pods = [];

    private VlanLab(bool isInside, bool isServed) =>
        Hosts = [new VlanHost("h1", 2) { IsInside = isInside, IsServed = isServed }, new VlanHost("h2", 3) { IsServed = isServed }];

    public static IEnumerable<string> Pods => Layout.Select(item => item.Pod);

    public LabNode Switch { get; } = new("switch");

    public LabNode Gateway { get; } = new("gateway");

    public ImmutableArray<VlanHost> Hosts { get; }

    public LabNode this[string pod] => _pods[pod];

    /// <param name="isInside">h1 is managed by its address in VLAN 10.</param>
    /// <param name="isServed">An agent takes its first address of each block for its host, and its plugin makes the pods' links.</param>
    public static VlanLab Create(bool isInside = false, bool isServed = false)
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "making network namespaces takes root");
        var lab = new VlanLab(isInside, isServed);
        try
        {
            lab.BuildSwitches();
            lab.BuildGateway();
            foreach (var host in lab.Hosts)
            {
                host.SetUp();
                foreach (var item in Layout.Where(item => item.Host == host.Name))
                {
                    var pod = new LabNode(item.Pod);
                    lab._pods.Add(item.Pod, pod);
                    if (!isServed) host.Plug(pod, item.Vlan, [.. Families.Select(family => Address(item.Pod, family))]);
                }
            }

            return lab;
        }
        catch
        {
            lab.Dispose();
            throw;
        }
    }

    public static int VlanOf(string pod) => Layout.Single(item => item.Pod == pod).Vlan;

    /// <summary>Where the pod runs.</summary>
    public VlanHost Host(string pod) => Hosts.Single(host => host.Name == Layout.Single(item => item.Pod == pod).Host);

    public static IpAddress Address(string pod, IpFamily family)
    {
        var item = Layout.Single(item => item.Pod == pod);
        return In(item.Vlan, item.Octet, family);
    }

    public static IpAddress In(int vlan, int octet, IpFamily family) =>
        IpAddress.Parse(family == IpFamily.IPv4 ? $"192.168.{vlan}.{octet}" : $"fd00:{vlan}::{octet:x}");

    /// <summary>The gateway's on the management network, from where it calls hosts as anybody outside would.</summary>
    public static IpAddress Outside(IpFamily family) => IpAddress.Parse(family == IpFamily.IPv4 ? "10.0.0.1" : "fd00:99::1");

    public static Cidr Network(int vlan, IpFamily family) => Cidr.Parse(family == IpFamily.IPv4 ? $"192.168.{vlan}.0/24" : $"fd00:{vlan}::/64");

    /// <summary>Of the host whose node address ends so: 16 addresses.</summary>
    public static Cidr Block(int vlan, int host, IpFamily family) => Cidr.Around(In(vlan, host == 2 ? 64 : 80, family), family == IpFamily.IPv4 ? 28 : 124);

    /// <summary>Packets that the gateway forwarded from one pod to the other.</summary>
    public long ThroughGateway(string from, string to, IpFamily family) => Gateway.Seen(Address(from, family), Address(to, family));

    /// <summary>An answer came; and the packets that the gateway forwarded for it, there and back.</summary>
    public async Task<(bool Answered, long Forwarded)> CallAsync(string from, string to, IpFamily family, TimeSpan? limit = null)
    {
        long Count() => ThroughGateway(from, to, family) + ThroughGateway(to, from, family);
        var before = Count();
        var answer = await this[from].AskAsync(Address(to, family), limit: limit ?? TimeSpan.FromMilliseconds(1_200));
        return (answer.Peer is not null, Count() - before);
    }

    /// <summary>Takes a cable out, or puts it back: the switch's end.</summary>
    public void Cable(string node, int vlan, bool isIn) =>
        Switch.Kernel.Interfaces.Change(Switch.Index($"{node}v{vlan}"), new InterfaceChange { IsUp = isIn });

    public void Dispose()
    {
        foreach (var pod in _pods.Values) pod.Dispose();
        foreach (var host in Hosts) host.Dispose();
        Gateway.Dispose();
        Switch.Dispose();
    }

    private void BuildSwitches()
    {
        foreach (var (bridge, mac) in Numbers.Select(number => ($"br{number}", $"02:00:00:00:00:{number}")).Append(("brm", "02:00:00:00:00:99")))
            Switch.Ip($"link add {bridge} address {mac} type bridge forward_delay 0 mcast_snooping 0\nlink set {bridge} up");
        foreach (var node in Hosts.Select(host => host.Node).Prepend(Gateway))
        {
            foreach (var (far, bridge) in Numbers.Select(number => ($"v{number}", $"br{number}")).Append(("eth0", "brm")))
            {
                Switch.Plug($"{node.Name}{far}", node, far);
                Switch.Ip($"link set {node.Name}{far} master {bridge}");
            }
        }
    }

    private void BuildGateway()
    {
        Gateway.Forward();
        Gateway.Ip($"addr add {Outside(IpFamily.IPv4)}/24 dev eth0\n-6 addr add {Outside(IpFamily.IPv6)}/64 dev eth0 nodad");
        foreach (var number in Numbers)
        {
            Gateway.Set($"net/ipv4/conf/v{number}/send_redirects", "0");
            Gateway.Set($"net/ipv6/conf/v{number}/keep_addr_on_down", "1");
            foreach (var family in Families) Gateway.Ip($"addr add {In(number, 1, family)}/{Network(number, family).Length} dev v{number}{(family == IpFamily.IPv6 ? " nodad" : "")}");
        }

        Gateway.Set("net/ipv4/conf/all/send_redirects", "0");
    }
}
