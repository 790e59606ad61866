using System.CommandLine;
using Romana.Ipam.Stores;
using Romana.Node.Cni;

namespace Romana.Node.Commands;

/// <summary>The program `romana-node` without the process around it.</summary>
internal static class NodeProgram
{
    public static RootCommand Tree(NodeSurroundings around) => new("The agent of one host: pods' addresses and links, routes, guards and egress.")
    {
        AgentCommand.Build(around),
        QuestionCommands.BuildStatus(around),
        QuestionCommands.BuildAttachments(around),
        ExplainCommand.Build(around),
        CollectCommand.Build(around),
        InstallCommands.BuildInstall(around),
        InstallCommands.BuildUninstall(around),
    };

    /// <summary>Answers the exit code; whatever goes wrong becomes one message on the error writer.</summary>
    public static async Task<int> RunAsync(IReadOnlyList<string> args, NodeSurroundings around, CancellationToken stop)
    {
        var invocation = new InvocationConfiguration { Output = around.Out, Error = around.Error, EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null };
        try
        {
            var parsed = Tree(around).Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
            var code = await parsed.InvokeAsync(invocation, stop).ConfigureAwait(false);
            return parsed.Errors.Count > 0 ? ExitCode.BadInput : code;
        }
        catch (Exception fault) when (fault is IOException or JournalUnavailableException or WiringException or UnauthorizedAccessException)
        {
            await around.Error.WriteLineAsync($"romana-node: {fault.Message}").ConfigureAwait(false);
            return ExitCode.Failed;
        }
    }
}
