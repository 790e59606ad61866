using System.Runtime.CompilerServices;

namespace Romana.EndToEnd.Tests.Docs;

/// <summary>One command that a page shows, and the output that a console block shows below it (empty: any).</summary>
/// <param name="InRun">Written after a prompt: part of a run, in the page's order.</param>
internal sealed record ShownCommand(string Page, int Line, string Command, IReadOnlyList<string> Output, bool InRun)
{
    /// <summary>The words after `romana`; pages use no quotes.</summary>
    public string[] Words => Command.Split('>')[0].Split(' ', StringSplitOptions.RemoveEmptyEntries)[1..];

    /// <summary>The file behind `>`; null without one.</summary>
    public string? RedirectedTo => Command.Split('>') is [_, var file] ? file.Trim() : null;

    public override string ToString() => $"{Page}:{Line}: {Command}";
}

/// <summary>README and docs/ as the commands that they show in fenced blocks.</summary>
internal static class DocPages
{
    public static readonly string Root = FindRoot();

    public static IReadOnlyList<ShownCommand> Commands() =>
        [.. Directory.EnumerateFiles(Path.Combine(Root, "docs"), "*.md", SearchOption.AllDirectories)
            .Append(Path.Combine(Root, "README.md"))
            .Order(StringComparer.Ordinal)
            .SelectMany(CommandsOf)];

    private static IEnumerable<ShownCommand> CommandsOf(string file)
    {
        var lines = File.ReadAllLines(file);
        var (fenced, isConsole) = (false, false);
        for (var i = 0; i < lines.Length; i++)
        {
            if (lines[i].StartsWith("```", StringComparison.Ordinal)) (fenced, isConsole) = (!fenced, lines[i] == "```console");
            var command = lines[i].StartsWith("$ ", StringComparison.Ordinal) ? lines[i][2..] : lines[i];
            if (!fenced || !command.StartsWith("romana ", StringComparison.Ordinal)) continue;
            var output = lines.Skip(i + 1).TakeWhile(line => !line.StartsWith("```", StringComparison.Ordinal) && !line.StartsWith("$ ", StringComparison.Ordinal));
            yield return new ShownCommand(Path.GetRelativePath(Root, file), i + 1, command, isConsole ? [.. output] : [], lines[i].StartsWith('$'));
        }
    }

    private static string FindRoot([CallerFilePath] string here = "")
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Romana.sln"))) return folder.FullName;
        }

        throw new InvalidOperationException($"Romana.sln was not found above {AppContext.BaseDirectory} or {here}");
    }
}
