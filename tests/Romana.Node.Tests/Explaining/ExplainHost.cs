using Romana.Ipam.Addressing;
using Romana.Node.Explaining;
using Romana.Node.Linux.Netlink;
using Romana.Node.Linux.Netlink.Records;
using Romana.Node.Planning;
using Romana.Node.Planning.Vlans;

namespace Romana.Node.Tests.Explaining;

/// <summary>
/// A host on paper: eth0 is the fabric's, two pods of block 10.244.0.0/26, a neighbour with 10.244.0.64/26; VLAN 10 and VLAN 20
/// with a pod each. The kernel's answers come from its rules and tables, as the kernel's would.
/// </summary>
internal sealed class ExplainHost
{
    private const int Lo = 1, Eth = 2, Vlan10 = 3, Vlan20 = 4, PodA = 5, PodB = 6, Pod10 = 7, Pod20 = 8;

    public List<Rule> Rules { get; } =
    [
        Rule(0, RouteTables.Local) with { Protocol = RouteProtocols.Kernel },
        Rule(FabricTerms.GuardPriority, FabricTerms.TransitTable) with { InterfaceIn = "eth0", To = Cidr.Parse("10.244.0.0/24") },
        Rule(FabricTerms.MetadataPriority, 0) with { From = Cidr.Parse("10.244.0.0/16"), To = Cidr.Parse("169.254.169.254/32"), Action = RuleAction.Prohibit },
        Rule(VlanTerms.NodePriority, VlanTerms.NodeTable) with { InterfaceIn = "lo" },
        .. new[] { 10u, 20u }.SelectMany(vlan => new[]
        {
            Rule(VlanTerms.WirePriority, 1000 + vlan) with { InterfaceIn = $"v{vlan}" },
            Rule(VlanTerms.WireEndPriority, 0) with { InterfaceIn = $"v{vlan}", Action = RuleAction.Unreachable },
            Rule(VlanTerms.NodeToVlanPriority, 1000 + vlan) with { InterfaceIn = "lo", To = Cidr.Parse($"192.168.{vlan}.0/24") },
            Rule(VlanTerms.SourcePriority, 1000 + vlan) with { From = Cidr.Parse($"192.168.{vlan}.0/24") },
            Rule(VlanTerms.SourceEndPriority, 0) with { From = Cidr.Parse($"192.168.{vlan}.0/24"), Action = RuleAction.Unreachable },
        }),
        Rule(32766, RouteTables.Main) with { Protocol = RouteProtocols.Kernel },
    ];

    public List<Route> Routes { get; } =
    [
        To("10.0.1.10/32", RouteTables.Local, Lo) with { Type = RouteType.Local, Protocol = RouteProtocols.Kernel },
        To("192.168.10.2/32", RouteTables.Local, Lo) with { Type = RouteType.Local, Protocol = RouteProtocols.Kernel },
        To("0.0.0.0/0", RouteTables.Main, Eth, "10.0.1.1") with { Protocol = RouteProtocols.Boot },
        To("10.0.1.0/24", RouteTables.Main, Eth) with { Protocol = RouteProtocols.Kernel },
        To("10.244.0.2/32", RouteTables.Main, PodA), To("10.244.0.3/32", RouteTables.Main, PodB),
        To("10.244.0.0/26", RouteTables.Main, 0) with { Type = RouteType.Unreachable },
        To("10.244.0.64/26", RouteTables.Main, Eth, "10.0.1.11"),
        To("10.244.0.0/26", FabricTerms.TransitTable, 0) with { Type = RouteType.Throw },
        To("10.244.0.64/26", FabricTerms.TransitTable, Eth, "10.0.1.11"),
        To("10.244.0.0/24", FabricTerms.TransitTable, 0) with { Type = RouteType.Unreachable },
        To("192.168.10.65/32", VlanTerms.NodeTable, Pod10), To("192.168.20.65/32", VlanTerms.NodeTable, Pod20),
        To("192.168.10.65/32", 1010, Pod10), To("192.168.10.0/24", 1010, Vlan10), To("192.168.10.80/28", 1010, Vlan10, "192.168.10.3"),
        To("192.168.10.64/28", 1010, 0) with { Type = RouteType.Unreachable },
        To("0.0.0.0/0", 1010, Vlan10, "192.168.10.1"), To("0.0.0.0/0", 1010, 0) with { Type = RouteType.Unreachable, Metric = VlanTerms.LastMetric },
        To("192.168.20.65/32", 1020, Pod20), To("192.168.20.0/24", 1020, Vlan20),
        To("0.0.0.0/0", 1020, Vlan20, "192.168.20.1"), To("0.0.0.0/0", 1020, 0) with { Type = RouteType.Unreachable, Metric = VlanTerms.LastMetric },
    ];

