namespace Romana.Model.Tests;
public sealed class Probe(ITestOutputHelper output)
{
    [Fact]
    public void Run()
    {
        var v = Environment.GetEnvironmentVariable("MB");
        if (v is null) return;
        var p = v.Split(',');
        var b = new Bounds { Epochs = int.Parse(p[0], System.Globalization.CultureInfo.InvariantCulture), Commits = int.Parse(p[1], System.Globalization.CultureInfo.InvariantCulture), StaleLeader = v.Contains('s', StringComparison.Ordinal), Restore = v.Contains('r', StringComparison.Ordinal), Deaths = v.Contains('d', StringComparison.Ordinal), Admission = v.Contains('a', StringComparison.Ordinal), EveryStep = v.Contains('f', StringComparison.Ordinal), MaxStates = 9_000_000 };
        var t = System.Diagnostics.Stopwatch.GetTimestamp();
        var f = Search.Run(Mutation.None, b);
        output.WriteLine($"{v}: {f} {f.Seen} {System.Diagnostics.Stopwatch.GetElapsedTime(t).TotalSeconds} cpu {System.Diagnostics.Process.GetCurrentProcess().TotalProcessorTime.TotalSeconds}\n{f.Story}");
    }
}
