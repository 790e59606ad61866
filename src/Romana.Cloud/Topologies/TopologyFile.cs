using Romana.Cloud.Commands.Frame;
using Romana.Cloud.Commands.Input;
using Romana.Ipam.Topologies;
using YamlDotNet.Core;

namespace Romana.Cloud.Topologies;

/// <summary>A topology document that a user named: JSON, or YAML with the same keys.</summary>
/// <param name="Json">The document as JSON text, which is what the store keeps.</param>
internal sealed record TopologyFile(string Path, string Json, TopologyReading Reading)
{
    /// <summary>
    /// By its name (.yaml, .yml, .json), else by its first character. What is wrong with the document is in the reading.
    /// </summary>
    /// <exception cref="CommandFailure">The file cannot be read, or is no YAML; bad input.</exception>
    public static TopologyFile Read(string path, Surroundings around)
    {
        var text = InputFile.Read(path, around);
        var json = IsYaml(path, text) ? FromYaml(path, text) : text;
        return new TopologyFile(InputFile.Name(path), json, TopologyDocument.Read(json));
    }

    /// <summary>
    /// The topology; prints every problem to the error writer first, one a line.
    /// </summary>
    /// <exception cref="CommandFailure">The document has errors; bad input.</exception>
    public Topology Require(Surroundings around)
    {
        foreach (var problem in Reading.Problems) around.Error.WriteLine(Line(problem));
        if (Reading.Topology is { } topology) return topology;
        var count = Reading.Errors.Count();
        throw CommandFailure.BadInput(
            $"{Path} has {(count == 1 ? "an error" : $"{count} errors")}, and nothing was done",
            "correct what is named above; `romana topology check FILE` shows it again");
    }

    public string Line(TopologyProblem problem)
    {
        var value = problem.Value is null ? "" : $" ({problem.Value})";
        var place = problem.Path.Length == 0 ? "" : $" {problem.Path}{value}:";
        return $"{Path}: {problem.Severity.ToString().ToLowerInvariant()}:{place} {problem.Message}. {problem.Remedy.TrimEnd('.', '?')}{(problem.Remedy.EndsWith('?') ? "?" : ".")}";
    }

    private static string FromYaml(string path, string text)
    {
        try
        {
            return YamlJson.Convert(text);
        }
        catch (YamlException fault)
        {
            throw InputFile.BrokenYaml(path, fault);
        }
    }

    private static bool IsYaml(string path, string text) => System.IO.Path.GetExtension(path).ToUpperInvariant() switch
    {
        ".YAML" or ".YML" => true,
        ".JSON" => false,
        // JSON may begin with a comment, YAML's begin with '#'.
        _ => text.TrimStart('\uFEFF', ' ', '\t', '\r', '\n') is not ['{' or '[' or '/', ..],
    };
}
