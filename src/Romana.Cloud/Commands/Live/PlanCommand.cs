using System.CommandLine;
using System.Globalization;
using Romana.Cloud.Commands.Frame;
using Romana.Cloud.Commands.Output;
using Romana.Cloud.Control;
using Romana.Cloud.Planning;

namespace Romana.Cloud.Commands.Live;

/// <summary>`romana plan`: what an apply would do; exit code 3 when that is anything. The JSON is the planner's own.</summary>
internal static class PlanCommand
{
    public static Command Build(Surroundings around)
    {
        var command = new DocumentedCommand("plan", "Show what apply would change, and with how many calls; change nothing",
            "romana plan --vpc vpc-0123456789abcdef0", "romana plan --vpc vpc-0123456789abcdef0 -o json");
        command.AddLive();
        command.Add(LiveCommand.MassRemoval);
        command.SetAction(async (parsed, cancel) =>
        {
            var options = await LiveCommand.OptionsAsync(around, parsed, cancel);
            OpenedStore.MustExist(options.Store);
            return await LiveCommand.RunAsync(around, null, async parts =>
            {
                var live = await LivePlan.ReadAsync(options, parts, cancel);
                foreach (var left in live.LeftOut) around.Error.WriteLine($"note: {left.Why}");
                foreach (var problem in live.Problems) around.Error.WriteLine($"note: {problem}");
                around.Print(parsed.GetValue(SharedOptions.Format), WithChecks(live), plan => Tables(live), PlanText.Json);
                return live.HasChanges ? ExitCode.ChangesPending : ExitCode.Done;
            });
        });
        return command;
    }

    private static RoutePlan WithChecks(LivePlanResult live) =>
        live.Plan with { Calls = live.Plan.Calls with { ModifyNetworkInterfaceAttribute = live.CheckFixes } };

    internal static IEnumerable<TextTable> Tables(LivePlanResult live)
    {
        if (live.NewHosts.Count + live.NewBlocks.Count > 0)
        {
            yield return new TextTable("Hosts and blocks", ["Host", "Network", "Block"], [.. live.NewBlocks.Select(block => new[] { block.Host, block.Network, block.Cidr.ToString() })])
            {
                Empty = "no block to grant",
                Notes = [string.Create(CultureInfo.InvariantCulture, $"{live.NewHosts.Count} hosts to register, {live.NewBlocks.Count} blocks to grant")],
            };
        }

        yield return new TextTable("Tables", ["Table", "Family", "#Quota", "#Foreign", "#Used", "Complete", "#Missing", "#Extra hop", "#Local"],
            [.. live.Plan.Tables.Select(Row)])
        { Empty = "no table of the VPC is managed" };
        yield return new TextTable("Changes", ["Table", "Call", "Destination", "Target", "Was"], [.. live.Plan.Changes.Select(Row)])
        {
            Empty = "nothing to change",
            Notes = [Calls(live), .. live.Plan.Conflicts.Select(conflict =>
                    $"conflict: {conflict.Table} {conflict.Destination} goes to {conflict.Found}, not to {conflict.Wanted}: {conflict.Remedy}"),
                .. live.Plan.Refused.Select(refusal => $"{refusal.Code}: {refusal.Message}: {refusal.Remedy}")],
        };
    }

    private static string Calls(LivePlanResult live) => string.Create(CultureInfo.InvariantCulture,
        $"calls: {live.Plan.Calls.CreateRoute} CreateRoute, {live.Plan.Calls.ReplaceRoute} ReplaceRoute, {live.Plan.Calls.DeleteRoute} DeleteRoute, {live.CheckFixes} ModifyNetworkInterfaceAttribute");

    private static string?[] Row(TablePlan table) =>
    [
        table.Id, table.Family.ToString().ToLowerInvariant(), Number(table.Quota), Number(table.Foreign), Number(table.Used),
        table.Complete ? table.Aggregated is null ? "yes" : "aggregated" : "no", Number(table.Missing), Share(table.ExtraHopShare), Share(table.LocalExtraHopShare),
    ];

    private static string?[] Row(RouteChange change) =>
        [change.Table, change.Op.ToString().ToLowerInvariant(), change.Destination.ToString(), change.Target, change.From];

    private static string Share(double share) => share.ToString("P1", CultureInfo.InvariantCulture);

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);
}
