using System.Collections.Immutable;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Romana.Demo.Show;

/// <param name="Output">Standard output.</param>
/// <param name="Error">Standard error.</param>
internal sealed record ChildResult(int ExitCode, string Output, string Error);

/// <summary>The program `romana` as its user runs it: a process with arguments and environment variables.</summary>
internal sealed class RomanaChild(string program, string folder)
{
    private static readonly ImmutableArray<(string Name, string Value)> Variables =
    [
        ("AWS_ACCESS_KEY_ID", "AKIADEMO"),
        ("AWS_SECRET_ACCESS_KEY", "demo"),
        ("AWS_REGION", "us-west-2"),
        ("AWS_EC2_METADATA_DISABLED", "true"),
    ];

    /// <summary>Beside this program's own output folder as the build lays it, else on PATH.</summary>
    public static string? Find()
    {
        var own = AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar);
        var sibling = own.Replace("Romana.Demo", "Romana.Cloud", StringComparison.Ordinal);
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Prepend(sibling).Prepend(own);
        return folders.Select(place => Path.Combine(place, "romana")).FirstOrDefault(File.Exists);
    }

    /// <summary>Runs a command to its end.</summary>
    public async Task<ChildResult> RunAsync(CancellationToken cancel, params string[] arguments)
    {
        using var process = Start(arguments);
        var output = process.StandardOutput.ReadToEndAsync(cancel);
        var error = process.StandardError.ReadToEndAsync(cancel);
        try
        {
            await process.WaitForExitAsync(cancel).ConfigureAwait(false);
            return new ChildResult(process.ExitCode, await output.ConfigureAwait(false), await error.ConfigureAwait(false));
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill();

                // It must be gone before its folder is.
                await process.WaitForExitAsync(CancellationToken.None).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Starts a command that runs until it is stopped; each of its log lines goes to <paramref name="log"/>.</summary>
    public Running StartLong(Action<string> log, params string[] arguments)
    {
        var process = Start(arguments);
        process.OutputDataReceived += (_, line) => log(line.Data ?? "");
        process.ErrorDataReceived += (_, line) => log(line.Data ?? "");
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return new Running(process);
    }

    private Process Start(string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = folder,
        };
        foreach (var (name, value) in Variables) start.Environment[name] = value;
        // A profile or a session of the person at the keyboard must not reach a demo.
        start.Environment.Remove("AWS_PROFILE");
        start.Environment.Remove("AWS_SESSION_TOKEN");
        return Process.Start(start) ?? throw new InvalidOperationException($"{program} did not start");
    }

    /// <summary>A child that runs. Disposing stops it as an operator would: SIGTERM to its own id, SIGKILL after ten seconds.</summary>
    internal sealed class Running(Process process) : IAsyncDisposable
    {
        private const int Sigterm = 15;
        private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

        public int Id => process.Id;

        public bool HasExited => process.HasExited;

        public int ExitCode => process.ExitCode;

        public async ValueTask DisposeAsync()
        {
            if (!process.HasExited)
            {
                _ = Kill(process.Id, Sigterm);
                using var limit = new CancellationTokenSource(Patience);
                try
                {
                    await process.WaitForExitAsync(limit.Token).ConfigureAwait(false);
                }
                catch (OperationCanceledException)
                {
                    process.Kill();
                    await process.WaitForExitAsync(CancellationToken.None).ConfigureAwait(false);
                }
            }

            process.Dispose();
        }

        [DllImport("libc", EntryPoint = "kill")]
        [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
        private static extern int Kill(int process, int signal);
    }
}
