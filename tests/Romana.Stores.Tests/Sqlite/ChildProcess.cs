using System.Diagnostics;

namespace Romana.Stores.Tests.Sqlite;

/// <summary>One run of Romana.Stores.Child; killed, by its own id, at the latest when it is disposed.</summary>
internal sealed class ChildProcess : IDisposable
{
    private readonly Process _process;

    public ChildProcess(params string[] arguments) => _process = Process.Start(
        new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "Romana.Stores.Child"), arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardInput = true,
        })!;

    public int Id => _process.Id;

    /// <summary>The next acknowledgement; null when the child is gone.</summary>
    public Task<string?> ReadLineAsync(CancellationToken cancel) =>
        _process.StandardOutput.ReadLineAsync(cancel).AsTask().WaitAsync(TimeSpan.FromSeconds(30), cancel);

    /// <summary>What is left of its output, and its exit code.</summary>
    public async Task<(string[] Lines, int ExitCode)> EndAsync(CancellationToken cancel)
    {
        var text = await _process.StandardOutput.ReadToEndAsync(cancel).WaitAsync(TimeSpan.FromSeconds(60), cancel);
        await _process.WaitForExitAsync(cancel);
        return (text.Split('\n', StringSplitOptions.RemoveEmptyEntries), _process.ExitCode);
    }

    /// <summary>SIGKILL. Returns the acknowledgements that were still in the pipe.</summary>
    public async Task<string[]> KillAsync(CancellationToken cancel)
    {
        _process.Kill();
        return (await EndAsync(cancel)).Lines;
    }

    public void Dispose()
    {
        if (!_process.HasExited) _process.Kill();
        _process.Dispose();
    }
}
