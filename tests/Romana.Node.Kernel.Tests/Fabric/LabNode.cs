using System.Globalization;
using System.Text.Json;
using Romana.Ipam.Addressing;
using Romana.Node.Linux.Namespaces;
using Romana.Node.Linux.Netlink;
using Romana.Node.Linux.Netlink.Records;
using Romana.Node.Linux.Nftables;

namespace Romana.Node.Kernel.Tests.Fabric;

/// <summary>A namespace of the lab: a host, a pod, the VPC's router, the world outside. Servers answer in each.</summary>
internal sealed class LabNode : IDisposable
{
    /// <summary>What is forwarded here, by interfaces and addresses; looked at before anything else of the namespace.</summary>
    private const string Watch = """
        table inet watch {
          set seen4 { type ifname . ifname . ipv4_addr . ipv4_addr; flags dynamic; counter; size 65535; }
          set seen6 { type ifname . ifname . ipv6_addr . ipv6_addr; flags dynamic; counter; size 65535; }
          chain forward { type filter hook forward priority -300; policy accept;
            meta nfproto ipv4 add @seen4 { iifname . oifname . ip saddr . ip daddr }
            meta nfproto ipv6 add @seen6 { iifname . oifname . ip6 saddr . ip6 daddr }
          }
        }
        """;

    private readonly LabServer _server;

    public LabNode(string name)
    {
        Name = name;
        Space = NetworkNamespace.Create();
        Kernel = KernelNetwork.Open(Space);
        Nft = NftablesAccess.Open(Space);
        // No address waits for duplicates of itself.
        Set("net/ipv6/conf/all/accept_dad", "0");
        Set("net/ipv6/conf/default/accept_dad", "0");
        Kernel.Interfaces.Change(Kernel.Interfaces.Get("lo")!.Index, new InterfaceChange { IsUp = true });
        _server = new LabServer(Space);
    }

    public string Name { get; }

    public NetworkNamespace Space { get; }

    public KernelNetwork Kernel { get; }

    public INftables Nft { get; }

    public int Index(string name) => Kernel.Interfaces.Get(name)?.Index ?? throw new InvalidOperationException($"{Name} has no {name}");

    public void Set(string setting, string value) => Sysctl.Set(Space, setting, value);

    /// <summary>Lines of `ip -batch`; those that begin with "-6 " come last.</summary>
    public void Ip(string lines)
    {
        var six = lines.Split('\n').ToLookup(line => line.StartsWith("-6 ", StringComparison.Ordinal));
        if (six[false].Any()) Run("ip", "-batch -", string.Join('\n', six[false]) + "\n");
        if (six[true].Any()) Run("ip", "-6 -batch -", string.Join('\n', six[true].Select(line => line[3..])) + "\n");
    }

    public string Run(string program, string arguments, string input = "") => Commands.Run(Space, program, arguments, input);

    public void Forward()
    {
        Set("net/ipv4/ip_forward", "1");
        Set("net/ipv6/conf/all/forwarding", "1");
        Apply(Watch);
    }

    public void Apply(string ruleset)
    {
        if (Nft.Apply(ruleset) is NftAnswer.Refused refused) throw new InvalidOperationException($"{Name}: {refused.Text}");
    }

    /// <summary>A veth pair; the far end in the other namespace, both up.</summary>
    public void Plug(string near, LabNode other, string far, MacAddress? mac = null)
    {
        var outcome = Kernel.Interfaces.AddVeth(new VethRequest(new VethEnd(near, mac), new VethEnd(far)) { FarNamespace = other.Space.Handle });
        if (outcome.Kind != OutcomeKind.Created) throw new InvalidOperationException($"{Name}: veth {near}: {outcome}");
        Kernel.Interfaces.Change(Index(near), new InterfaceChange { IsUp = true });
        other.Kernel.Interfaces.Change(other.Index(far), new InterfaceChange { IsUp = true });
    }

    public void Forget() => Apply("flush set inet watch seen4\nflush set inet watch seen6\n");

    /// <summary>Packets forwarded here from one address to another.</summary>
    public long Seen(IpAddress from, IpAddress to) =>
        Watched(from.Family).Where(item => item.From == from.ToString() && item.To == to.ToString()).Sum(item => item.Packets);

    /// <summary>Packets forwarded here from one interface to another, of both families.</summary>
    public long Crossed(Func<string, string, bool> which) =>
        Watched(IpFamily.IPv4).Concat(Watched(IpFamily.IPv6)).Where(item => which(item.In, item.Out)).Sum(item => item.Packets);

    private IEnumerable<(string In, string Out, string From, string To, long Packets)> Watched(IpFamily family)
    {
        using var listing = JsonDocument.Parse(((NftAnswer.Done)Nft.Read($"list set inet watch {(family == IpFamily.IPv4 ? "seen4" : "seen6")}")).Output);
        foreach (var item in listing.RootElement.GetProperty("nftables").EnumerateArray())
        {
            if (!item.TryGetProperty("set", out var found) || !found.TryGetProperty("elem", out var elements)) continue;
            foreach (var element in elements.EnumerateArray().Select(wrapped => wrapped.GetProperty("elem")))
            {
                var parts = element.GetProperty("val").GetProperty("concat");
                yield return (parts[0].GetString()!, parts[1].GetString()!, parts[2].GetString()!, parts[3].GetString()!,
                    element.GetProperty("counter").GetProperty("packets").GetInt64());
            }
        }
    }

    /// <summary>Packets that met a rule of our table, by its comment.</summary>
    public long Counted(string comment)
    {
        using var listing = JsonDocument.Parse(((NftAnswer.Done)Nft.Read("list table inet romana")).Output);
        return listing.RootElement.GetProperty("nftables").EnumerateArray()
            .Where(item => item.TryGetProperty("rule", out var rule) && rule.TryGetProperty("comment", out var text) && text.GetString() == comment)
            .SelectMany(item => item.GetProperty("rule").GetProperty("expr").EnumerateArray())
            .Where(expression => expression.TryGetProperty("counter", out _))
            .Sum(expression => expression.GetProperty("counter").GetProperty("packets").GetInt64());
    }

    public void Dispose()
    {
        _server.Dispose();
        Kernel.Dispose();
        Space.Dispose();
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Name}");
}
