using System.CommandLine;
using System.CommandLine.Invocation;

namespace Romana.Cloud.Commands.Frame;

/// <summary>What a user is told whose words do not parse: each error, the nearest right words, where help is.</summary>
public static class BadUsage
{
    /// <summary>True if the words are wrong; they were told so.</summary>
    public static bool Tell(ParseResult parsed, TextWriter error)
    {
        ArgumentNullException.ThrowIfNull(parsed);
        ArgumentNullException.ThrowIfNull(error);
        // `--help` and `--version` clear the errors of the words beside them.
        if (parsed.Errors.Count == 0 || parsed.Action is { ClearsParseErrors: true }) return false;
        var command = parsed.CommandResult.Command;
        foreach (var message in Messages(parsed)) error.WriteLine($"romana: {message.TrimEnd('.')}.");
        foreach (var word in parsed.UnmatchedTokens)
        {
            var near = Nearest(word, Candidates(command));
            if (near is not null) error.WriteLine($"  Did you mean '{near}'?");
        }

        error.WriteLine($"  See '{CommandPath.Of(command)} --help'.");
        return true;
    }

    private static IEnumerable<string> Messages(ParseResult parsed)
    {
        // A misspelt sub-command is reported twice, once as unknown word and once as missing command: the word is enough. So
        // is a misspelt option without its value, and a misspelt command without the words that were meant for it.
        var unknown = parsed.UnmatchedTokens.Count > 0;
        var followers = parsed.UnmatchedTokens.Skip(1).Where(word => !word.StartsWith('-')).ToList();
        return parsed.Errors.Select(error => error.Message)
            .Where(message => !unknown || message != MissingCommand)
            .Where(message => !followers.Exists(word => message.EndsWith($"'{word}'.", StringComparison.Ordinal) && message.StartsWith(Unknown, StringComparison.Ordinal)))
            .Select(message => Plain(message, parsed.CommandResult.Command))
            .Distinct();
    }

    /// <summary>The library's words that speak of types, in a user's.</summary>
    private static string Plain(string message, Command command)
    {
        if (message == MissingCommand)
            return $"name a command: {string.Join(", ", command.Subcommands.Where(sub => !sub.Hidden).Select(sub => sub.Name))}";
        var type = message.IndexOf(" as expected type ", StringComparison.Ordinal);
        return type < 0 ? message : message[..type] + (message.Contains("Int", StringComparison.Ordinal) ? ": a whole number is wanted" : ": another kind of value is wanted, see --help");
    }

    private const string Unknown = "Unrecognized command or argument";

    private const string MissingCommand = "Required command was not provided.";

    private static IEnumerable<string> Candidates(Command command) =>
        command.Subcommands.Where(sub => !sub.Hidden).Select(sub => sub.Name)
            .Concat(command.Options.Where(option => !option.Hidden).Select(option => option.Name))
            .Concat(command.Parents.OfType<Command>().SelectMany(parent => parent.Options).Where(option => option.Recursive).Select(option => option.Name));

    private static string? Nearest(string word, IEnumerable<string> candidates) => candidates
        .Select(candidate => (candidate, distance: Words.Distance(word, candidate)))
        .Where(pair => pair.distance <= Math.Max(1, word.Length / 3))
        .OrderBy(pair => pair.distance)
        .Select(pair => pair.candidate)
        .FirstOrDefault();
}
