using Romana.Cloud.Commands.Frame;

namespace Romana.EndToEnd.Tests.BadInput;

/// <summary>The command line as a user meets it, but for the process around it.</summary>
internal sealed record ProgramAnswer(int ExitCode, string Out, string Error)
{
    public static async Task<ProgramAnswer> Of(params string[] args)
    {
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter { NewLine = "\n" };
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(60));
        var exitCode = await RomanaProgram.RunAsync(args, new Surroundings { Out = output, Error = error }, limit.Token);
        return new ProgramAnswer(exitCode, output.ToString(), error.ToString());
    }

    /// <summary>One message that names what must be named, with a remedy, and nothing of our insides.</summary>
    public void IsClear(int exitCode, params string[] named)
    {
        Assert.True(exitCode == ExitCode, $"exit code {ExitCode}, not {exitCode}: {Out}{Error}");
        foreach (var text in named) Assert.Contains(text, Error, StringComparison.Ordinal);
        Assert.Contains("romana: ", Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", Error, StringComparison.Ordinal);
        Assert.DoesNotContain("Exception", Error, StringComparison.Ordinal);
        Assert.Empty(Out);
    }
}
