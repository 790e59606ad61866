using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Romana.Node.Kernel.Tests.Wiring;

namespace Romana.Node.Kernel.Tests.Cni;

/// <summary>Debian's own plugins after ours in a list, fed with our result.</summary>
public sealed class ChainedPluginTests
{
    private const int HostPort = 8080, PodPort = 80;

    private static readonly JsonObject Mapping = new()
    {
        ["runtimeConfig"] = new JsonObject
        {
            ["portMappings"] = new JsonArray(new JsonObject { ["hostPort"] = HostPort, ["containerPort"] = PodPort, ["protocol"] = "tcp" }),
        },
    };

    private static readonly JsonObject Shaping = new()
    {
        ["runtimeConfig"] = new JsonObject { ["bandwidth"] = new JsonObject { ["ingressRate"] = 8_000_000, ["ingressBurst"] = 8_000_000 } },
    };

    [Theory]
    [InlineData("0.4.0")]
    [InlineData("1.0.0")]
    public async Task Portmap_leads_a_port_of_the_host_to_our_pod(string version)
    {
        var portmap = Plugins.OfDebian("portmap");
        await using var node = await NodeFixture.StartAsync(dual: false);
        var path = node.Host.Pods.New();
        var added = await node.AskAsync("ADD", "web", path, configuration: Plugins.Configuration(node.Socket, version));
        var configuration = Plugins.Chained("portmap", added.Result, Mapping);
        configuration["cniVersion"] = version;
        var mapped = await Plugins.RunAsync(node.Host.Host, portmap, "ADD", "web", path, configuration);
        Assert.True(JsonNode.DeepEquals(added.Result["ips"], mapped.Result["ips"]), mapped.Output);

        using var listener = node.Host.Pods[path].Space.Run(() => new TcpListener(IPAddress.Any, PodPort));
        listener.Start();
        var accepted = listener.AcceptSocketAsync(TestContext.Current.CancellationToken).AsTask();
        using var caller = Connect(node);
        using var served = await accepted.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        Assert.Equal(PodPort, ((IPEndPoint)served.LocalEndPoint!).Port);

        Assert.Equal(0, (await Plugins.RunAsync(node.Host.Host, portmap, "DEL", "web", path, configuration)).Code);
        Assert.Equal(SocketError.ConnectionRefused, Assert.Throws<SocketException>(() => Connect(node)).SocketErrorCode);
        Assert.Equal(new PluginAnswer(0, ""), await node.AskAsync("DEL", "web", path));
    }

    [Fact]
    public async Task Bandwidth_finds_the_hosts_end_of_our_link()
    {
        var bandwidth = Plugins.OfDebian("bandwidth");
        await using var node = await NodeFixture.StartAsync();
        var before = node.Host.Dump();
        var path = node.Host.Pods.New();
        var added = await node.AskAsync("ADD", "web", path);
        var configuration = Plugins.Chained("bandwidth", added.Result, Shaping);
        Assert.Equal(0, (await Plugins.RunAsync(node.Host.Host, bandwidth, "ADD", "web", path, configuration)).Code);
        var name = added.Result["interfaces"]![0]!["name"]!.GetValue<string>();
        Assert.Matches("^qdisc tbf 1: root .*rate 8Mbit ", node.Host.Host.Run("tc", $"qdisc show dev {name}"));

        // A list goes backwards on DEL; both may come twice.
        Assert.Equal(0, (await Plugins.RunAsync(node.Host.Host, bandwidth, "DEL", "web", path, configuration)).Code);
        Assert.Equal(new PluginAnswer(0, ""), await node.AskAsync("DEL", "web", path));
        Assert.Equal(0, (await Plugins.RunAsync(node.Host.Host, bandwidth, "DEL", "web", "", configuration)).Code);
        await node.StopAsync();
        Assert.Equal(before, node.Host.Dump());
    }

    private static Socket Connect(NodeFixture node)
    {
        var socket = node.Host.Host.Space.Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
        try
        {
            socket.Connect(IPAddress.Parse(WiredHost.Uplink4), HostPort);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
