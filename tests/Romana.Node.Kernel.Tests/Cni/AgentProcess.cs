using System.Diagnostics;

namespace Romana.Node.Kernel.Tests.Cni;

/// <summary>The agent as a process of its own; killed, by its own id, at the latest when it is disposed.</summary>
internal sealed class AgentProcess : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private readonly Process _process;

    private AgentProcess(Process process) => _process = process;

    /// <summary>It listens when this is done.</summary>
    public static async Task<AgentProcess> StartAsync(string folder, Sandbox host)
    {
        var start = new ProcessStartInfo(
            Path.Combine(AppContext.BaseDirectory, "Romana.Node.Child"), [folder, $"/proc/{Environment.ProcessId}/fd/{host.Space.Handle.Handle}"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        var agent = new AgentProcess(Process.Start(start)!);
        Assert.Equal("listening", await agent.ReadAsync());
        return agent;
    }

    public async Task KillAfterAsync(int changes)
    {
        await _process.StandardInput.WriteLineAsync($"kill {changes}");
        Assert.Equal("ready", await ReadAsync());
    }

    /// <summary>What it did last; null when it was not killed.</summary>
    public async Task<string?> LastAsync()
    {
        _process.StandardInput.Close();
        var last = await ReadAsync();
        await _process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(Limit, TestContext.Current.CancellationToken);
        Assert.Equal(last is null ? 0 : 128 + 9, _process.ExitCode);
        return last;
    }

    public void Dispose()
    {
        if (!_process.HasExited) _process.Kill();
        _process.Dispose();
    }

    private Task<string?> ReadAsync() => _process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(Limit, TestContext.Current.CancellationToken);
}
