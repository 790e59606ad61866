namespace Romana.EndToEnd.Tests.BadInput;

/// <summary>What a user meets: the built program as a process of its own, its exit code and its two streams.</summary>
internal sealed record ProgramAnswer(int ExitCode, string Out, string Error)
{
    public static Task<ProgramAnswer> Of(params string[] args) => Of(RomanaProcess.Plain(Path.GetTempPath(), args));

    public static async Task<ProgramAnswer> Of(RomanaProcess process)
    {
        using (process)
        {
            var (exitCode, output, errors) = await process.EndAsync();
            return new ProgramAnswer(exitCode, output, errors);
        }
    }

    /// <summary>One message that names what must be named, with a remedy, and nothing of our insides.</summary>
    public void IsClear(int exitCode, params string[] named)
    {
        Assert.True(exitCode == ExitCode, $"exit code {ExitCode}, not {exitCode}: {Out}{Error}");
        foreach (var text in named) Assert.Contains(text, Error, StringComparison.Ordinal);
        Assert.Single(Error.Split('\n'), line => line.StartsWith("romana: ", StringComparison.Ordinal));
        Assert.DoesNotContain("   at ", Error, StringComparison.Ordinal);
        Assert.DoesNotContain("Exception", Error, StringComparison.Ordinal);
        Assert.Empty(Out);
    }

    public ProgramAnswer IsDone()
    {
        Assert.True(ExitCode == 0, $"exit code {ExitCode}: {Out}{Error}");
        return this;
    }
}
