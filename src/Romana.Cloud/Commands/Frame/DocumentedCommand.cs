using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Romana.Cloud.Commands.Frame;

/// <summary>A command whose `--help` ends with examples; a test parses each of them.</summary>
/// <param name="examples">Whole command lines: "romana hosts -o json".</param>
internal sealed class DocumentedCommand(string name, string description, params string[] examples) : Command(name, description)
{
    public IReadOnlyList<string> Examples { get; } = examples;
}

internal sealed class HelpWithExamples(HelpAction usual) : SynchronousCommandLineAction
{
    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        var exitCode = usual.Invoke(parseResult);
        if (parseResult.CommandResult.Command is not DocumentedCommand { Examples: { Count: > 0 } examples }) return exitCode;
        var output = parseResult.InvocationConfiguration.Output;
        output.WriteLine(examples.Count == 1 ? "Example:" : "Examples:");
        foreach (var example in examples) output.WriteLine($"  {example}");
        output.WriteLine();
        return exitCode;
    }
}
