using System.Diagnostics;

namespace Romana.Node.Kernel.Tests.Cni;

/// <summary>
/// podman with its CNI backend, in the namespace that plays the node; storage, configuration and images are its own. Of
/// Debian's crun it is said that it does not run under a hybrid of both kinds of cgroups, hence runc.
/// </summary>
internal sealed class Podman : IAsyncDisposable
{
    public const string Image = "localhost/box:1";

    private const string Program = "/usr/bin/podman", Busybox = "/bin/busybox";

    private readonly NodeFixture _node;
    private readonly string _folder;

    private Podman(NodeFixture node, string folder) => (_node, _folder) = (node, folder);

    public static async Task<Podman> SetUpAsync(NodeFixture node)
    {
        foreach (var needed in new[] { Program, Busybox, "/usr/sbin/runc", "/usr/bin/conmon" })
            Assert.True(File.Exists(needed), $"{needed} is missing: apt-get install podman runc conmon busybox-static");
        var folder = Directory.CreateDirectory(Path.Combine(node.Folder, "podman")).FullName;
        var networks = Directory.CreateDirectory(Path.Combine(folder, "net.d")).FullName;
        var podman = new Podman(node, folder);
        await File.WriteAllTextAsync(podman.Configuration, $"""
            [containers]
            default_ulimits = ["nofile=1024:4096", "nproc=4096:8192"]
            pids_limit = 0
            [engine]
            runtime = "runc"
            cgroup_manager = "cgroupfs"
            events_logger = "none"
            [network]
            network_backend = "cni"
            cni_plugin_dirs = ["{Plugins.Folder}"]
            network_config_dir = "{networks}"
            default_network = "romana"
            """);
        await File.WriteAllTextAsync(
            Path.Combine(networks, "10-romana.conflist"),
            $$"""{"cniVersion": "1.0.0", "name": "romana", "plugins": [{"type": "romana-cni", "agentSocket": "{{node.Socket}}"}]}""");
        await podman.ImportAsync();
        return podman;
    }

    private string Configuration => Path.Combine(_folder, "containers.conf");

    /// <summary>What it printed.</summary>
    public async Task<string> RunAsync(params string[] arguments)
    {
        var (code, output, error) = await TryAsync(arguments);
        Assert.True(code == 0, $"podman {string.Join(' ', arguments)}: {error}");
        return output;
    }

    public Task<(int Code, string Output, string Error)> TryAsync(params string[] arguments) => Task.Factory.StartNew(
        () => _node.Host.Host.Space.Run(() =>
        {
            var start = new ProcessStartInfo(
                Program, ["--root", Path.Combine(_folder, "storage"), "--runroot", Path.Combine(_folder, "run"), "--storage-driver", "vfs", .. arguments])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            };
            start.Environment["CONTAINERS_CONF"] = Configuration;
            using var process = Process.Start(start)!;
            var error = process.StandardError.ReadToEndAsync();
            var output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return (process.ExitCode, output.Trim(), error.Result.Trim());
        }),
        TaskCreationOptions.LongRunning);

    public async ValueTask DisposeAsync() => await TryAsync("rm", "--all", "--force", "--time", "0");

    /// <summary>An image that is nothing but busybox.</summary>
    private async Task ImportAsync()
    {
        var bin = Directory.CreateDirectory(Path.Combine(_folder, "image", "bin")).FullName;
        File.Copy(Busybox, Path.Combine(bin, "busybox"));
        foreach (var name in new[] { "sleep", "ping" }) File.CreateSymbolicLink(Path.Combine(bin, name), "busybox");
        var archive = Path.Combine(_folder, "image.tar");
        await System.Formats.Tar.TarFile.CreateFromDirectoryAsync(Path.Combine(_folder, "image"), archive, includeBaseDirectory: false);
        await RunAsync("import", archive, Image);
    }
}
