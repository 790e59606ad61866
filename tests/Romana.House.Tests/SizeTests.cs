using System.Text.RegularExpressions;

namespace Romana.House.Tests;

/// <summary>A file outgrowing 300 lines, or a function 60, is the design speaking.</summary>
public sealed partial class SizeTests
{
    private const int MostFileLines = 300;
    private const int MostFunctionLines = 60;

    [Fact]
    public void No_file_is_longer_than_300_lines()
    {
        var long_ = Tree.Files(".cs", "src", "tests", "bench")
            .Select(file => (file, lines: Tree.Lines(file).Length))
            .Where(item => item.lines > MostFileLines)
            .Select(item => $"{item.file}: {item.lines} lines");
        Assert.Empty(long_);
    }

    [Fact]
    public void No_function_is_longer_than_60_lines()
    {
        var long_ = Tree.Files(".cs", "src", "tests", "bench")
            .SelectMany(file => Functions(Tree.Lines(file)).Select(function => (file, function)))
            .Where(item => item.function.Lines > MostFunctionLines)
            .Select(item => $"{item.file}:{item.function.Line}: {item.function.Lines} lines: {item.function.Head}");
        Assert.Empty(long_);
    }

    [Fact]
    public void The_scanner_sees_a_function_and_its_length()
    {
        string[] code = ["class C", "{", "    void F(int a)", "    {", "        a++;", "    }", "}"];
        var function = Assert.Single(Functions(code));
        Assert.Equal((3, 4), (function.Line, function.Lines));
    }

    internal sealed record Function(int Line, int Lines, string Head);

    /// <summary>
    /// By indentation, which the formatter keeps: a line that closes a parameter list, its brace alone on a line at the
    /// depth where the declaration began, and the closing brace at that depth.
    /// </summary>
    private static IEnumerable<Function> Functions(string[] lines)
    {
        for (var i = 1; i < lines.Length; i++)
        {
            if (lines[i].TrimStart() != "{") continue;
            var indent = lines[i].Length - 1;
            var head = HeadOf(lines, i, indent);
            if (head < 0 || !Declaration().IsMatch(string.Join(' ', lines[head..i]))) continue;
            var end = Array.FindIndex(lines, i, line => line.StartsWith(new string(' ', indent) + "}", StringComparison.Ordinal));
            if (end > 0) yield return new Function(head + 1, end - head + 1, lines[head].Trim());
        }
    }

    private static int HeadOf(string[] lines, int brace, int indent)
    {
        var head = brace - 1;
        while (head >= 0 && (lines[head].Length <= indent || lines[head][indent] == ' ')) head--;
        return head;
    }

    [GeneratedRegex(@"^\s*(?!.*\b(class|record|struct|interface|enum|namespace|if|for|foreach|while|switch|using|lock|catch|else|do|try|fixed|when)\b\s*[\(\w])[^=;]*\w[>\]]?\(.*\)")]
    private static partial Regex Declaration();
}
