using Microsoft.Extensions.Logging.Abstractions;
using Romana.Node.Agent;
using Romana.Node.Commands;

namespace Romana.Node.Tests.Commands;

/// <summary>`romana-node install` and `uninstall` as they are typed; the kernel's part is tested where there is one.</summary>
public sealed class InstallCommandsTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("romana-install-").FullName;
    private readonly string _built = Directory.CreateTempSubdirectory("romana-built-").FullName;
    private readonly StringWriter _out = new(), _error = new();

    public void Dispose()
    {
        _out.Dispose();
        _error.Dispose();
        Directory.Delete(_root, recursive: true);
        Directory.Delete(_built, recursive: true);
    }

    [Fact]
    public async Task Install_says_what_it_wrote_and_what_comes_next_and_uninstall_takes_it_away()
    {
        Directory.CreateDirectory(Path.Combine(_root, "etc/systemd"));
        var before = Tree();
        Assert.Equal(0, await RunAsync("install", "--root", _root, "--plugin", Plugin()));
        Assert.Contains("wrote /opt/cni/bin/romana-cni\nwrote /etc/systemd/networkd.conf.d/90-romana.conf\n", _out.ToString(), StringComparison.Ordinal);
        Assert.Contains("try-restart systemd-networkd", _out.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("NetworkManager/", _out.ToString(), StringComparison.Ordinal);
        Assert.Equal(0, await RunAsync("install", "--root", _root, "--plugin", Plugin()));
        Assert.EndsWith("everything is in place\n", _out.ToString(), StringComparison.Ordinal);
        Assert.Equal(0, await RunAsync("uninstall", "--root", _root, "--files-only"));
        Assert.EndsWith("the files are gone\n", _out.ToString(), StringComparison.Ordinal);
        Assert.Equal(before, Tree());
    }

    [Fact]
    public async Task A_plugin_that_is_not_there_is_one_message()
    {
        Assert.Equal(2, await RunAsync("install", "--root", _root, "--plugin", Path.Combine(_root, "none")));
        Assert.EndsWith("/none is missing: build the plugin with 'make cni', or name it with --plugin PATH\n", _error.ToString(), StringComparison.Ordinal);
        Assert.Empty(Tree());
    }

    [Fact]
    public async Task What_is_somebody_elses_is_named_and_nothing_is_written()
    {
        Directory.CreateDirectory(Path.Combine(_root, "opt/cni/bin"));
        await File.WriteAllTextAsync(Path.Combine(_root, "opt/cni/bin/romana-cni"), "another", TestContext.Current.CancellationToken);
        var before = Tree();
        Assert.Equal(1, await RunAsync("install", "--root", _root, "--plugin", Plugin()));
        Assert.Contains("/opt/cni/bin/romana-cni is there and romana-node did not write it", _error.ToString(), StringComparison.Ordinal);
        Assert.Equal(before, Tree());
    }

    [Fact]
    public void The_conflist_appears_with_the_plugins_that_are_there()
    {
        Directory.CreateDirectory(Path.Combine(_root, "opt/cni/bin"));
        File.WriteAllText(Path.Combine(_root, "opt/cni/bin/portmap"), "");
        var options = new AgentOptions { Store = "", Journal = "", Name = "h", Socket = "/run/romana/cni.sock", Root = _root };
        new ConflistFile(options, "/etc/cni/net.d", NullLogger.Instance).Show();
        var text = File.ReadAllText(Path.Combine(_root, "etc/cni/net.d/10-romana.conflist"));
        Assert.Contains("portmap", text, StringComparison.Ordinal);
        Assert.DoesNotContain("bandwidth", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_conflist_of_somebody_else_stays_and_stops_nothing()
    {
        var path = Path.Combine(_root, "etc/cni/net.d/10-romana.conflist");
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, "theirs");
        var options = new AgentOptions { Store = "", Journal = "", Name = "h", Socket = "/run/romana/cni.sock", Root = _root };
        new ConflistFile(options, "/etc/cni/net.d", NullLogger.Instance).Show();
        Assert.Equal("theirs", File.ReadAllText(path));
    }

    private Task<int> RunAsync(params string[] args) =>
        NodeProgram.RunAsync(args, new NodeSurroundings(_out, _error, TimeProvider.System), TestContext.Current.CancellationToken);

    private string Plugin()
    {
        var path = Path.Combine(_built, "romana-cni");
        File.WriteAllText(path, "program");
        return path;
    }

    private List<string> Tree() => [.. Directory.EnumerateFileSystemEntries(_root, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];
}
