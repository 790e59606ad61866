using System.CommandLine;
using System.Text.Json;
using Romana.Node.Agent;

namespace Romana.Node.Commands;

/// <summary>`romana-node status` and `romana-node attachments`: what the running agent says of itself.</summary>
internal static class QuestionCommands
{
    /// <summary>Exit code 1 while pods cannot be served, or the kernel is not as it shall be.</summary>
    public static Command BuildStatus(NodeSurroundings around)
    {
        var (socket, format) = (NodeOptions.Socket(), NodeOptions.Format("table", "json"));
        var command = new Command("status", "Tells whether this host can serve pods, and what is in the way") { socket, format };
        command.SetAction(async (parsed, stop) =>
        {
            var text = await AgentSocket.GetAsync(parsed.GetRequiredValue(socket), AgentPages.Status, stop).ConfigureAwait(false);
            var page = JsonSerializer.Deserialize(text, PageJson.Default.StatusPage)!;
            if (parsed.GetValue(format) == "json") await around.Out.WriteLineAsync(text).ConfigureAwait(false);
            else await around.Out.WriteAsync(Shown(page)).ConfigureAwait(false);
            return page.Waiting is null && page.Troubles.Count == 0 ? ExitCode.Done : ExitCode.Failed;
        });
        return command;
    }

    public static Command BuildAttachments(NodeSurroundings around)
    {
        var (socket, format) = (NodeOptions.Socket(), NodeOptions.Format("table", "json"));
        var command = new Command("attachments", "Lists the addresses that pods of this host have") { socket, format };
        command.SetAction(async (parsed, stop) =>
        {
            var text = await AgentSocket.GetAsync(parsed.GetRequiredValue(socket), AgentPages.Attachments, stop).ConfigureAwait(false);
            if (parsed.GetValue(format) == "json")
            {
                await around.Out.WriteLineAsync(text).ConfigureAwait(false);
                return ExitCode.Done;
            }

            var lines = JsonSerializer.Deserialize(text, PageJson.Default.ListAttachmentLine)!;
            await around.Out.WriteLineAsync($"{"ADDRESS",-40}{"INTERFACE",-17}{"OWNER",-24}CONTAINER").ConfigureAwait(false);
            foreach (var line in lines) await around.Out.WriteLineAsync($"{line.Address,-40}{line.Interface,-17}{line.Owner,-24}{line.Container}").ConfigureAwait(false);
            return ExitCode.Done;
        });
        return command;
    }

    private static string Shown(StatusPage page) =>
        $"{(page.Waiting is null ? "ready: pods can be served" : $"not ready: {page.Waiting}")}\n"
        + $"version {page.Version}, {page.Attachments} pods, {page.KernelWrites} kernel writes since the start\n"
        + string.Concat(page.Troubles.Select(trouble => $"trouble: {trouble}\n"));
}
