using System.Diagnostics;
using System.Text;

namespace Romana.EndToEnd.Tests;

/// <summary>The demo at a terminal: however and whenever it is stopped, no process and no file of it is left.</summary>
public sealed class DemoStopTests : IDisposable
{
    private readonly TempFolder _temp = new();
    private readonly List<Process> _started = [];

    public void Dispose()
    {
        foreach (var demo in _started)
        {
            if (!demo.HasExited) demo.Kill(entireProcessTree: true);
            demo.Dispose();
        }

        _temp.Dispose();
    }

    [Theory]
    [InlineData("INT", "VPC vpc-")]
    [InlineData("INT", "topology init aws")]
    [InlineData("INT", "topology apply")]
    [InlineData("INT", "romana plan")]
    [InlineData("INT", "  CreateRoute")]
    [InlineData("INT", "Hosts now join")]
    [InlineData("TERM", "romana controller")]
    [InlineData("HUP", "  CreateRoute")]
    public async Task A_signal_to_all_of_it_ends_all_of_it(string signal, string moment)
    {
        var demo = Start("exec setsid env --default-signal=INT,HUP,TERM \"$0\" --speed 50 --hosts 4");
        var seen = new StringBuilder();
        await ReadToAsync(demo, seen, moment);

        // The shell has become the demo, which leads a group of its own as the foreground job of a terminal does.
        using (var kill = Process.Start("kill", ["-s", signal, "--", $"-{demo.Id}"])) await kill.WaitForExitAsync(TestContext.Current.CancellationToken);

        seen.Append(await demo.StandardOutput.ReadToEndAsync(Rig.Bounded(TestContext.Current.CancellationToken)));
        await demo.WaitForExitAsync(Rig.Bounded(TestContext.Current.CancellationToken));
        Assert.True(demo.ExitCode == 0, $"exit code {demo.ExitCode}: {seen}");
        Assert.Contains("Stopped; nothing is left behind.", seen.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("failed", seen.ToString(), StringComparison.Ordinal);
        NothingIsLeft();
    }

    [Fact]
    public async Task A_pipe_whose_reader_has_gone_ends_it()
    {
        var demo = Start("\"$0\" --speed 50 | head -n 3");

        await demo.StandardOutput.ReadToEndAsync(Rig.Bounded(TestContext.Current.CancellationToken));
        await demo.WaitForExitAsync(Rig.Bounded(TestContext.Current.CancellationToken));

        Assert.Equal(0, demo.ExitCode);
        NothingIsLeft();
    }

    [Fact]
    public async Task Two_demos_side_by_side_do_not_meet()
    {
        var one = Start("exec \"$0\" --once --speed 50 --hosts 4");
        var two = Start("exec \"$0\" --once --speed 50 --hosts 6");
        foreach (var (demo, blocks) in ((Process, int)[])[(one, 4), (two, 6)])
        {
            var said = await demo.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
            await demo.WaitForExitAsync(TestContext.Current.CancellationToken);
            Assert.True(demo.ExitCode == 0, said);
            Assert.Contains($"{blocks} of {blocks} blocks", said, StringComparison.Ordinal);
        }

        NothingIsLeft();
    }

    [Theory]
    [InlineData("--hlep", "'--hlep' is no option")]
    [InlineData("--hlep 3", "'--hlep' is no option")]
    [InlineData("--hosts", "--hosts wants a value")]
    [InlineData("--hosts many", "--hosts many: wanted is a whole number from 0 to 2000")]
    [InlineData("--zones 9", "--zones 9: wanted is a whole number from 1 to 8")]
    [InlineData("--speed 0", "--speed 0: wanted is a number from 0.1 to 1000")]
    [InlineData("--romana /nowhere", "--romana /nowhere: wanted is the path of the program")]
    public async Task Wrong_words_are_named_with_what_there_is(string words, string said)
    {
        var demo = Start($"exec \"$0\" {words} 2>&1");
        var text = await demo.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await demo.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(2, demo.ExitCode);
        Assert.StartsWith($"romana-demo: {said}", text, StringComparison.Ordinal);
        Assert.Contains("--once", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_that_cannot_be_made_is_one_line()
    {
        var demo = Start("TMPDIR=\"$TMPDIR/nowhere\" exec \"$0\" --once 2>&1");
        var text = await demo.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await demo.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(1, demo.ExitCode);
        Assert.StartsWith("romana-demo: ", text, StringComparison.Ordinal);
        Assert.Single(text.TrimEnd().Split('\n'));
    }

    /// <param name="script">For sh; $0 is the demo.</param>
    private Process Start(string script)
    {
        var start = new ProcessStartInfo("sh", ["-c", script, Path.Combine(AppContext.BaseDirectory, "romana-demo")]) { RedirectStandardOutput = true };
        start.Environment["TMPDIR"] = _temp.Path;
        var demo = Process.Start(start)!;
        _started.Add(demo);
        return demo;
    }

    private static async Task ReadToAsync(Process demo, StringBuilder seen, string text)
    {
        // It starts a dozen processes on its way; only its end has to be quick.
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        while (await demo.StandardOutput.ReadLineAsync(limit.Token) is { } line)
        {
            seen.AppendLine(line);
            if (line.Contains(text, StringComparison.Ordinal)) return;
        }

        Assert.Fail($"'{text}' was not said: {seen}");
    }

    /// <summary>A process of the demo has its folder, which is in ours, in its arguments.</summary>
    private void NothingIsLeft()
    {
        Assert.Empty(Directory.GetFileSystemEntries(_temp.Path, "romana-demo-*"));
        Assert.DoesNotContain(Directory.GetDirectories("/proc").Where(folder => int.TryParse(Path.GetFileName(folder), out _)), IsOurs);
    }

    private bool IsOurs(string process)
    {
        try
        {
            return File.ReadAllText(Path.Combine(process, "cmdline")).Contains(_temp.Path, StringComparison.Ordinal);
        }
        catch (IOException)
        {
            // It ended meanwhile.
            return false;
        }
    }
}
