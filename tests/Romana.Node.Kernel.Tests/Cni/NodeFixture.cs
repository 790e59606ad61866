using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using Romana.Node.Child;
using Romana.Node.Kernel.Tests.Wiring;
using Romana.Node.Linux.Wiring;

namespace Romana.Node.Kernel.Tests.Cni;

/// <summary>A node with its agent in this process, and the plugin's file.</summary>
internal sealed class NodeFixture : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("romana-kernel-").FullName;

    private NodeFixture()
    {
    }

    public WiredHost Host { get; } = WiredHost.Create();

    public LocalNode Node { get; private set; } = null!;

    public string Socket => LocalNode.SocketIn(_folder);

    public string Folder => _folder;

    public static async Task<NodeFixture> StartAsync(bool dual = true)
    {
        var fixture = new NodeFixture();
        await fixture.StartAgainAsync(dual);
        return fixture;
    }

    public async Task StartAgainAsync(bool dual = true) =>
        Node = await LocalNode.StartAsync(_folder, Host.Host.Space, LinkTerms.None, NullLoggerFactory.Instance, dual);

    public Task<PluginAnswer> AskAsync(string command, string pod, string netns, string arguments = "", JsonObject? configuration = null) =>
        Plugins.RunAsync(Host.Host, Plugins.Ours, command, pod, netns, configuration ?? Plugins.Configuration(Socket), arguments);

    public async Task StopAsync() => await Node.DisposeAsync();

    public async ValueTask DisposeAsync()
    {
        await Node.DisposeAsync();
        await Host.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}
