using System.CommandLine;
using Romana.Cloud.Commands.Frame;
using Romana.Cloud.Control;
using Romana.Ipam.Stores;

namespace Romana.Cloud.Commands.State;

/// <summary>`romana routes retry`: the operator's word that a fight over routes is over, so that the controller goes on at once.</summary>
internal static class RoutesRetryCommand
{
    public static Command Build(Surroundings around)
    {
        var table = new Option<string?>("--table") { Description = "Only this route table", HelpName = "ID" };
        var command = new DocumentedCommand("retry",
            "Write routes again that the controller gave up to somebody else (condition RouteFight), once the other is stopped",
            "romana routes retry", "romana routes retry --table rtb-0a1b") { table };
        command.Add(SharedOptions.Store);
        command.Add(SharedOptions.Cluster);
        command.SetAction((parsed, cancel) => StateCommand.WithStoreAsync(around, parsed, async store =>
        {
            var ended = await EndAsync(store, parsed.GetValue(table), cancel);
            foreach (var id in ended) around.Error.WriteLine($"{id}: the controller writes its routes again within half a minute.");
            if (ended.Count == 0) around.Error.WriteLine("No route is fought over.");
            return ExitCode.Done;
        }, cancel));
        return command;
    }

    private static async Task<List<string>> EndAsync(IStore store, string? table, CancellationToken cancel)
    {
        var ended = new List<string>();
        var ledgers = await store.ListAsync(RecordTypes.Ledgers, Selector.Everything, Consistency.Linearizable, cancel);
        if (table is not null && ledgers.Items.All(ledger => ledger.Spec.Table != table))
            throw CommandFailure.BadInput($"--table {table}: there is no such table in the ledger", "romana routes show lists them");
        foreach (var id in ledgers.Items.Select(ledger => ledger.Key.Name).Where(id => table is null || id == table))
            if (await EndAsync(store, id, attempts: 5, cancel)) ended.Add(id);
        return ended;
    }

    /// <summary>The condition in the ledger is what the controller goes by; it writes ledgers, too, so try some times.</summary>
    private static async Task<bool> EndAsync(IStore store, string id, int attempts, CancellationToken cancel)
    {
        for (var attempt = 1; attempt <= attempts; attempt++)
        {
            var ledger = await store.GetAsync(RecordTypes.Ledgers, id, Consistency.Linearizable, cancel);
            if (ledger is null || ledger.Spec.Conditions.All(one => one.Type != RouteFights.Condition)) return false;
            var without = ledger.Spec with { Conditions = [.. ledger.Spec.Conditions.Where(one => one.Type != RouteFights.Condition)] };
            if (await store.WriteSurelyAsync(RecordTypes.Ledgers.UpdateSpec(ledger, Stamp.New(), without), cancel) is WriteResult.Committed) return true;
        }

        throw CommandFailure.Failed($"the ledger of {id} changes all the time", "try again");
    }
}
