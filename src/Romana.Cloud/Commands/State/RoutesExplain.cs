using System.CommandLine;
using Romana.Cloud.Commands.Frame;
using Romana.Cloud.Commands.Live;
using Romana.Cloud.Commands.Output;
using Romana.Cloud.Control;
using Romana.Cloud.Views;
using Romana.Ipam.Addressing;
using Romana.Ipam.Stores;

namespace Romana.Cloud.Commands.State;

/// <summary>`romana routes show --explain DEST`: where packets to an address go, and why.</summary>
internal static class RoutesExplain
{
    private static readonly Option<string?> Destination = new("--explain")
    {
        Description = "Tell for this address or CIDR which route wins in each table, why, since when, and what would take over",
        HelpName = "DEST",
    };

    private static readonly Option<bool> Live = new("--live") { Description = "With --explain: read the tables from EC2 instead of trusting the ledger (wants --vpc)" };

    public static void AddTo(Command command)
    {
        foreach (Option option in (Option[])[Destination, Live, AwsOptions.Vpc, AwsOptions.Region, AwsOptions.Endpoint, AwsOptions.Tables, AwsOptions.Inventory, LiveCommand.Limit])
            command.Add(option);
    }

    public static bool IsAsked(ParseResult parsed)
    {
        if (parsed.GetValue(Destination) is not null) return true;
        return parsed.GetValue(Live) ? throw CommandFailure.BadInput("--live goes with --explain", "write --explain DEST --live") : false;
    }

    public static async Task<int> RunAsync(Surroundings around, ParseResult parsed, IStore store, string? table, CancellationToken cancel)
    {
        var destination = Read(parsed.GetValue(Destination)!);
        if (!parsed.GetValue(Live))
        {
            var question = await RouteQuestions.FromStoreAsync(store, destination, around.Clock, cancel)
                ?? throw CommandFailure.BadInput($"the store {parsed.GetValue(SharedOptions.Store)} holds no topology", "apply one: romana topology apply FILE");
            return Print(around, parsed, question, table);
        }

        var options = Options(parsed, await StoreOwner.OfAsync(store, cancel));
        return await LiveCommand.RunAsync(around, null, async parts =>
            Print(around, parsed, await RouteQuestions.FromTablesAsync(options, parts with { Store = store }, destination, cancel), table));
    }

    private static int Print(Surroundings around, ParseResult parsed, RouteQuestion question, string? table)
    {
        var view = RouteExplainer.Explain(question);
        if (table is not null) view = view with { Tables = [.. view.Tables.Where(one => one.Id == table)] };
        if (table is not null && view.Tables.IsEmpty)
            throw CommandFailure.BadInput($"--table {table}: there is no such table", $"there are {string.Join(", ", question.Inventory.Tables.Select(one => one.Id))}");
        around.Print(parsed.GetValue(SharedOptions.Format), view, ExplainOutput.Tables);
        return ExitCode.Done;
    }

    private static Cidr Read(string text)
    {
        if (IpAddress.TryParse(text, out var address, out _)) return Cidr.Of(address);
        return Cidr.TryParse(text, out var cidr, out var reason) ? cidr
            : throw CommandFailure.BadInput($"--explain {text}: {reason}", "write an address such as 10.244.3.17, or a CIDR such as 10.244.3.0/26");
    }

    /// <summary>What --cluster and --vpc do not say, the store does.</summary>
    private static ControllerOptions Options(ParseResult parsed, StoreOwner? owner)
    {
        var store = parsed.GetRequiredValue(SharedOptions.Store);
        if (owner?.Objection(store, SharedOptions.SaidCluster(parsed), parsed.GetValue(AwsOptions.Vpc)) is var (wrong, remedy)) throw CommandFailure.BadInput(wrong, remedy);
        var options = new ControllerOptions
        {
            Store = store,
            Cluster = SharedOptions.SaidCluster(parsed) ?? owner?.Cluster ?? parsed.GetRequiredValue(SharedOptions.Cluster),
            Vpc = parsed.GetValue(AwsOptions.Vpc) ?? owner?.Vpc ?? "",
            Region = parsed.GetValue(AwsOptions.Region),
            Endpoint = parsed.GetValue(AwsOptions.Endpoint),
            Tables = Enum.Parse<TableChoice>(parsed.GetRequiredValue(AwsOptions.Tables), ignoreCase: true),
            Inventory = parsed.GetValue(AwsOptions.Inventory),
            Quota = parsed.GetValue(LiveCommand.Limit),
        };
        return options.Errors() is { Count: > 0 } errors ? throw CommandFailure.BadInput(string.Join("; ", errors), "see --help") : options;
    }
}
