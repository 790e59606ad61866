using System.Text;
using Romana.Cloud.Planning;
using Romana.Ipam.Addressing;

namespace Romana.Node.Kernel.Tests.Fabric;

/// <summary>
/// A fabric that behaves like a VPC: a router with a table for each subnet, filled with what the controller plans, three links, six
/// hosts with the agent's kernel state and a pod each, the metadata service, and a place outside.
/// </summary>
internal sealed class VpcLab : IDisposable
{
    public static readonly IpAddress Outside4 = IpAddress.Parse("203.0.113.9"), Outside6 = IpAddress.Parse("2001:db8:ff::9"),
        Native4 = IpAddress.Parse("198.51.100.9"), Native6 = IpAddress.Parse("2001:db8:fe::9");

    private readonly Dictionary<string, LabHost> _hosts = [];
    private readonly Dictionary<string, LabNode> _pods = [];

    private VpcLab()
    {
    }

    public LabNode Vpc { get; } = new("vpc");

    public LabNode Outside { get; } = new("outside");

    public RoutePlan Planned { get; private set; } = null!;

    public LabHost this[string host] => _hosts[host];

    /// <summary>The hosts' pods; "p1b" is the second of h1.</summary>
    public LabNode Pod(string name) => _pods[name];

    public static IpAddress Address(string pod, IpFamily family) => LabPlan.Pod($"h{pod[1]}", family, pod.EndsWith('b') ? 3 : 2);

    /// <param name="quota">Of each of the VPC's tables; null: exact routes fit.</param>
    public static VpcLab Create(int? quota = null)
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "making network namespaces takes root");
        var lab = new VpcLab();
        try
        {
            lab.BuildRouter();
            foreach (var host in LabPlan.Hosts) lab.BuildHost(host);
            lab.Program(quota);
            return lab;
        }
        catch
        {
            lab.Dispose();
            throw;
        }
    }

    /// <summary>Writes the controller's plan into the router's tables, as EC2 would.</summary>
    public void Program(int? quota)
    {
        Planned = LabPlan.Routes(quota);
        var lines = new StringBuilder();
        foreach (var table in Planned.Tables)
        {
            foreach (var route in table.Routes) lines.Append(Route("replace", route.Destination, route.Host!, table.Id[^1] - '0')).Append('\n');
        }

        Vpc.Ip(lines.ToString());
    }

    /// <summary>One route in every table, whatever the controller would say of it.</summary>
    public void Route(string verb, Cidr destination, string host) =>
        Vpc.Ip(string.Join('\n', Enumerable.Range(1, 4).Select(table => Route(verb, destination, host, table))));

    /// <summary>The host that the cover of a subnet's group leads to in the table of another subnet.</summary>
    public string Router(int subnet, int table, IpFamily family) => Planned.Tables.Single(one => one.Id == $"rtb-{table}" && one.Family == family)
        .Routes.Single(route => route.Kind == PlannedRouteKind.Cover && route.Destination == LabPlan.Group(subnet, family)).Host!;

    public void Dispose()
    {
        foreach (var pod in _pods.Values) pod.Dispose();
        foreach (var host in _hosts.Values) host.Dispose();
        Outside.Dispose();
        Vpc.Dispose();
    }

    private static string Route(string verb, Cidr destination, string host, int table) =>
        $"route {verb} {destination} via {LabPlan.Address(host, destination.Family)} dev br{LabPlan.Subnet(host)} table 10{table}";

    private void BuildRouter()
    {
        Vpc.Set("net/ipv4/conf/default/send_redirects", "0");
        Vpc.Set("net/ipv4/conf/all/send_redirects", "0");
        // A kernel with br_netfilter would count, and track, what passes a link without being routed.
        foreach (var kind in new[] { "iptables", "ip6tables" }) Vpc.Set($"net/bridge/bridge-nf-call-{kind}", "0");
        Vpc.Plug("inet0", Outside, "eth0");
        var lines = new StringBuilder();
        for (var subnet = 1; subnet <= 3; subnet++)
        {
            // A fixed MAC: a bridge that takes a new port's loses its IPv6 neighbours for seconds.
            lines.Append($"link add br{subnet} address 02:ff:00:00:00:0{subnet} type bridge forward_delay 0 mcast_snooping 0\nlink set br{subnet} up\n");
            lines.Append($"addr add {LabPlan.Gateway(subnet, IpFamily.IPv4)}/24 dev br{subnet}\naddr add {LabPlan.Gateway(subnet, IpFamily.IPv6)}/64 dev br{subnet} nodad\n");
            lines.Append($"rule add pref 100{subnet} iif br{subnet} lookup 10{subnet}\n-6 rule add pref 100{subnet} iif br{subnet} lookup 10{subnet}\n");
        }

        lines.Append("addr add 203.0.113.1/24 dev inet0\naddr add 2001:db8:ff::1/64 dev inet0 nodad\naddr add 169.254.169.254/32 dev lo\naddr add fd00:ec2::254/128 dev lo nodad\n");
        lines.Append("rule add pref 1004 iif inet0 lookup 104\n-6 rule add pref 1004 iif inet0 lookup 104\n");
        for (var table = 101; table <= 104; table++)
        {
            for (var subnet = 1; subnet <= 3; subnet++) lines.Append($"route add 10.0.{subnet}.0/24 dev br{subnet} table {table}\n-6 route add 2001:db8:1:{subnet}::/64 dev br{subnet} table {table}\n");
            lines.Append($"route add default via {Outside4} dev inet0 table {table}\n-6 route add default via {Outside6} dev inet0 table {table}\n");
        }

        Vpc.Ip(lines.ToString());
        Vpc.Forward();
        Outside.Ip($"""
            addr add {Outside4}/24 dev eth0
            addr add {Outside6}/64 dev eth0 nodad
            addr add {Native4}/32 dev eth0
            addr add {Native6}/128 dev eth0 nodad
            route add default via 203.0.113.1
            -6 route add default via 2001:db8:ff::1 src {Outside6}
            """);
    }

    private void BuildHost(string name)
    {
        var host = _hosts[name] = new LabHost(name);
        Connect(host, "eth0", LabPlan.Subnet(name));
        host.SetUp();
        foreach (var pod in name == "h1" ? new[] { "p1", "p1b" } : [$"p{name[1..]}"])
        {
            host.Plug(_pods[pod] = new LabNode(pod), pod.EndsWith('b') ? 3 : 2);
        }

        var word = host.Settle();
        Assert.Equal("", string.Join("; ", word.Troubles));
    }

    /// <summary>An ENI: a port of the subnet's link.</summary>
    public void Connect(LabHost host, string name, int subnet)
    {
        var port = $"s{host.Name}{name}";
        Vpc.Plug(port, host.Node, name);
        Vpc.Ip($"link set {port} master br{subnet}");
    }
}
