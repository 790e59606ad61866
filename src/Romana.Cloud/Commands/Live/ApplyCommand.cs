using System.CommandLine;
using Romana.Cloud.Commands.Frame;
using Romana.Cloud.Commands.Output;
using Romana.Cloud.Control;

namespace Romana.Cloud.Commands.Live;

/// <summary>`romana apply` and `romana uninstall`: do the work once and end.</summary>
internal static class ApplyCommand
{
    private static readonly Option<bool> Yes = new("--yes") { Description = "Do not ask first" };

    public static Command Build(Surroundings around)
    {
        var command = new DocumentedCommand("apply", "Bring hosts, blocks and routes to what the topology wants, then end",
            "romana apply --vpc vpc-0123456789abcdef0 --yes");
        command.AddLive();
        command.Add(LiveCommand.MassRemoval);
        command.Add(Yes);
        command.SetAction(async (parsed, cancel) =>
        {
            var options = await LiveCommand.OptionsAsync(around, parsed, cancel);
            OpenedStore.MustExist(options.Store);
            if (!parsed.GetValue(Yes) && !around.CanAsk)
                throw CommandFailure.BadInput("apply changes route tables, and nobody can be asked here", "say --yes, or look with romana plan");
            return await LiveCommand.RunAsync(around, null, async parts =>
            {
                if (!parsed.GetValue(Yes))
                {
                    var live = await LivePlan.ReadAsync(options, parts, cancel);
                    TableText.Write(around.Error, around.ErrorIsTerminal, PlanCommand.Tables(live));
                    if (live.HasChanges && !Agreed(around)) return ExitCode.ChangesPending;
                }

                return Show(around, parsed, await Apply.RunAsync(options, parts, cancel));
            });
        });
        return command;
    }

    public static Command BuildUninstall(Surroundings around)
    {
        var command = new DocumentedCommand("uninstall",
            "Remove exactly the routes that are ours and restore the source/destination checks that we changed",
            "romana uninstall --vpc vpc-0123456789abcdef0 --yes");
        command.AddLive();
        command.Add(Yes);
        command.SetAction(async (parsed, cancel) =>
        {
            var options = await LiveCommand.OptionsAsync(around, parsed, cancel);
            if (!parsed.GetValue(Yes) && !(around.CanAsk && Agreed(around)))
                throw CommandFailure.BadInput("uninstall takes away every route that leads to pods", "say --yes");
            OpenedStore.MustExist(options.Store);
            return await LiveCommand.RunAsync(around, null, async parts => Show(around, parsed, await Uninstall.RunAsync(options, parts, cancel)));
        });
        return command;
    }

    private static bool Agreed(Surroundings around)
    {
        around.Error.Write("Go on? [y/N] ");
        around.Error.Flush();
        return around.In.ReadLine()?.Trim() is "y" or "Y" or "yes";
    }

    private static int Show(Surroundings around, ParseResult parsed, ApplyResult result)
    {
        around.Print(parsed.GetValue(SharedOptions.Format), result, _ =>
        [
            new TextTable(null, ["#Mutating calls", "#Problems"],
                [[result.Calls.ToString(System.Globalization.CultureInfo.InvariantCulture), result.Problems.Count.ToString(System.Globalization.CultureInfo.InvariantCulture)]])
            {
                Notes = [.. result.Problems, .. result.Notes.Select(note => $"note: {note}")],
            },
        ]);
        return result.Problems.Count == 0 ? ExitCode.Done : ExitCode.Failed;
    }
}
