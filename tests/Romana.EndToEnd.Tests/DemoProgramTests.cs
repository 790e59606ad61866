using System.Diagnostics;

namespace Romana.EndToEnd.Tests;

/// <summary>What `make run ARGS=--once` runs: the demo with the real controller as its child.</summary>
public sealed class DemoProgramTests
{
    /// <summary>What the README shows of `make run ARGS=--once` is what the program prints; only its calls come in any order.</summary>
    [Fact]
    public async Task The_demo_converges_prints_what_the_readme_shows_and_leaves_nothing()
    {
        var temp = Directory.CreateTempSubdirectory("romana-demo-test-").FullName;
        try
        {
            var (exitCode, output) = await RunAsync(temp, "--once", "--speed", "50");
            Assert.True(exitCode == 0, output);
            var printed = output.Split('\n').Select(line => line.TrimEnd()).ToList();
            var at = 0;
            foreach (var line in ShownInReadme())
            {
                var isCall = line.StartsWith("  CreateRoute", StringComparison.Ordinal) || line.StartsWith("  Modify", StringComparison.Ordinal);
                var found = printed.IndexOf(line, isCall ? 0 : at);
                Assert.True(found >= 0, $"the README shows '{line}', the program does not (there):\n{output}");
                if (!isCall) at = found + 1;
            }

            Assert.All(printed, line => Assert.InRange(line.Length, 0, 100));
            Assert.Empty(Directory.GetFileSystemEntries(temp, "romana-demo-*"));
        }
        finally
        {
            Directory.Delete(temp, true);
        }
    }

    [Fact]
    public async Task Tables_too_small_for_any_route_are_a_failure()
    {
        var temp = Directory.CreateTempSubdirectory("romana-demo-test-").FullName;
        try
        {
            var (exitCode, output) = await RunAsync(temp, "--once", "--zones", "1", "--hosts", "3", "--limit", "2", "--speed", "50");
            Assert.True(exitCode == 1, output);
            foreach (var words in (string[])["limit 2 (quota L-93826ACB)", "3 planned, 3 made", "failed: blocks are out of reach"])
                Assert.Contains(words, output, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(temp, true);
        }
    }

    [Fact]
    public async Task More_hosts_than_routes_converge_to_aggregated_tables_and_every_block_is_reached()
    {
        var temp = Directory.CreateTempSubdirectory("romana-demo-test-").FullName;
        try
        {
            var (exitCode, output) = await RunAsync(temp, "--once", "--hosts", "120", "--limit", "50", "--speed", "50");
            Assert.True(exitCode == 0, output);
            foreach (var words in (string[])
                ["note: 4 tables are aggregated: exact routes would be 120.", "308 planned, 308 made", ": 49/50 routes", "Reachable: 120 of 120 blocks, looked up from each of 6 subnets."])
                Assert.Contains(words, output, StringComparison.Ordinal);
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

    private static List<string> ShownInReadme()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Romana.sln"))) folder = Path.GetDirectoryName(folder)!;
        var shown = File.ReadLines(Path.Combine(folder, "README.md")).SkipWhile(line => line != "```text").Skip(1)
            .TakeWhile(line => line != "```").Where(line => line.Length > 0 && line != "  ...").ToList();
        Assert.NotEmpty(shown);
        return shown;
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
