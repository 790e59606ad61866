using System.CommandLine;
using System.Globalization;
using Romana.Cloud.Commands.Frame;
using Romana.Cloud.Commands.Output;
using Romana.Cloud.Planning;
using Romana.Cloud.Topologies;

namespace Romana.Cloud.Commands.State;

/// <summary>`romana routes plan`: the route planner on files; reads nothing else and changes nothing.</summary>
internal static class RoutesPlanCommand
{
    private static readonly Option<string> TopologyOption = new("--topology") { Description = "Topology document, JSON or YAML; - for standard input", HelpName = "FILE", Required = true };
    private static readonly Option<string> InventoryOption = new("--inventory") { Description = "Tables, hosts and blocks (docs/routing.md), JSON or YAML; - for standard input", HelpName = "FILE", Required = true };
    private static readonly Option<int?> Limit = MakeLimit();
    private static readonly Option<bool> Adopt = new("--adopt") { Description = "Make routes of others ours where ours should stand" };
    private static readonly Option<bool> MassRemoval = new("--allow-mass-removal") { Description = "Plan the removal of however many routes" };

    private static readonly Option<bool> CapacityOption = new("--capacity") { Description = "Say how many hosts like these it takes until the next routes, the first extra hop and the end of the road come" };

    public static Command Build(Surroundings around)
    {
        var perHost = new Option<int>("--blocks-per-host")
        {
            Description = "Blocks for each host and network when the inventory has none",
            HelpName = "N",
            DefaultValueFactory = _ => 1,
        };
        perHost.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() < 0) result.AddError("--blocks-per-host: write a number from 0 up");
        });
        var command = new DocumentedCommand("plan", "Plan the routes of files, without touching anything",
            "romana routes plan --topology topology.yaml --inventory inventory.json",
            "romana routes plan --topology topology.json --inventory inventory.json --limit none --blocks-per-host 2 -o json",
            "romana routes plan --topology topology.yaml --inventory inventory.json --limit 500 --capacity")
        {
            TopologyOption, InventoryOption, Limit, perHost, Adopt, MassRemoval, CapacityOption, SharedOptions.Format,
        };
        command.SetAction(parsed =>
        {
            if (parsed.GetValue(TopologyOption) == "-" && parsed.GetValue(InventoryOption) == "-")
                throw CommandFailure.BadInput("--topology - and --inventory - cannot both be standard input", "put one of them into a file");
            var topology = TopologyFile.Read(parsed.GetRequiredValue(TopologyOption), around).Require(around);
            var inventory = InventoryFile.Read(parsed.GetRequiredValue(InventoryOption), around);
            var options = new PlanOptions { Limit = parsed.GetValue(Limit), Adopt = parsed.GetValue(Adopt), AllowMassRemoval = parsed.GetValue(MassRemoval) };
            var capacity = parsed.GetValue(CapacityOption) ? CapacityPlanner.Plan(topology, inventory, parsed.GetValue(perHost), options) : null;
            if (inventory.Blocks is null)
            {
                (inventory, var problems) = OfflineBlocks.Fill(topology, inventory, parsed.GetValue(perHost));
                foreach (var problem in problems) around.Error.WriteLine($"note: {problem}");
            }

            if (parsed.GetValue(CapacityOption) && capacity is null) around.Error.WriteLine("note: no host is Up, so there is none that more hosts could be like: no capacity");
            var plan = RoutePlanner.Plan(topology, inventory, options) with { Capacity = capacity };
            around.Print(parsed.GetValue(SharedOptions.Format), plan, Tables, PlanText.Json);
            return ExitCode.Done;
        });
        return command;
    }

    private static IEnumerable<TextTable> Tables(RoutePlan plan)
    {
        if (plan.Tables.IsEmpty) yield return new TextTable(null, [], []) { Empty = "the inventory has no table" };
        foreach (var table in plan.Tables)
        {
            yield return new TextTable(Title(table), ["Destination", "Target", "Host", "Kind", "Why"], [.. table.Routes.Select(Row)]) { Empty = "no routes of ours" };
        }

        yield return new TextTable("Changes", ["Table", "Call", "Destination", "Target", "Was"], [.. plan.Changes.Select(Row)])
        {
            Empty = "nothing to change",
            Notes =
            [
                Invariant($"calls: {plan.Calls.CreateRoute} CreateRoute, {plan.Calls.ReplaceRoute} ReplaceRoute, {plan.Calls.DeleteRoute} DeleteRoute"),
                .. plan.Conflicts.Select(conflict => $"conflict: {conflict.Table} {conflict.Destination} goes to {conflict.Found}, wanted {conflict.Wanted}: {conflict.Remedy}"),
                .. plan.Refused.Select(refusal => $"{refusal.Code}: {refusal.Message}: {refusal.Remedy}"),
            ],
        };
        if (plan.Capacity is { } capacity) yield return Table(capacity);
    }

    private static TextTable Table(Capacity capacity)
    {
        static string?[] Row(string what, CapacityPoint? point, string never) => [what, point is null ? "-" : Invariant($"{point.Hosts}"), point?.Why ?? never];
        return new TextTable(Invariant($"Capacity, {capacity.Hosts} hosts now"), ["", "#Hosts", "Why"],
        [
            Row("next routes", capacity.NextRoutes, "every table is full, or needs no route for a host"),
            Row("first extra hop", capacity.FirstExtraHop, Invariant($"not up to {CapacityPlanner.Most} hosts, nor before the end")),
            Row("end of the road", capacity.End, Invariant($"not up to {CapacityPlanner.Most} hosts")),
        ]);
    }

    private static string Title(TablePlan table)
    {
        var quota = table.Quota == int.MaxValue ? "no limit" : Invariant($"{table.Quota}");
        var state = table.Complete ? "complete" : "incomplete";
        var missing = table.Missing > 0 ? Invariant($", {table.Missing} missing") : "";
        var aggregated = table.Aggregated is { } much ? Invariant($", aggregated (exact routes would be {much.ExactRoutes}, there is room for {much.Room})") : "";
        var hops = table.ExtraHopShare + table.LocalExtraHopShare > 0
            ? Invariant($", extra hop {table.ExtraHopShare:P1} (local {table.LocalExtraHopShare:P1})") : "";
        return Invariant($"{table.Id} {table.Family.ToString().ToLowerInvariant()}: {table.Used} of {quota} used, {table.Foreign} not ours, {state}{missing}{aggregated}{hops}");
    }

    private static string?[] Row(PlannedRoute route) =>
        [route.Destination.ToString(), route.Target, route.Host, route.Kind.ToString().ToLowerInvariant(), route.Why];

    private static string?[] Row(RouteChange change) =>
        [change.Table, change.Op.ToString().ToLowerInvariant(), change.Destination.ToString(), change.Target, change.From];

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private static Option<int?> MakeLimit()
    {
        var option = new Option<int?>("--limit") { Description = "Stands for every table's quota: a number, or none", HelpName = "N" };
        option.CustomParser = result =>
        {
            var text = result.Tokens[0].Value;
            if (text == "none") return int.MaxValue;
            if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var limit) && limit > 0) return limit;
            result.AddError($"--limit {text}: write a number from 1 up, or none");
            return null;
        };
        return option;
    }
}
