using System.CommandLine;
using Romana.Cloud.Commands.Frame;

namespace Romana.Cloud.Tests.Commands;

/// <summary>Help that is there, and examples that parse: whatever command is added.</summary>
public sealed class HelpTests
{
    private static readonly RootCommand Root = RomanaProgram.Tree(new Surroundings { Out = TextWriter.Null, Error = TextWriter.Null });

    public static TheoryData<string> CommandPaths => [.. ReferenceText.Below(Root).Select(CommandPath.Of)];

    [Theory]
    [MemberData(nameof(CommandPaths))]
    public void Every_command_option_and_argument_says_what_it_is(string path)
    {
        var command = Command(path);
        Assert.False(string.IsNullOrWhiteSpace(command.Description));
        Assert.All(command.Options, option => Assert.False(string.IsNullOrWhiteSpace(option.Description), $"{path} {option.Name}"));
        Assert.All(command.Arguments, argument => Assert.False(string.IsNullOrWhiteSpace(argument.Description), $"{path} {argument.Name}"));
    }

    [Theory]
    [MemberData(nameof(CommandPaths))]
    public async Task Help_ends_with_examples_that_parse(string path)
    {
        var run = await ProgramRun.Of([.. path.Split(' ').Skip(1), "--help"]);
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        var command = Assert.IsType<DocumentedCommand>(Command(path));
        // A group has none of its own: its commands have.
        if (command.Action is null) return;
        Assert.NotEmpty(command.Examples);
        foreach (var example in command.Examples)
        {
            Assert.Contains($"  {example}\n", run.Out, StringComparison.Ordinal);
            Assert.StartsWith(path, example, StringComparison.Ordinal);
            var words = example.Split('>')[0].Split(' ', StringSplitOptions.RemoveEmptyEntries);
            Assert.Empty(Root.Parse(words.Skip(1).ToArray()).Errors.Select(error => $"{example}: {error.Message}"));
        }
    }

    [Fact]
    public async Task Defaults_are_told_in_the_words_that_one_would_type()
    {
        var run = await ProgramRun.Of("hosts", "--help");
        Assert.Contains("[default: table]", run.Out, StringComparison.Ordinal);
        Assert.DoesNotContain("[default: Table]", run.Out, StringComparison.Ordinal);
    }

    /// <summary>docs/reference.md is this text: set ROMANA_WRITE_GOLDEN=1 and run the test to write it anew.</summary>
    [Fact]
    public void The_reference_in_docs_is_the_command_tree()
    {
        var path = Path.Combine(RepositoryRoot(), "docs", "reference.md");
        var text = ReferenceText.Of(Root);
        if (Environment.GetEnvironmentVariable("ROMANA_WRITE_GOLDEN") == "1") File.WriteAllText(path, text);
        Assert.True(File.Exists(path), "docs/reference.md is missing: run this test with ROMANA_WRITE_GOLDEN=1");
        Assert.Equal(text, File.ReadAllText(path));
    }

    private static Command Command(string path) => ReferenceText.Below(Root).Single(command => CommandPath.Of(command) == path);

    private static string RepositoryRoot()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Romana.sln"))) folder = Path.GetDirectoryName(folder.TrimEnd('/'))!;
        return folder;
    }
}
