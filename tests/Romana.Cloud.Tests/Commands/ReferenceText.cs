using System.CommandLine;
using System.Text;
using Romana.Cloud.Commands.Frame;

namespace Romana.Cloud.Tests.Commands;

/// <summary>docs/reference.md, drawn from the command tree.</summary>
internal static class ReferenceText
{
    public static IEnumerable<Command> Below(Command command) =>
        command.Subcommands.Where(sub => !sub.Hidden).SelectMany(sub => Below(sub).Prepend(sub));

    public static string Of(RootCommand root)
    {
        var text = new StringBuilder();
        text.Append("""
            # Reference
            Every command and option of `romana`. This page is made from the program itself, and a test keeps it so.

            Results go to standard output, everything else to standard error: `-o json` can be piped. Exit codes: 0 done,
            1 failed, 2 bad usage or input, 3 changes pending (`romana plan`).

            """);
        foreach (var command in Below(root).Where(command => command.Action is not null)) Write(text, command);
        return text.ToString().Replace("\r", "", StringComparison.Ordinal);
    }

    private static void Write(StringBuilder text, Command command)
    {
        var arguments = string.Concat(command.Arguments.Select(argument => argument.Arity.MinimumNumberOfValues > 0 ? $" {argument.Name}" : $" [{argument.Name}]"));
        text.Append($"\n## {CommandPath.Of(command)}{arguments}\n{command.Description}.\n");
        if (command is DocumentedCommand { Examples: { Count: > 0 } examples })
            text.Append($"\n```\n{string.Join('\n', examples)}\n```\n");
        var options = command.Options.Concat(Inherited(command)).Where(option => !option.Hidden && option.Name != "--help").DistinctBy(option => option.Name).ToArray();
        if (options.Length == 0 && command.Arguments.Count == 0) return;
        text.Append("\n| | |\n|---|---|\n");
        foreach (var argument in command.Arguments) text.Append($"| `{argument.Name}` | {Cell(argument.Description)} |\n");
        foreach (var option in options) text.Append($"| {Label(option)} | {Cell(option.Description)}{(option.Required ? " (required)" : "")} |\n");
    }

    private static IEnumerable<Option> Inherited(Command command) => command.Parents.OfType<Command>()
        .SelectMany(parent => parent.Options.Where(option => option.Recursive).Concat(Inherited(parent)));

    private static string Label(Option option)
    {
        var names = string.Join(", ", option.Aliases.Order(StringComparer.Ordinal).Prepend(option.Name).Select(name => $"`{name}`"));
        return option.ValueType == typeof(bool) ? names : $"{names} {(option.HelpName ?? "VALUE").Replace("|", "\\|", StringComparison.Ordinal)}";
    }

    private static string Cell(string? text) => (text ?? "").Replace("|", "\\|", StringComparison.Ordinal);
}
