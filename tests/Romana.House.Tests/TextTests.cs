using System.Text.RegularExpressions;

namespace Romana.House.Tests;

/// <summary>Links lead somewhere, and the repository speaks only of itself.</summary>
public sealed partial class TextTests
{
    [Fact]
    public void Links_in_README_and_docs_resolve()
    {
        var wrong = Tree.Files(".md", "docs").Append("README.md")
            .SelectMany(file => Link().Matches(Tree.Text(file)).Select(match => (file, target: match.Groups[1].Value)))
            .Where(link => !link.target.Contains("://", StringComparison.Ordinal) && !link.target.StartsWith('#'))
            .Where(link => !Exists(link.file, link.target))
            .Select(link => $"{link.file}: {link.target}");
        Assert.Empty(wrong);
    }

    [Fact]
    public void Anchors_in_README_and_docs_name_a_heading()
    {
        var wrong = Tree.Files(".md", "docs").Append("README.md")
            .SelectMany(file => Link().Matches(Tree.Text(file)).Select(match => (file, target: match.Groups[1].Value)))
            .Where(link => link.target.Contains('#', StringComparison.Ordinal) && !link.target.Contains("://", StringComparison.Ordinal))
            .Where(link => !HasHeading(link.file, link.target))
            .Select(link => $"{link.file}: {link.target}");
        Assert.Empty(wrong);
    }

    [Fact]
    public void Decisions_are_numbered_once()
    {
        var twice = Tree.Files(".md", "docs/decisions")
            .GroupBy(file => Path.GetFileName(file)[..4])
            .Where(group => group.Count() > 1)
            .Select(group => string.Join(", ", group));
        Assert.Empty(twice);
    }

    [Fact]
    public void No_file_names_a_folder_of_one_machine()
    {
        var wrong = new[] { ".cs", ".md", ".sh", ".json", ".yaml", ".props", ".csproj" }
            .SelectMany(extension => Tree.Files(extension, "src", "tests", "bench", "docs", "scripts"))
            .Concat(["README.md", "Makefile"])
            .Where(file => !file.Contains("House.Tests", StringComparison.Ordinal) && !file.EndsWith("packages.lock.json", StringComparison.Ordinal))
            .Where(file => Machine().IsMatch(Tree.Text(file)));
        Assert.Empty(wrong);
    }

    private static bool Exists(string file, string target)
    {
        var path = Path.Combine(Tree.Root, Path.GetDirectoryName(file)!, target.Split('#')[0]);
        return File.Exists(path) || Directory.Exists(path);
    }

    private static bool HasHeading(string file, string target)
    {
        var parts = target.Split('#');
        var page = parts[0].Length == 0 ? file : Path.Combine(Path.GetDirectoryName(file)!, parts[0]);
        return !File.Exists(Path.Combine(Tree.Root, page))
            || Tree.Lines(page).Where(line => line.StartsWith('#')).Any(line => Anchor(line) == parts[1]);
    }

    private static string Anchor(string heading) =>
        NotAnchor().Replace(heading.TrimStart('#').Trim().ToLowerInvariant(), "").Replace(' ', '-');

    [GeneratedRegex(@"\[[^\]]*\]\(([^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"[^\w\- ]")]
    private static partial Regex NotAnchor();

    [GeneratedRegex(@"(^|[^A-Za-z0-9.])/(work|root|home/\w+)/")]
    private static partial Regex Machine();
}
