using Romana.Cloud.Commands.Frame;

namespace Romana.EndToEnd.Tests.Docs;

/// <summary>What README and docs/ show is what the program does.</summary>
public sealed class DocCommandsTests
{
    [Fact]
    public void Every_command_shown_parses()
    {
        var tree = RomanaProgram.Tree(Surroundings.OfProcess());
        var commands = DocPages.Commands();
        Assert.NotEmpty(commands);
        var wrong = commands
            .Select(shown => (shown, errors: tree.Parse(shown.Words).Errors))
            .Where(item => item.errors.Count > 0)
            .Select(item => $"{item.shown}: {item.errors[0].Message}");
        Assert.Equal([], wrong);
    }

    [Fact]
    public async Task Every_output_shown_is_the_output()
    {
        var shown = DocPages.Commands().Where(command => command.Output.Count > 0).ToList();
        Assert.NotEmpty(shown);
        foreach (var command in shown)
        {
            var output = new StringWriter { NewLine = "\n" };
            var error = new StringWriter { NewLine = "\n" };
            var words = command.Words.Select(InRepository).ToArray();
            await RomanaProgram.RunAsync(words, new Surroundings { Out = output, Error = error }, TestContext.Current.CancellationToken);
            Assert.True(Same(command.Output, output.ToString()), $"{command}\nprints\n{output}{error}");
        }
    }

    private static string InRepository(string word) =>
        word.StartsWith("docs/", StringComparison.Ordinal) ? Path.Combine(DocPages.Root, word) : word;

    private static bool Same(IReadOnlyList<string> shown, string printed) =>
        string.Join('\n', shown.Select(line => line.TrimEnd())).Trim()
        == string.Join('\n', printed.Split('\n').Select(line => line.TrimEnd())).Trim();
}
