using System.Collections.Immutable;
using System.Text.Json;
using Romana.Ipam.Addressing;
using Romana.Node.Linux.Netlink.Records;

namespace Romana.Node.Kernel.Tests;

/// <summary>What `ip -d -j` prints, as our records: another reader of the same kernel.</summary>
internal static class IpView
{
    public static IReadOnlyList<Route> Routes(Sandbox sandbox) =>
        [.. Lines(sandbox, IpFamily.IPv4).Concat(Lines(sandbox, IpFamily.IPv6))];

    public static IReadOnlyList<Rule> Rules(Sandbox sandbox) =>
        [.. sandbox.IpJson("-4 rule show").Select(line => RuleOf(line, IpFamily.IPv4)), .. sandbox.IpJson("-6 rule show").Select(line => RuleOf(line, IpFamily.IPv6))];

    public static IReadOnlyList<InterfaceAddress> Addresses(Sandbox sandbox) =>
        [.. from item in sandbox.IpJson("addr show") from address in item.GetProperty("addr_info").EnumerateArray() select AddressOf(item, address)];

    public static IReadOnlyList<Neighbour> Neighbours(Sandbox sandbox) =>
        [.. sandbox.IpJson("neigh show nud all").Select(line => NeighbourOf(sandbox, line))];

    public static IReadOnlyList<Neighbour> Proxies(Sandbox sandbox) =>
        [.. sandbox.IpJson("neigh show proxy").Select(line => NeighbourOf(sandbox, line))];

    public static IReadOnlyList<Interface> Interfaces(Sandbox sandbox) => [.. sandbox.IpJson("link show").Select(InterfaceOf)];

    private static IEnumerable<Route> Lines(Sandbox sandbox, IpFamily family) =>
        sandbox.IpJson($"{(family == IpFamily.IPv4 ? "-4" : "-6")} route show table all").Select(line => RouteOf(sandbox, line, family));

    private static Route RouteOf(Sandbox sandbox, JsonElement line, IpFamily family)
    {
        var type = Enum.Parse<RouteType>(Text(line, "type")!, ignoreCase: true);
        return new Route
        {
            Destination = CidrOf(Text(line, "dst")!, family),
            Table = TableOf(Text(line, "table") ?? "main"),
            Protocol = ProtocolOf(Text(line, "protocol")!),
            Type = type,
            Scope = ScopeOf(Text(line, "scope")!),
            Metric = line.TryGetProperty("metric", out var metric) ? metric.GetUInt32() : 0,
            Source = Text(line, "prefsrc") is { } source ? IpAddress.Parse(source) : null,
            Mtu = line.TryGetProperty("metrics", out var metrics) ? metrics[0].GetProperty("mtu").GetUInt32() : null,
            Hops = type is RouteType.Unreachable or RouteType.Prohibit or RouteType.Throw or RouteType.Blackhole ? [] : HopsOf(sandbox, line),
        };
    }

    private static ImmutableArray<NextHop> HopsOf(Sandbox sandbox, JsonElement line) =>
        line.TryGetProperty("nexthops", out var hops)
            ? [.. hops.EnumerateArray().Select(hop => HopOf(sandbox, hop)).Order()]
            : [HopOf(sandbox, line)];

    private static NextHop HopOf(Sandbox sandbox, JsonElement hop)
    {
        var via = hop.TryGetProperty("via", out var foreign) ? Text(foreign, "host") : Text(hop, "gateway");
        return new NextHop(
            sandbox.Index(Text(hop, "dev")!),
            via is null ? null : IpAddress.Parse(via),
            hop.TryGetProperty("flags", out var flags) && flags.EnumerateArray().Any(flag => flag.GetString() == "onlink"),
            hop.TryGetProperty("weight", out var weight) ? weight.GetInt32() : 1);
    }

    private static Rule RuleOf(JsonElement line, IpFamily family) => new()
    {
        Family = family,
        Priority = line.GetProperty("priority").GetUInt32(),
        From = Prefix(line, "src", "srclen", family),
        To = Prefix(line, "dst", "dstlen", family),
        InterfaceIn = Text(line, "iif"),
        InterfaceOut = Text(line, "oif"),
        Mark = Hex(line, "fwmark") ?? 0,
        MarkMask = Hex(line, "fwmask") ?? (Hex(line, "fwmark") is null ? 0 : uint.MaxValue),
        Action = Text(line, "action") is { } action ? Enum.Parse<RuleAction>(action, ignoreCase: true) : RuleAction.Lookup,
        Table = Text(line, "table") is { } table ? TableOf(table) : 0,
        Protocol = ProtocolOf(Text(line, "protocol")!),
    };

