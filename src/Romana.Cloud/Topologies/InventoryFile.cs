using System.Text.Json;
using Romana.Cloud.Commands.Frame;
using Romana.Cloud.Commands.Input;
using Romana.Cloud.Planning;
using Romana.Ipam.Topologies;

namespace Romana.Cloud.Topologies;

/// <summary>An inventory of the offline planner that a user named: JSON, or YAML with the same keys.</summary>
internal static class InventoryFile
{
    /// <exception cref="CommandFailure">The file cannot be read, or the inventory has errors: each was printed.</exception>
    public static Inventory Read(string path, Surroundings around)
    {
        var text = InputFile.Read(path, around);
        var yaml = Path.GetExtension(path).ToUpperInvariant() is ".YAML" or ".YML";
        if (!yaml) InputFile.ParseJson(path, text).Dispose();
        else InputFile.CheckYaml(path, text);
        var reading = InventoryDocument.Read(yaml ? YamlJson.Convert(text) : text);
        foreach (var problem in reading.Problems) around.Error.WriteLine(Line(path, problem));
        if (reading.Inventory is { } inventory) return inventory;
        var count = reading.Problems.Count(problem => problem.Severity == ProblemSeverity.Error);
        throw CommandFailure.BadInput(
            $"{path} has {(count == 1 ? "an error" : $"{count} errors")}, and nothing was planned", "correct what is named above");
    }

    private static string Line(string path, TopologyProblem problem) =>
        $"{path}: {problem.Severity.ToString().ToLowerInvariant()}: {problem.Path}{(problem.Value is null ? "" : $" ({problem.Value})")}: {problem.Message}. {problem.Remedy}";
}
