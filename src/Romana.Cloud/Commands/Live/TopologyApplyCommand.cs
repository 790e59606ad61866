using System.CommandLine;
using Romana.Cloud.Commands.Frame;
using Romana.Cloud.Commands.Output;
using Romana.Cloud.Control;
using Romana.Cloud.Topologies;

namespace Romana.Cloud.Commands.Live;

/// <summary>`romana topology apply FILE`: the document is committed, or refused with everything that does not fit.</summary>
internal static class TopologyApplyCommand
{
    public static Command Build(Surroundings around)
    {
        var file = new Argument<string>("FILE") { Description = "Topology document, JSON or YAML; - for standard input" };
        var command = new DocumentedCommand("apply", "Commit a document, all or nothing", "romana topology apply topology.yaml");
        command.Add(file);
        command.AddLiveState();
        foreach (Option option in (Option[])[AwsOptions.Vpc, AwsOptions.Region, AwsOptions.Endpoint, AwsOptions.RateScale, AwsOptions.NewStore]) command.Add(option);
        command.SetAction(async (parsed, cancel) =>
        {
            var document = TopologyFile.Read(parsed.GetRequiredValue(file), around);
            document.Require(around);
            var options = await OptionsAsync(around, parsed, cancel);
            return await LiveCommand.RunAsync(around, null, async parts =>
            {
                var applied = await TopologyApply.RunAsync(options, parts, document.Json, cancel);
                if (applied is TopologyApplied.Refused refused)
                    throw CommandFailure.Failed($"{document.Path} was refused and nothing changed: {string.Join("; ", refused.Problems)}",
                        refused.Remedy ?? "make room for what does not fit, or drain its hosts, and apply again");
                around.Print(parsed.GetValue(SharedOptions.Format), View.Of(document.Path, applied), Tables);
                return ExitCode.Done;
            });
        });
        return command;
    }

    /// <summary>The VPC is needed only where routes must go and no controller takes them away; the ledgers that name them name it.</summary>
    private static async Task<ControllerOptions> OptionsAsync(Surroundings around, ParseResult parsed, CancellationToken cancel)
    {
        var owner = await LiveCommand.OwnerAsync(around, parsed, cancel);
        return new ControllerOptions
        {
            Store = parsed.GetRequiredValue(SharedOptions.Store),
            Cluster = SharedOptions.SaidCluster(parsed) ?? owner?.Cluster ?? parsed.GetRequiredValue(SharedOptions.Cluster),
            Vpc = owner?.Vpc ?? "",
            Region = parsed.GetValue(AwsOptions.Region),
            Endpoint = parsed.GetValue(AwsOptions.Endpoint),
            RateScale = parsed.GetValue(AwsOptions.RateScale),
            NewStore = parsed.GetValue(AwsOptions.NewStore),
        };
    }

    private static IEnumerable<TextTable> Tables(View view)
    {
        yield return new TextTable(null, ["File", "Outcome", "#Generation"],
            [[view.File, view.Outcome, view.Generation.ToString(System.Globalization.CultureInfo.InvariantCulture)]]);
    }

    private sealed record View(string File, string Outcome, long Generation)
    {
        public static View Of(string file, TopologyApplied applied) => applied switch
        {
            TopologyApplied.Committed committed => new View(file, "committed", committed.Generation),
            TopologyApplied.Unchanged unchanged => new View(file, "unchanged", unchanged.Generation),
            _ => throw new InvalidOperationException("a refusal is no view"),
        };
    }
}
