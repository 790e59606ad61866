using System.Diagnostics;

namespace Romana.EndToEnd.Tests;

/// <summary>The real program on a SQLite file of its own, against the rig's endpoint.</summary>
internal sealed class RomanaProcess : IDisposable
{
    private readonly Process _process;
    private readonly Task<string> _output;
    private readonly Task<string> _errors;

    private RomanaProcess(Process process)
    {
        _process = process;
        _output = process.StandardOutput.ReadToEndAsync();
        _errors = process.StandardError.ReadToEndAsync();
    }

    public static RomanaProcess Start(Rig rig, string folder, string command, params string[] more) => Plain(folder,
    [
        command, "--store", Path.Combine(folder, "romana.db"), "--vpc", rig.Options.Vpc, "--region", "us-west-2",
        "--endpoint", rig.Endpoint.Url.ToString(), "--settle", "0.1", "--rate-scale", "100", "--new-store", .. more,
    ]);

    public static RomanaProcess Plain(string folder, params string[] args)
    {
        var start = new ProcessStartInfo("dotnet")
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            WorkingDirectory = folder,
        };
        start.ArgumentList.Add(typeof(Cloud.Control.ControllerHost).Assembly.Location);
        foreach (var arg in args) start.ArgumentList.Add(arg);
        (start.Environment["AWS_ACCESS_KEY_ID"], start.Environment["AWS_SECRET_ACCESS_KEY"]) = ("test", "test");
        start.Environment["AWS_EC2_METADATA_DISABLED"] = "true";
        return new RomanaProcess(Process.Start(start)!);
    }

    /// <summary>SIGKILL: no handler runs.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync(Rig.Bounded());
    }

    public async Task<(int ExitCode, string Output, string Errors)> EndAsync()
    {
        _process.StandardInput.Close();
        await _process.WaitForExitAsync(Rig.Bounded());
        return (_process.ExitCode, await _output, await _errors);
    }

    public void Dispose()
    {
        if (!_process.HasExited) _process.Kill();
        _process.Dispose();
    }
}
