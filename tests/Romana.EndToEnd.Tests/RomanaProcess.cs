using System.Diagnostics;
using System.Text;

namespace Romana.EndToEnd.Tests;

/// <summary>The real program on a SQLite file of its own, against the rig's endpoint.</summary>
internal sealed class RomanaProcess : IDisposable
{
    private readonly Process _process;
    private readonly StringBuilder _output = new();
    private readonly StringBuilder _errors = new();
    private readonly Lock _gate = new();
    private bool _disposed;
    private TaskCompletionSource _said = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private RomanaProcess(ProcessStartInfo start)
    {
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, line) => Add(_output, line.Data);
        _process.ErrorDataReceived += (_, line) => Add(_errors, line.Data);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    public string Errors => Text(_errors);

    public static RomanaProcess Start(Rig rig, string folder, string command, params string[] more) => Plain(folder,
    [
        command, "--store", Path.Combine(folder, "romana.db"), "--vpc", rig.Options.Vpc, "--region", "us-west-2",
        "--endpoint", rig.Endpoint.Url.ToString(), "--settle", "0.1", "--rate-scale", "100", "--new-store", .. more,
    ]);

    public static RomanaProcess Plain(string folder, params string[] args) => Under(folder, [], args);

    /// <param name="prefix">A command that runs the program, such as "unshare" with its options; none for the program itself.</param>
    public static RomanaProcess Under(string folder, string[] prefix, params string[] args) =>
        Of(typeof(Cloud.Control.ControllerHost).Assembly.Location, folder, prefix, args);

    /// <summary>`romana-node` in the namespace of the calling thread.</summary>
    public static RomanaProcess Node(string folder, params string[] args) => NodeUnder(folder, [], args);

    /// <inheritdoc cref="Node"/>
    /// <param name="prefix">As of <see cref="Under"/>.</param>
    public static RomanaProcess NodeUnder(string folder, string[] prefix, params string[] args) =>
        Of(typeof(Node.Agent.AgentOptions).Assembly.Location, folder, prefix, args);

    private static RomanaProcess Of(string program, string folder, string[] prefix, string[] args)
    {
        // Whoever runs the tests in the background of a shell has SIGINT ignored, and children inherit that.
        string[] all = [.. prefix, "env", "--default-signal=INT", "dotnet", program, .. args];
        var start = new ProcessStartInfo(all[0], all.Skip(1))
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            WorkingDirectory = folder,
        };
        (start.Environment["AWS_ACCESS_KEY_ID"], start.Environment["AWS_SECRET_ACCESS_KEY"]) = ("test", "test");
        start.Environment["AWS_EC2_METADATA_DISABLED"] = "true";
        foreach (var name in (string[])["AWS_PROFILE", "AWS_SESSION_TOKEN", "ROMANA_STORE", "ROMANA_CLUSTER"]) start.Environment.Remove(name);
        return new RomanaProcess(start);
    }

    /// <summary>SIGKILL: no handler runs.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync(Rig.Bounded());
    }

    /// <param name="name">"TERM", "INT".</param>
    public void Signal(string name)
    {
        using var kill = Process.Start("kill", ["-s", name, $"{_process.Id}"]);
        kill.WaitForExit();
    }

    /// <summary>Until standard error holds the text; what stands before and after it on its line is answered.</summary>
    public async Task<string> SaysAsync(string text)
    {
        var limit = Rig.Bounded();
        while (true)
        {
            var next = Volatile.Read(ref _said).Task;
            if (Errors.Split('\n').FirstOrDefault(line => line.Contains(text, StringComparison.Ordinal)) is { } found) return found;
            try
            {
                await next.WaitAsync(limit);
            }
            catch (OperationCanceledException)
            {
                Assert.Fail($"'{text}' was not said within {Rig.Limit}: {Errors}");
            }
        }
    }

    public async Task<(int ExitCode, string Output, string Errors)> EndAsync()
    {
        _process.StandardInput.Close();
        await _process.WaitForExitAsync(Rig.Bounded());
        return (_process.ExitCode, Text(_output), Errors);
    }

    public void Dispose()
    {
        if (_disposed) return;
        _disposed = true;
        if (!_process.HasExited) _process.Kill();
        _process.Dispose();
    }

    private string Text(StringBuilder text)
    {
        lock (_gate) return text.ToString();
    }

    private void Add(StringBuilder text, string? line)
    {
        if (line is null) return;
        lock (_gate) text.Append(line).Append('\n');
        Interlocked.Exchange(ref _said, new(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
    }
}
