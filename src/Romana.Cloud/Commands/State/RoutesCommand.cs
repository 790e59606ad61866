using System.CommandLine;
using Romana.Cloud.Commands.Frame;
using Romana.Cloud.Commands.Output;
using Romana.Cloud.Views;

namespace Romana.Cloud.Commands.State;

/// <summary>`romana routes`: the group of commands about the VPC's route tables.</summary>
internal static class RoutesCommand
{
    public static Command Build(Surroundings around)
    {
        var command = new DocumentedCommand("routes", "Routes in the VPC's tables: those that stand, and plans made offline");
        command.Add(BuildShow(around));
        command.Add(RoutesPlanCommand.Build(around));
        command.Add(RoutesRetryCommand.Build(around));
        return command;
    }

    private static DocumentedCommand BuildShow(Surroundings around)
    {
        var table = new Option<string?>("--table") { Description = "Only this route table", HelpName = "ID" };
        var command = new DocumentedCommand("show", "Show the ledger: the routes that Romana keeps, table by table",
            "romana routes show", "romana routes show --table rtb-0a1b -o json",
            "romana routes show --explain 10.244.3.17", "romana routes show --explain 10.244.3.17 --live --vpc vpc-0123456789abcdef0") { table };
        command.AddLiveState();
        RoutesExplain.AddTo(command);
        command.SetAction((parsed, cancel) => StateCommand.WithStoreAsync(around, parsed, async store =>
        {
            if (RoutesExplain.IsAsked(parsed)) return await RoutesExplain.RunAsync(around, parsed, store, parsed.GetValue(table), cancel);
            var reading = await StoreReading.OfAsync(store, cancel);
            var view = RouteListView.Of(reading, CommittedTopology.OrNull(reading));
            if (parsed.GetValue(table) is { } id) view = OfTable(view, id);
            around.Print(parsed.GetValue(SharedOptions.Format), view, Tables);
            return ExitCode.Done;
        }, cancel));
        return command;
    }

    private static RouteListView OfTable(RouteListView view, string id)
    {
        if (view.Tables.FirstOrDefault(table => table.Id == id) is { } found) return new([found]);
        var known = view.Tables.IsEmpty ? "the ledger is empty" : $"the ledger has {string.Join(", ", view.Tables.Select(table => table.Id))}";
        throw CommandFailure.BadInput($"--table {id}: there is no such table in the ledger", known);
    }

    private static IEnumerable<TextTable> Tables(RouteListView view)
    {
        if (view.Tables.IsEmpty) yield return new TextTable(null, [], []) { Empty = "the ledger is empty: no route was written yet" };
        foreach (var table in view.Tables)
        {
            yield return new TextTable($"{table.Id} in {table.Vpc}, cluster {table.Cluster}",
                ["Destination", "Target", "Host", "Kind", "Settled", "Since"], [.. table.Routes.Select(Row)])
            {
                Empty = "no routes of ours",
                Notes = [.. table.Conditions.Where(condition => condition.IsTrue)
                    .Select(condition => $"{condition.Type} since {Time(condition.Since)}: {condition.Message}")],
            };
        }
    }

    private static string?[] Row(RouteEntryView route) =>
    [
        route.Destination.ToString(), route.Target ?? $"removed from {route.From}", route.Host,
        route.Kind?.ToString().ToLowerInvariant(), route.Settled ? "yes" : "no", Time(route.Since),
    ];

    private static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss'Z'");
}
