using System.CommandLine;
using Romana.Cloud.Commands.Frame;
using Romana.Cloud.Views;
using Romana.Ipam.Stores;

namespace Romana.Cloud.Commands.State;

/// <summary>What the commands that look at the store have in common.</summary>
internal static class StateCommand
{
    /// <summary>Opens the store of --store, which must exist, runs, and closes it.</summary>
    public static async Task<int> WithStoreAsync(
        Surroundings around, ParseResult parsed, Func<IStore, Task<int>> work, CancellationToken cancel)
    {
        await using var opened = await around.OpenStore(parsed.GetRequiredValue(SharedOptions.Store), cancel);
        return await work(opened.Store);
    }

    /// <summary>Reads everything, and refuses a --cluster that the store is not of.</summary>
    public static async Task<StoreReading> ReadAsync(IStore store, ParseResult parsed, CancellationToken cancel)
    {
        var reading = await StoreReading.OfAsync(store, cancel);
        var asked = parsed.GetResult(SharedOptions.Cluster) is { Implicit: false } ? parsed.GetValue(SharedOptions.Cluster) : null;
        var other = reading.Ledgers.Select(ledger => ledger.Cluster).FirstOrDefault(cluster => cluster != asked);
        if (asked is null || other is null) return reading;
        throw CommandFailure.BadInput(
            $"--cluster {asked}: the store {parsed.GetValue(SharedOptions.Store)} holds the state of cluster {other}",
            $"name the store of {asked} with --store, or write --cluster {other}");
    }
}
