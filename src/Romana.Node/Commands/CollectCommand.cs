using System.CommandLine;
using System.Text.Json;
using Romana.Node.Agent;

namespace Romana.Node.Commands;

/// <summary>`romana-node gc`: by hand what the CNI command GC does at the runtime's word, for pods whose link is gone.</summary>
internal static class CollectCommand
{
    public static Command Build(NodeSurroundings around)
    {
        var (socket, format) = (NodeOptions.Socket(), NodeOptions.Format("table", "json"));
        var dryRun = new Option<bool>("--dry-run") { Description = "Tell what would be given back, and change nothing" };
        var command = new Command("gc", "Gives back the addresses of pods whose link is gone from this host, and finishes what DEL left") { socket, format, dryRun };
        command.SetAction(async (parsed, stop) =>
        {
            var isDry = parsed.GetValue(dryRun);
            var text = await AgentSocket.PostAsync(parsed.GetRequiredValue(socket), AgentPages.Collect + (isDry ? $"?{AgentPages.DryRun}" : ""), stop).ConfigureAwait(false);
            var lines = JsonSerializer.Deserialize(text, PageJson.Default.ListCollectedLine)!;
            if (parsed.GetValue(format) == "json") await around.Out.WriteLineAsync(text).ConfigureAwait(false);
            else
            {
                foreach (var line in lines.Where(line => line.Trouble is null))
                    await around.Out.WriteLineAsync($"{(isDry ? "would give back" : "gave back")} {string.Join(" and ", line.Addresses)} of {line.Container}/{line.Interface}: its link is gone").ConfigureAwait(false);
                if (lines.Count == 0) await around.Out.WriteLineAsync("every pod with an address has its link: nothing to give back").ConfigureAwait(false);
            }

            foreach (var line in lines.Where(line => line.Trouble is not null))
                await around.Error.WriteLineAsync($"romana-node: {line.Container}/{line.Interface} keeps {string.Join(" and ", line.Addresses)}: {line.Trouble}").ConfigureAwait(false);
            return lines.Exists(line => line.Trouble is not null) ? ExitCode.Failed : ExitCode.Done;
        });
        return command;
    }
}
