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
}