    public List<string> NftRules { get; } =
    [
        "prerouting/spoof4", "prerouting/transit4", "forward/misrouted4", "postrouting/native4", "postrouting/egress4", "vlan_in/zone10", "vlan_in/zone20",
        "vlan_out/zone10", "vlan_input/elsewhere10_4", "vlan_input/elsewhere20_4", "vlan_forward/untranslated",
    ];

    public Dictionary<string, string> Sets { get; } = new(StringComparer.Ordinal)
    {
        ["fabric"] = "eth0",
        ["management"] = "eth0",
        ["pods4"] = "roma . 10.244.0.2, romb . 10.244.0.3, rom10 . 192.168.10.65, rom20 . 192.168.20.65",
        ["own4"] = "10.244.0.0/26",
        ["adjacent4"] = "10.244.0.64/26",
        ["group4"] = "10.244.0.0/24",
        ["pods_net4"] = "10.244.0.0/16",
        ["keep4"] = "10.244.0.0/16, 10.0.1.10-10.0.1.11",
        ["native4"] = "10.244.0.0/16 . 198.51.100.0/24",
        ["vlan_links"] = "v10, v20",
        ["vlan_ports"] = "v10, v20, rom10, rom20",
        ["vlan10"] = "v10, rom10",
        ["vlan20"] = "v20, rom20",
        ["vlan10_here4"] = "192.168.10.2",
    };

    public bool HasNft { get; set; } = true;

    public Explanation Explain(string from, string to, int? port = null) =>
        PacketPath.Explain(new PacketQuestion(IpAddress.Parse(from), IpAddress.Parse(to), port), Look());

    private ExplainLook Look()
    {
        var look = new ExplainLook
        {
            Interfaces = [.. new[] { (Lo, "lo"), (Eth, "eth0"), (Vlan10, "v10"), (Vlan20, "v20"), (PodA, "roma"), (PodB, "romb"), (Pod10, "rom10"), (Pod20, "rom20") }
                .Select(item => new Interface { Index = item.Item1, Name = item.Item2, IsUp = true, IsLoopback = item.Item1 == Lo })],
            Addresses = [At(Eth, "10.0.1.10", 24), At(Vlan10, "192.168.10.2", 24)],
            Rules = Rules,
            Table = (_, table) => [.. Routes.Where(route => route.Table == table)],
            Ask = _ => throw new InvalidOperationException(),
            Nft = HasNft ? NftPicture.Read(Listing()) : null,
            Forbidding = ["inet other forward"],
        };
        return look with { Ask = question => Answer(question, look) };
    }

    /// <summary>The kernel's reverse-path check is not on paper: the namespaces' tests have it.</summary>
    private static RouteAnswer Answer(RouteQuestion question, ExplainLook look)
    {
        var packet = new PacketQuestion(question.From ?? IpAddress.Parse("0.0.0.0"), question.To, null);
        var way = RuleWalk.Of(packet, question.InterfaceIn is { } index ? look.NameOf(index) : "lo", question.Mark, look);
        return way is { IsRefusal: false, Route: { } route } ? new RouteAnswer.Found(route) : new RouteAnswer.Refused(new KernelError("look", Errno.HostUnreachable, null, null, null));
    }

    private string Listing()
    {
        var items = NftRules.Select(rule => rule.Split('/')).Select(rule =>
            "{\"rule\":{\"chain\":\"" + rule[0] + "\",\"comment\":\"" + rule[1] + "\",\"expr\":[" + (rule[1] == "egress4" ? "{\"snat\":{\"family\":\"ip\",\"addr\":\"10.0.1.10\"}}" : "") + "]}}")
            .Concat(Sets.Select(set => "{\"set\":{\"name\":\"" + set.Key + "\",\"type\":[\"" + (char.IsAsciiLetter(set.Value[0]) ? "ifname" : "ipv4_addr")
                + "\",\"x\"],\"elem\":[" + string.Join(',', set.Value.Split(", ").Select(Element)) + "]}}"));
        return "{\"nftables\":[" + string.Join(',', items) + "]}";
    }

    private static string Element(string text) =>
        text.Split(" . ") is [var first, var second] ? "{\"concat\":[" + Element(first) + "," + Element(second) + "]}"
        : text.Split('-') is [var low, var high] ? "{\"range\":[\"" + low + "\",\"" + high + "\"]}"
        : text.Split('/') is [var address, var length] ? "{\"prefix\":{\"addr\":\"" + address + "\",\"len\":" + length + "}}" : $"\"{text}\"";

    private static InterfaceAddress At(int index, string address, int length) => new() { Interface = index, Address = IpAddress.Parse(address), Length = length };

    private static Rule Rule(uint priority, uint table) => new() { Family = IpFamily.IPv4, Priority = priority, Table = table };

    private static Route To(string destination, uint table, int index, string? via = null) => new()
    {
        Destination = Cidr.Parse(destination),
        Table = table,
        Hops = index == 0 ? [] : [new NextHop(index, via is null ? null : IpAddress.Parse(via))],
    };
}
