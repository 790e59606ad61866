namespace Romana.Cloud.Tests.Commands;

public sealed class BadUsageTests
{
    [Theory]
    [InlineData("--nonsense")]
    [InlineData("nonsense")]
    public async Task Words_that_mean_nothing_are_named_and_exit_2(string word)
    {
        var run = await ProgramRun.Of(word);
        Assert.Equal(2, run.ExitCode);
        Assert.Contains($"'{word}'", run.Error, StringComparison.Ordinal);
        Assert.Contains("See 'romana --help'.", run.Error, StringComparison.Ordinal);
        Assert.Empty(run.Out);
    }

    [Fact]
    public async Task Help_goes_to_standard_output()
    {
        var run = await ProgramRun.Of("--help");
        Assert.Equal(0, run.ExitCode);
        Assert.Contains("Romana gives pods addresses", run.Out, StringComparison.Ordinal);
        Assert.Empty(run.Error);
    }

    [Theory]
    [InlineData("help", "preflight")]
    [InlineData("help plan", "Show what apply would change")]
    [InlineData("help topology apply", "Commit a document")]
    public async Task Help_is_a_word_as_well(string line, string text)
    {
        var run = await ProgramRun.Of(line.Split(' '));
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Contains(text, run.Out, StringComparison.Ordinal);
    }

    /// <summary>What was meant for a misspelt word is no second mistake.</summary>
    [Theory]
    [InlineData("hosts --sotre x", "'--sotre'")]
    [InlineData("topology aply topology.json", "'aply'")]
    [InlineData("hosts drian node-7 --undo", "'drian'", "'--undo'")]
    [InlineData("hosts --sotre x --clutser y", "'--sotre'", "'--clutser'")]
    public async Task One_mistake_is_one_message(string line, params string[] named)
    {
        var run = await ProgramRun.Of(line.Split(' '));
        Assert.Equal(named, run.Error.Split('\n').Where(one => one.StartsWith("romana: ", StringComparison.Ordinal)).Select(one => one.Split(' ')[^1].TrimEnd('.')));
    }

    [Fact]
    public async Task An_empty_store_name_is_bad_usage()
    {
        var run = await ProgramRun.Of("hosts", "--store", "");
        Assert.Equal(2, run.ExitCode);
        Assert.StartsWith("romana: --store is empty: name the SQLite file, such as romana.db.", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("hots", "Did you mean 'hosts'?")]
    [InlineData("hosts --sotre x", "Did you mean '--store'?")]
    [InlineData("hosts -o xml", "write table, json or yaml")]
    [InlineData("hosts drain", "'NAME' missing")]
    [InlineData("plan --settle abc", "--settle abc: a number 0 or more is wanted")]
    [InlineData("plan --settle -1", "--settle -1: a number 0 or more is wanted")]
    [InlineData("plan --rate-scale NaN", "--rate-scale NaN")]
    [InlineData("plan --limit many", "'many' for option '--limit'")]
    [InlineData("plan --tables some", "--tables some: write all, tag or hosts.")]
    [InlineData("plan --limit 1.5", "a whole number is wanted")]
    [InlineData("help plna", "Did you mean 'plan'?")]
    [InlineData("help topology aply", "Did you mean 'apply'?")]
    [InlineData("plan --vpc", "--vpc")]
    [InlineData("topology", "name a command: ")]
    public async Task An_impatient_user_is_told_what_to_write(string line, string text)
    {
        var run = await ProgramRun.Of(line.Split(' '));
        Assert.Equal((2, ""), (run.ExitCode, run.Out));
        Assert.Contains(text, run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("System.", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", run.Error, StringComparison.Ordinal);
    }
}
