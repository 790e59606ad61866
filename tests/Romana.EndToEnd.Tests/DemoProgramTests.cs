using System.Diagnostics;

namespace Romana.EndToEnd.Tests;

/// <summary>What `make run ARGS=--once` runs: the demo with the real controller as its child.</summary>
public sealed class DemoProgramTests
{
    [Fact]
    public async Task The_demo_converges_prints_the_tables_and_leaves_nothing()
    {
        var temp = Directory.CreateTempSubdirectory("romana-demo-test-").FullName;
        try
        {
            var (exitCode, output) = await RunAsync(temp, "--once", "--zones", "2", "--hosts", "5", "--speed", "50");
            Assert.True(exitCode == 0, output);
            foreach (var words in (string[])["Zone us-west-2a: pods in 10.244.", "block of host-5", "cover of subnet b2", "not ours: never touched",
                         "CreateRoute", "Reachable: 5 of 5 blocks"])
                Assert.Contains(words, output, StringComparison.Ordinal);
            Assert.Empty(Directory.GetFileSystemEntries(temp, "romana-demo-*"));
        }
        finally
        {
            Directory.Delete(temp, true);
        }
    }

    [Fact]
    public async Task A_deadline_that_passes_is_said_plainly()
    {
        var temp = Directory.CreateTempSubdirectory("romana-demo-test-").FullName;
        try
        {
            var (exitCode, output) = await RunAsync(temp, "--once", "--deadline", "1");
            Assert.Equal(1, exitCode);
            Assert.Contains("failed: the route tables are not in place after 1 s", output, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(temp, true);
        }
    }

    /// <param name="temp">Where the demo makes its own folder.</param>
    private static async Task<(int ExitCode, string Output)> RunAsync(string temp, params string[] args)
    {
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "romana-demo"), args) { RedirectStandardOutput = true };
        start.Environment["TMPDIR"] = temp;
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, await output);
    }
}
