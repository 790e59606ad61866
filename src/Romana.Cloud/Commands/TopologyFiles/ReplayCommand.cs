using System.CommandLine;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Romana.Cloud.Commands.Frame;
using Romana.Cloud.Commands.Input;
using Romana.Ipam.Replay;

namespace Romana.Cloud.Commands.TopologyFiles;

/// <summary>`romana ipam replay FILE`: runs the steps of a behaviour vector in memory and prints one JSON object per step.</summary>
internal static class ReplayCommand
{
    private static readonly JsonSerializerOptions OneLine = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static readonly JsonDocumentOptions Tolerant = new()
    {
        CommentHandling = JsonCommentHandling.Skip,
        AllowTrailingCommas = true,
        AllowDuplicateProperties = false,
        MaxDepth = 400,
    };

    public static Command Build(Surroundings around)
    {
        var file = new Argument<string>("FILE") { Description = "Steps to run, and the topology to run them on; - for standard input" };
        var command = new DocumentedCommand("replay", "Run recorded IPAM steps in memory; prints one JSON object per step",
            "romana ipam replay steps.json");
        command.Add(file);
        command.SetAction(parsed => Run(parsed.GetRequiredValue(file), around));
        return command;
    }

    private static int Run(string path, Surroundings around)
    {
        var steps = Read(path, around);
        var replayer = new Replayer();
        if (replayer.Begin(steps) is { } refusal)
            throw CommandFailure.BadInput($"{path}: topology: {refusal.Message} ({refusal.Code})", "correct the topology, or make it an update_topology step");
        foreach (var answer in replayer.Run(steps)) around.Out.WriteLine(answer.ToJsonString(OneLine));
        return ExitCode.Done;
    }

    private static JsonObject Read(string path, Surroundings around)
    {
        try
        {
            if (JsonNode.Parse(InputFile.Read(path, around), documentOptions: Tolerant) is JsonObject steps && steps["steps"] is JsonArray) return steps;
        }
        catch (JsonException fault)
        {
            throw InputFile.BrokenJson(path, fault);
        }

        throw CommandFailure.BadInput($"{path} has no steps", "write {\"topology\": {...}, \"steps\": [{\"op\": ...}]}");
    }
}
