using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.RegularExpressions;
using Romana.Demo.Ec2;

namespace Romana.EndToEnd.Tests.Agents;

/// <summary>The programs that people use on a host beside its agent, as processes: gc, explain, the health pages, uninstall.</summary>
public sealed partial class AgentToolsTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Gc_explain_metrics_and_uninstall_of_one_host()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "making network namespaces takes root");
        await using var rig = await Rig.StartAsync(new VpcScenario(Zones: 1, SubnetsPerZone: 1, Hosts: 1));
        using var lan = new AgentLan();
        var host = lan.Add(rig, _folder.Path, "host-1");
        using var controller = ControllerProcess.Start(rig, _folder.Path);
        host.Start();
        await host.ReadyAsync(rig);
        var (gone, first) = await host.AddAsync("pod-a");
        var (_, second) = await host.AddAsync("pod-b");

        await GcAsync(rig, host, gone, first);
        await ExplainAsync(host, second);
        await MetricsAsync(host);
        await UninstallAsync(host);
    }

    private async Task GcAsync(Rig rig, AgentHost host, Node.Linux.Namespaces.NetworkNamespace gone, Ipam.Addressing.IpAddress address)
    {
        Assert.Equal((0, "every pod with an address has its link: nothing to give back\n"), await RunAsync(host, "gc", "--socket", host.Socket));

        // The kernel takes the link away with the last that holds the namespace.
        host.Forget(gone);
        await rig.UntilAsync(() => RunAsync(host, "gc", "--dry-run", "--socket", host.Socket).GetAwaiter().GetResult()
            == (0, $"would give back {address} of pod-a/eth0: its link is gone\n"), "the link to be gone");
        Assert.Equal(2, (await host.StatusAsync()).GetProperty("attachments").GetInt32());
        var (code, text) = await RunAsync(host, "gc", "-o", "json", "--socket", host.Socket);
        using var lines = JsonDocument.Parse(text);
        Assert.Equal((0, "pod-a", $"{address}"), (code, lines.RootElement[0].GetProperty("container").GetString(), lines.RootElement[0].GetProperty("addresses")[0].GetString()));
        Assert.Equal(1, (await host.StatusAsync()).GetProperty("attachments").GetInt32());
        Assert.Equal((0, "[]"), await RunTrimmedAsync(host, "gc", "-o", "json", "--socket", host.Socket));
    }

    private async Task ExplainAsync(AgentHost host, Ipam.Addressing.IpAddress pod)
    {
        var (code, text) = await RunAsync(host, "explain", $"{host.Address}", $"{pod}", "8080", "-o", "json");
        Assert.Equal(0, code);
        using var told = JsonDocument.Parse(text);
        Assert.Equal(("accepted", "node"), (told.RootElement.GetProperty("verdict").GetString()!.ToLowerInvariant(), told.RootElement.GetProperty("enters").GetString()));
        Assert.Equal(2, (await RunAsync(host, "explain", $"{host.Address}", "elsewhere")).ExitCode);
    }

    /// <summary>Each metric is in docs/node.md, and each that is there is served.</summary>
    private static async Task MetricsAsync(AgentHost host)
    {
        Assert.Equal("ready\n", await GetAsync(host, "/readyz"));
        var text = await GetAsync(host, "/metrics");
        var documented = MetricRow().Matches(File.ReadAllText(Path.Combine(Docs.DocPages.Root, "docs/node.md"))).Select(match => match.Groups[1].Value).Order();
        Assert.Equal(documented, MetricType().Matches(text).Select(match => match.Groups[1].Value).Order());
        Assert.Contains("romana_node_ready 1\n", text, StringComparison.Ordinal);
        Assert.Contains("romana_node_attachments 1\n", text, StringComparison.Ordinal);
        Assert.Matches("romana_node_addresses\\{block=\"[0-9./]+\",network=\"pods\"\\} 1\n", text);
        Assert.Contains("romana_node_request_duration_seconds_count{command=\"ADD\"} 2\n", text, StringComparison.Ordinal);
    }

    private async Task UninstallAsync(AgentHost host)
    {
        var root = Directory.CreateDirectory(Path.Combine(_folder.Path, "root")).FullName;
        string[] uninstall = ["uninstall", "--socket", host.Socket, "--root", root];
        Assert.Contains("stop it first", await RefusedAsync(host, uninstall), StringComparison.Ordinal);
        await host.Agent.KillAsync();
        Assert.Contains("1 pods of this host have links", await RefusedAsync(host, uninstall), StringComparison.Ordinal);
        var (code, said) = await RunAsync(host, [.. uninstall, "--with-pods"]);
        Assert.True(code == 0, said);
        Assert.Matches("^the files are gone, and [1-9][0-9]* routes, rules and tables of the kernel\n$", said);
        Assert.DoesNotContain("proto 82", host.Space.Run(() => Shell.Run("ip", "route show table all") + Shell.Run("ip", "rule show")), StringComparison.Ordinal);
        Assert.DoesNotContain("romana", host.Space.Run(() => Shell.Run("nft", "list ruleset")), StringComparison.Ordinal);
        Assert.DoesNotContain(": rom", host.Space.Run(() => Shell.Run("ip", "link show")), StringComparison.Ordinal);
    }

    private async Task<(int ExitCode, string Output)> RunAsync(AgentHost host, params string[] args)
    {
        using var program = host.Space.Run(() => RomanaProcess.Node(_folder.Path, args));
        var ended = await program.EndAsync();
        return (ended.ExitCode, ended.Output);
    }

    private async Task<(int ExitCode, string Output)> RunTrimmedAsync(AgentHost host, params string[] args)
    {
        var (code, output) = await RunAsync(host, args);
        return (code, output.Trim());
    }

    private async Task<string> RefusedAsync(AgentHost host, params string[] args)
    {
        using var program = host.Space.Run(() => RomanaProcess.Node(_folder.Path, args));
        var ended = await program.EndAsync();
        Assert.Equal(1, ended.ExitCode);
        return ended.Errors;
    }

    private static async Task<string> GetAsync(AgentHost host, string page)
    {
        using var handler = new SocketsHttpHandler
        {
            ConnectCallback = async (_, stop) =>
            {
                var socket = host.Space.Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
                await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, 9476), stop);
                return new NetworkStream(socket, ownsSocket: true);
            },
        };
        using var client = new HttpClient(handler);
        return await client.GetStringAsync(new Uri("http://agent" + page), Rig.Bounded());
    }

    [GeneratedRegex(@"^\| `(romana_node_[a-z_]+)", RegexOptions.Multiline)]
    private static partial Regex MetricRow();

    [GeneratedRegex("^# TYPE ([a-z_]+) ", RegexOptions.Multiline)]
    private static partial Regex MetricType();
}
