using System.Text.RegularExpressions;

namespace Romana.House.Tests;

/// <summary>Time comes from TimeProvider, waiting is on a signal, and the pure folders are guarded by the build.</summary>
public sealed partial class PurityTests
{
    [Fact]
    public void Nothing_reads_the_wall_clock_or_sleeps()
    {
        var wrong = Tree.Files(".cs", "src", "tests")
            .Where(file => !file.Contains("House.Tests", StringComparison.Ordinal))
            .SelectMany(file => Tree.Lines(file).Select((line, i) => (file, line, number: i + 1)))
            .Where(item => WallClock().IsMatch(item.line))
            .Select(item => $"{item.file}:{item.number}: {item.line.Trim()}");
        Assert.Empty(wrong);
    }

    [Theory]
    [InlineData("var now = DateTime.UtcNow;", true)]
    [InlineData("await Task.Delay(TimeSpan.FromSeconds(1), cancel);", true)]
    [InlineData("await Task.Delay(wait, time, cancel);", false)]
    [InlineData("await Task.Delay(TimeSpan.FromSeconds(1), clock, cancel);", false)]
    [InlineData("Thread.Sleep(5);", true)]
    public void The_scanner_knows_a_wall_clock(string line, bool found) => Assert.Equal(found, WallClock().IsMatch(line));

    [Theory]
    [InlineData("src/Romana.Ipam/Addressing")]
    [InlineData("src/Romana.Ipam/Topologies")]
    [InlineData("src/Romana.Ipam/Hosts")]
    [InlineData("src/Romana.Ipam/Blocks")]
    [InlineData("src/Romana.Ipam/Attachments")]
    [InlineData("src/Romana.Ipam/Planning")]
    [InlineData("src/Romana.Cloud/Planning")]
    [InlineData("src/Romana.Cloud/Health/Judging")]
    [InlineData("src/Romana.Node/Planning")]
    [InlineData("src/Romana.Node/Explaining")]
    [InlineData("src/Romana.Node/Linux/Netlink/Wire")]
    [InlineData("src/Romana.Node/Linux/Netlink/Records")]
    [InlineData("src/Romana.Node/Linux/Packets")]
    public void The_build_guards_the_pure_folder(string folder)
    {
        var lines = Tree.Lines(".editorconfig");
        var section = Array.FindIndex(lines, line => line.StartsWith('[') && line.Contains(folder, StringComparison.Ordinal));
        Assert.True(section >= 0, $".editorconfig has no section for {folder}");
        Assert.Contains("dotnet_diagnostic.RS0030.severity = error", lines.Skip(section + 1).TakeWhile(line => !line.StartsWith('[')));
        Assert.True(Directory.Exists(Path.Combine(Tree.Root, folder)), $"{folder} is gone: mend the list");
    }

    [Fact]
    public void The_whole_of_Ipam_but_its_stores_is_pure()
    {
        var folders = Directory.EnumerateDirectories(Path.Combine(Tree.Root, "src/Romana.Ipam"))
            .Select(folder => Path.GetFileName(folder)!)
            .Except(["bin", "obj", "Stores"]);
        var guarded = Tree.Text(".editorconfig");
        var unguarded = folders.Where(folder => !guarded.Contains($"src/Romana.Ipam/{folder}", StringComparison.Ordinal));
        Assert.Equal([], unguarded);
    }

    [Fact]
    public void Every_suppression_gives_its_reason()
    {
        var wrong = Tree.Files(".cs", "src", "tests", "bench")
            .Where(file => !file.Contains("House.Tests", StringComparison.Ordinal))
            .SelectMany(file => Reasonless(file, Tree.Lines(file)));
        Assert.Empty(wrong);
    }

    private static IEnumerable<string> Reasonless(string file, string[] lines)
    {
        for (var i = 0; i < lines.Length; i++)
        {
            var pragma = lines[i].Contains("#pragma warning disable", StringComparison.Ordinal) && !lines[i].Contains("//", StringComparison.Ordinal);
            var attribute = lines[i].Contains("SuppressMessage(", StringComparison.Ordinal) && !lines[i].Contains("Justification", StringComparison.Ordinal);
            var above = i > 0 && lines[i - 1].TrimStart().StartsWith("//", StringComparison.Ordinal);
            if ((pragma || attribute) && !above) yield return $"{file}:{i + 1}";
        }
    }

    [GeneratedRegex(@"DateTime(Offset)?\.(Utc)?Now|Thread\.Sleep|Task\.Delay\((?!.*\b([Tt]ime|[Cc]lock|[Tt]imeProvider|_time|_clock)\b\s*[,)])")]
    private static partial Regex WallClock();
}
