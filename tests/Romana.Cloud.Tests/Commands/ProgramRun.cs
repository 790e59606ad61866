using System.Text.Json;
using Romana.Cloud.Commands.Frame;
using Romana.Ipam.Stores;

namespace Romana.Cloud.Tests.Commands;

/// <summary>One run of the command line inside the test: what it answered and printed.</summary>
public sealed record ProgramRun(int ExitCode, string Out, string Error)
{
    public JsonElement Json => JsonDocument.Parse(Out).RootElement;

    public static Task<ProgramRun> Of(params string[] args) => Of(null, args);

    /// <param name="store">Takes the place of the file that --store names; null: the file.</param>
    public static async Task<ProgramRun> Of(IStore? store, string[] args, TimeProvider? clock = null)
    {
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter { NewLine = "\n" };
        var around = new Surroundings { Out = output, Error = error, Clock = clock ?? TimeProvider.System };
        if (store is not null) around = around with { OpenStore = (_, _) => ValueTask.FromResult(new OpenedStore(store)) };
        var exitCode = await RomanaProgram.RunAsync(args, around, TestContext.Current.CancellationToken);
        return new ProgramRun(exitCode, output.ToString(), error.ToString());
    }
}
