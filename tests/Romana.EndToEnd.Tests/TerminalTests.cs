using System.Diagnostics;
using System.Text;

namespace Romana.EndToEnd.Tests;

/// <summary>What a person at a terminal meets around the programs themselves: Ctrl-C while `make run` still builds, and NO_COLOR.</summary>
public sealed class TerminalTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    // A build that dies of the signal, and one that ends by itself with the exit code of a failed build, as MSBuild does.
    [InlineData("INT", "trap - INT", 130)]
    [InlineData("INT", "trap 'echo build cancelled; exit 1' INT", 130)]
    [InlineData("TERM", "trap 'echo build cancelled; exit 1' TERM", 143)]
    [InlineData("HUP", "trap 'echo build cancelled; exit 1' HUP", 129)]
    public async Task A_signal_while_the_demo_is_built_ends_it_and_says_nothing(string signal, string build, int exitCode)
    {
        var scripts = Directory.CreateDirectory(Path.Combine(_folder.Path, "scripts")).FullName;
        File.Copy(Path.Combine(Root, "scripts", "demo.sh"), Path.Combine(scripts, "demo.sh"));
        Program(Path.Combine(scripts, "restore.sh"), "exit 0");
        var begun = Path.Combine(_folder.Path, "begun");
        Program(Path.Combine(Directory.CreateDirectory(Path.Combine(_folder.Path, "bin")).FullName, "dotnet"), $"{build}; echo $$ > {begun}.new; mv {begun}.new {begun}; while :; do read -t 1 line <> <(:); done");
        using var run = Start(["setsid", "env", "--default-signal=INT,HUP,TERM", Path.Combine(scripts, "demo.sh"), "--once"],
            ("PATH", $"{_folder.Path}/bin:{Environment.GetEnvironmentVariable("PATH")}"));
        await UntilAsync(() => File.Exists(begun));

        // The whole foreground job, as a terminal does.
        using (var kill = Process.Start("kill", ["-s", signal, "--", $"-{run.Id}"])) await kill.WaitForExitAsync(TestContext.Current.CancellationToken);

        var (output, errors) = (run.StandardOutput.ReadToEndAsync(Rig.Bounded(TestContext.Current.CancellationToken)), run.StandardError.ReadToEndAsync(Rig.Bounded(TestContext.Current.CancellationToken)));
        await run.WaitForExitAsync(Rig.Bounded(TestContext.Current.CancellationToken));
        Assert.Equal((exitCode, "", ""), (run.ExitCode, await output, await errors));

        // It had the signal itself, and may end a moment after those that started it.
        var builder = $"/proc/{(await File.ReadAllTextAsync(begun, TestContext.Current.CancellationToken)).Trim()}";
        await UntilAsync(() => !Directory.Exists(builder));
    }

    [Theory]
    [InlineData("romana-demo", "--once --hosts 2 --speed 100")]
    [InlineData("romana", "topology show docs/examples/zones.yaml")]
    public async Task On_a_terminal_there_are_colours_and_NO_COLOR_takes_them_away(string program, string arguments)
    {
        Assert.NotEmpty(Colours(await OnTerminalAsync(program, arguments, null)));
        Assert.Empty(Colours(await OnTerminalAsync(program, arguments, "1")));

        // Set and empty is not set (no-color.org).
        Assert.NotEmpty(Colours(await OnTerminalAsync(program, arguments, "")));
    }

    /// <summary>Sequences that set a colour: 30 to 49 and 90 to 107, and those that begin with them; bold and reset are none.</summary>
    private static List<string> Colours(string text) => [.. System.Text.RegularExpressions.Regex.Matches(text, "\u001b\\[(3|4|9|10)[0-9;]+m").Select(match => match.Value)];

    /// <summary>Under script(1), which gives a program a terminal.</summary>
    private static async Task<string> OnTerminalAsync(string program, string arguments, string? noColor)
    {
        using var run = Start(["script", "-qec", $"{Path.Combine(AppContext.BaseDirectory, program)} {arguments}", "/dev/null"],
            ("TERM", "xterm-256color"), ("NO_COLOR", noColor));

        // The demo starts a dozen processes on its way.
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeSpan.FromMinutes(2));
        var (said, errors) = (run.StandardOutput.ReadToEndAsync(limit.Token), run.StandardError.ReadToEndAsync(limit.Token));
        await run.WaitForExitAsync(limit.Token);
        Assert.True(run.ExitCode == 0, $"{await said}{await errors}");
        return await said;
    }

    private static Process Start(string[] command, params (string Name, string? Value)[] environment)
    {
        var start = new ProcessStartInfo(command[0], command.Skip(1)) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = Root };
        foreach (var (name, value) in environment)
        {
            if (value is null) start.Environment.Remove(name);
            else start.Environment[name] = value;
        }

        return Process.Start(start)!;
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        using var limit = new CancellationTokenSource(Rig.Limit);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        while (!condition()) await timer.WaitForNextTickAsync(limit.Token);
    }

    private static void Program(string path, string body)
    {
        File.WriteAllText(path, $"#!/usr/bin/env bash\n{body}\n", new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    private static string Root
    {
        get
        {
            var folder = AppContext.BaseDirectory;
            while (!File.Exists(Path.Combine(folder, "Romana.sln"))) folder = Path.GetDirectoryName(folder)!;
            return folder;
        }
    }
}
