using Romana.Cloud.Commands.Frame;

namespace Romana.Cloud.Tests.Commands;

/// <summary>One run of the command line inside the test: what it answered and printed.</summary>
public sealed record ProgramRun(int ExitCode, string Out, string Error)
{
    public static async Task<ProgramRun> Of(params string[] args)
    {
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter { NewLine = "\n" };
        var around = new Surroundings { Out = output, Error = error };
        var exitCode = await RomanaProgram.RunAsync(args, around, TestContext.Current.CancellationToken);
        return new ProgramRun(exitCode, output.ToString(), error.ToString());
    }
}