    private static InterfaceAddress AddressOf(JsonElement item, JsonElement address)
    {
        var flags = AddressFlags.None;
        foreach (var (name, flag) in new[] { ("noprefixroute", AddressFlags.NoPrefixRoute), ("nodad", AddressFlags.NoDuplicateDetection), ("tentative", AddressFlags.Tentative), ("secondary", AddressFlags.Secondary) })
        {
            if (address.TryGetProperty(name, out _)) flags |= flag;
        }

        if (address.GetProperty("valid_life_time").GetUInt32() == uint.MaxValue) flags |= AddressFlags.Permanent;
        return new InterfaceAddress
        {
            Interface = item.GetProperty("ifindex").GetInt32(),
            Address = IpAddress.Parse(Text(address, "local")!),
            Length = address.GetProperty("prefixlen").GetInt32(),
            Peer = Text(address, "address") is { } peer ? IpAddress.Parse(peer) : null,
            Scope = ScopeOf(Text(address, "scope")!),
            Flags = flags,
            ValidSeconds = address.GetProperty("valid_life_time").GetUInt32(),
            PreferredSeconds = address.GetProperty("preferred_life_time").GetUInt32(),
        };
    }

    private static Neighbour NeighbourOf(Sandbox sandbox, JsonElement line) => new()
    {
        Interface = sandbox.Index(Text(line, "dev")!),
        Address = IpAddress.Parse(Text(line, "dst")!),
        Mac = Text(line, "lladdr") is { } mac ? MacAddress.Parse(mac) : null,
        IsProxy = line.TryGetProperty("proxy", out _),
        State = line.TryGetProperty("state", out var states)
            ? states.EnumerateArray().Aggregate(NeighbourState.None, (all, state) => all | Enum.Parse<NeighbourState>(state.GetString()!, ignoreCase: true))
            : NeighbourState.None,
        Protocol = Text(line, "protocol") is { } protocol ? ProtocolOf(protocol) : (byte)0,
    };

    private static Interface InterfaceOf(JsonElement line)
    {
        var flags = line.GetProperty("flags").EnumerateArray().Select(flag => flag.GetString()).ToList();
        return new Interface
        {
            Index = line.GetProperty("ifindex").GetInt32(),
            Name = Text(line, "ifname")!,
            IsUp = flags.Contains("UP"),
            HasCarrier = flags.Contains("LOWER_UP"),
            IsLoopback = flags.Contains("LOOPBACK"),
            Mac = MacAddress.TryParse(Text(line, "address"), out var mac) ? mac : null,
            Mtu = line.GetProperty("mtu").GetInt32(),
            Kind = line.TryGetProperty("linkinfo", out var info) ? Text(info, "info_kind") : null,
            Alias = Text(line, "ifalias"),
        };
    }

    private static Cidr CidrOf(string text, IpFamily family) =>
        text == "default" ? Cidr.Around(new IpAddress(family, 0), 0)
        : text.Contains('/', StringComparison.Ordinal) ? Cidr.Parse(text) : Cidr.Of(IpAddress.Parse(text));

    private static Cidr? Prefix(JsonElement line, string name, string length, IpFamily family) => Text(line, name) switch
    {
        null or "all" => null,
        { } text => Cidr.Around(IpAddress.Parse(text), line.TryGetProperty(length, out var bits) ? bits.GetInt32() : family.Width()),
    };

    private static uint TableOf(string text) => text switch { "local" => 255, "main" => 254, "default" => 253, _ => uint.Parse(text) };

    private static byte ProtocolOf(string text) => text switch { "kernel" => 2, "boot" => 3, "static" => 4, "ra" => 9, _ => byte.Parse(text) };

    private static Scope ScopeOf(string text) => Enum.Parse<Scope>(text, ignoreCase: true);

    private static uint? Hex(JsonElement line, string name) => Text(line, name) is { } text ? Convert.ToUInt32(text, 16) : null;

    private static string? Text(JsonElement line, string name) => line.TryGetProperty(name, out var value) ? value.GetString() : null;
}
