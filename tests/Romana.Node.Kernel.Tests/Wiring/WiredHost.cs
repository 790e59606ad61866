using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging.Abstractions;
using Romana.Ipam.Addressing;
using Romana.Ipam.Attachments;
using Romana.Node.Cni;
using Romana.Node.Linux.Namespaces;
using Romana.Node.Linux.Wiring;

namespace Romana.Node.Kernel.Tests.Wiring;

/// <summary>A namespace that plays the node, with an uplink, and pods beside it.</summary>
internal sealed class WiredHost : IAsyncDisposable
{
    public const string Uplink4 = "10.9.0.1", Uplink6 = "fd00:9::1";

    private WiredHost(LinkTerms terms)
    {
        Host = Sandbox.WithPair();
        foreach (var setting in new[] { "net/ipv4/ip_forward", "net/ipv6/conf/all/forwarding" }) Sysctl.Set(Host.Space, setting, "1");
        Wiring = PodWiring.Open(Host.Space, terms, NullLogger.Instance);
    }

    public Sandbox Host { get; }

    public Pods Pods { get; } = new();

    public PodWiring Wiring { get; private set; }

    public static WiredHost Create(LinkTerms? terms = null) => new(terms ?? LinkTerms.None);

    public static PodLink Link(string pod, string path, string addresses, int? mtu = null) =>
        new(new AttachmentKey(pod, "eth0"), path, [.. addresses.Split(' ').Select(IpAddress.Parse)], mtu);

    public async Task<(PodLink Link, WiredPod Wired, Sandbox Pod)> PlugAsync(string pod, string addresses, int? mtu = null)
    {
        var path = Pods.New();
        var link = Link(pod, path, addresses, mtu);
        return (link, await Wiring.PlugAsync(link, TestContext.Current.CancellationToken), Pods[path]);
    }

    public Task UnplugAsync(PodLink link) => Wiring.UnplugAsync(link.Key, link.Addresses, TestContext.Current.CancellationToken);

    /// <summary>The agent ends and starts again.</summary>
    public async Task RestartAsync()
    {
        await Wiring.DisposeAsync();
        Wiring = PodWiring.Open(Host.Space, LinkTerms.None, NullLogger.Instance);
    }

    /// <summary>Everything that `ip` and `nft` show, apart from what the kernel counts, and learns of multicast groups, by itself.</summary>
    public string Dump() => Regex.Replace(
        string.Join('\n', new[] { "-d link show", "-d addr show", "rule show", "-6 rule show", "route show table all", "-6 route show table all", "neigh show nud all", "neigh show proxy" }
            .Select(what => $"{what}:\n{Host.Ip(what)}")) + Host.Run("nft", "list ruleset"),
        "expires [0-9]+sec|used [0-9/]+|probes [0-9]+|.* NOARP *\n", "");

    public async ValueTask DisposeAsync()
    {
        await Wiring.DisposeAsync();
        Pods.Dispose();
        Host.Dispose();
    }
}
