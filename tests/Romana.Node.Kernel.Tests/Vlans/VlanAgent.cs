using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using Romana.Node.Agent;
using Romana.Node.Commands;
using Romana.Node.Kernel.Tests.Cni;

namespace Romana.Node.Kernel.Tests.Vlans;

/// <summary>`romana-node agent` as a process of its own in a host's namespace; killed, by its own id, at the latest when it is disposed.</summary>
internal sealed class VlanAgent : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60), Look = TimeSpan.FromMilliseconds(20);

    private readonly ConcurrentQueue<string> _said = new();
    private readonly TimeProvider _clock = TimeProvider.System;
    private readonly VlanHost _host;
    private readonly string _folder, _store;
    private Process? _process;

    public VlanAgent(VlanHost host, string folder, string store) => (_host, _folder, _store) = (host, Path.Combine(folder, host.Name), store);

    public string Socket => Path.Combine(_folder, "cni.sock");

    public string Log => string.Join('\n', _said);

    public void Start()
    {
        Directory.CreateDirectory(_folder);
        _process = _host.Node.Space.Run(() => Process.Start(new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "romana-node"),
            ["agent", "--store", _store, "--journal", Path.Combine(_folder, "journal.db"), "--socket", Socket, "--name", _host.Name, "--machine-id", VlanStore.MachineId(_host)])
        {
            RedirectStandardError = true,
        })!);
        _process.ErrorDataReceived += (_, line) => _said.Enqueue(line.Data ?? "");
        _process.BeginErrorReadLine();
    }

    /// <summary>As kill -9 does.</summary>
    public void Kill()
    {
        if (_process is null) return;
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
        _process = null;
    }

    /// <summary>It serves, has nothing to say, and has not written for two looks.</summary>
    public async Task SettledAsync(bool isRefusing = false)
    {
        long? before = null;
        await UntilAsync(async () =>
        {
            var page = await StatusAsync();
            var isQuiet = page is { Waiting: null } && (page.Troubles.Count == 0 || isRefusing) && page.KernelWrites == before;
            before = page?.KernelWrites;
            return isQuiet;
        });
    }

    /// <summary>Null: it does not answer.</summary>
    public async Task<StatusPage?> StatusAsync()
    {
        try
        {
            return JsonSerializer.Deserialize(await AgentSocket.GetAsync(Socket, AgentPages.Status, TestContext.Current.CancellationToken), PageJson.Default.StatusPage);
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>The plugin, as a runtime on this host starts it.</summary>
    public Task<PluginAnswer> AskAsync(string command, string pod, string netns, string tenant = "") => Plugins.RunAsync(
        _host.Node.Space, Plugins.Ours, command, pod, netns, Configuration(command), tenant.Length == 0 ? "" : $"K8S_POD_NAMESPACE={tenant};K8S_POD_NAME={pod}");

    public async Task UntilAsync(Func<Task<bool>> condition)
    {
        using var limit = new CancellationTokenSource(Limit);
        while (!await condition())
        {
            if (limit.IsCancellationRequested) Assert.Fail($"{_host.Name} does not get there: {JsonSerializer.Serialize(await StatusAsync())}\n{Log}");
            await Task.Delay(Look, _clock, TestContext.Current.CancellationToken);
        }
    }

    public void Dispose() => Kill();

    private JsonObject Configuration(string command) => Plugins.Configuration(Socket, command == "STATUS" ? "1.1.0" : "1.0.0");
}
