using System.Diagnostics;
using System.Text;

namespace Romana.Node.Kernel.Tests.Cni;

/// <summary>
/// containerd with its CRI plugin, spoken to as a kubelet does; it runs in the namespace that plays the node, and all that
/// it keeps is in a folder of its own.
/// </summary>
internal sealed class Containerd : IAsyncDisposable
{
    private const string Program = "/usr/bin/containerd", Pause = "localhost/pause:1";

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private readonly NodeFixture _node;
    private readonly string _folder;
    private readonly StringBuilder _words = new();
    private readonly Cri _cri;
    private Process? _process;

    private Containerd(NodeFixture node, string folder)
    {
        (_node, _folder) = (node, folder);
        _cri = new Cri(Socket);
    }

    private string Socket => Path.Combine(_folder, "containerd.sock");

    /// <summary>What it wrote to its log.</summary>
    public string Words
    {
        get { lock (_words) return _words.ToString(); }
    }

    public static async Task<Containerd> StartAsync(NodeFixture node)
    {
        Assert.True(File.Exists(Program), $"{Program} is missing: apt-get install containerd");
        var folder = Directory.CreateDirectory(Path.Combine(node.Folder, "containerd")).FullName;
        var containerd = new Containerd(node, folder);
        await containerd.WriteConfigurationAsync();
        containerd._process = node.Host.Host.Space.Run(() => Process.Start(new ProcessStartInfo(Program, ["--config", Path.Combine(folder, "config.toml")])
        {
            RedirectStandardError = true,
        })!);
        containerd._process.ErrorDataReceived += (_, line) =>
        {
            lock (containerd._words) containerd._words.AppendLine(line.Data);
        };
        containerd._process.BeginErrorReadLine();
        Assert.True(SpinWait.SpinUntil(() => containerd.Words.Contains("successfully booted", StringComparison.Ordinal) || containerd._process.HasExited, Limit), containerd.Words);
        Assert.False(containerd._process.HasExited, containerd.Words);
        await containerd.ImportAsync();
        return containerd;
    }

    /// <summary>A pod with one container that sleeps; their ids.</summary>
    public async Task<(string Sandbox, string Container)> RunPodAsync(string name)
    {
        var pod = new Proto().Message(1, new Proto().Text(1, name).Text(2, $"uid-{name}").Text(3, "shop")).Text(3, _folder).Message(8, new Proto());
        var sandbox = Text(await _cri.CallAsync("RunPodSandbox", new Proto().Message(1, pod)), 1);
        var container = new Proto().Message(1, new Proto().Text(1, "box")).Message(2, new Proto().Text(1, Podman.Image)).Text(3, "/bin/sleep", "600");
        var id = Text(await _cri.CallAsync("CreateContainer", new Proto().Text(1, sandbox).Message(2, container).Message(3, pod)), 1);
        await _cri.CallAsync("StartContainer", new Proto().Text(1, id));
        return (sandbox, id);
    }

    /// <summary>Its addresses, as a kubelet would publish them.</summary>
    public async Task<string[]> AddressesAsync(string sandbox)
    {
        var network = Proto.Read((await Status(sandbox))[5].Single());
        return [Text(network, 1), .. network[2].Select(more => Text(Proto.Read(more), 1))];
    }

    public async Task<string> ExecAsync(string container, params string[] command) =>
        Text(await _cri.CallAsync("ExecSync", new Proto().Text(1, container).Text(2, command).Number(3, 30)), 1);

    public async Task RemovePodAsync(string sandbox)
    {
        await _cri.CallAsync("StopPodSandbox", new Proto().Text(1, sandbox));
        await _cri.CallAsync("RemovePodSandbox", new Proto().Text(1, sandbox));
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is { HasExited: false })
        {
            foreach (var one in (await _cri.CallAsync("ListPodSandbox", new Proto()))[1]) await RemovePodAsync(Text(Proto.Read(one), 1));
            _process.Kill();
            await _process.WaitForExitAsync();
        }

        _process?.Dispose();
        _cri.Dispose();
    }

    private static string Text(ILookup<int, byte[]> message, int field) => Encoding.UTF8.GetString(message[field].FirstOrDefault() ?? []);

    private async Task<ILookup<int, byte[]>> Status(string sandbox) =>
        Proto.Read((await _cri.CallAsync("PodSandboxStatus", new Proto().Text(1, sandbox)))[1].Single());

    private async Task WriteConfigurationAsync()
    {
        var (binaries, networks) = (Directory.CreateDirectory(Path.Combine(_folder, "bin")).FullName, Directory.CreateDirectory(Path.Combine(_folder, "net.d")).FullName);
        File.CreateSymbolicLink(Path.Combine(binaries, "romana-cni"), Plugins.Ours);
        File.CreateSymbolicLink(Path.Combine(binaries, "loopback"), Plugins.OfDebian("loopback"));
        await File.WriteAllTextAsync(
            Path.Combine(networks, "10-romana.conflist"),
            $$"""{"cniVersion": "1.0.0", "name": "romana", "plugins": [{"type": "romana-cni", "agentSocket": "{{_node.Socket}}"}]}""");
        await File.WriteAllTextAsync(Path.Combine(_folder, "config.toml"), $"""
            version = 2
            root = "{_folder}/root"
            state = "{_folder}/state"
            [grpc]
            address = "{Socket}"
            [plugins."io.containerd.internal.v1.opt"]
            path = "{_folder}/opt"
            [plugins."io.containerd.grpc.v1.cri"]
            sandbox_image = "{Pause}"
            restrict_oom_score_adj = true
            disable_apparmor = true
            [plugins."io.containerd.grpc.v1.cri".cni]
            bin_dir = "{binaries}"
            conf_dir = "{networks}"
            [plugins."io.containerd.grpc.v1.cri".containerd]
            snapshotter = "native"
            """);
    }

    /// <summary>podman makes the images: there is no registry.</summary>
    private async Task ImportAsync()
    {
        await using var podman = await Podman.SetUpAsync(_node);
        await podman.RunAsync("import", "--change", "ENTRYPOINT [\"/bin/sleep\", \"100000\"]", Path.Combine(_node.Folder, "podman", "image.tar"), Pause);
        foreach (var image in new[] { Podman.Image, Pause })
        {
            var archive = Path.Combine(_folder, "image.tar");
            File.Delete(archive);
            await podman.RunAsync("save", "--format", "docker-archive", "--output", archive, image);
            _node.Host.Host.Run("ctr", $"--address {Socket} --namespace k8s.io images import --snapshotter native {archive}");
        }
    }
}
