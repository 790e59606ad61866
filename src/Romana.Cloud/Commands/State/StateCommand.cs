using System.CommandLine;
using Romana.Cloud.Commands.Frame;
using Romana.Cloud.Control;
using Romana.Ipam.Stores;

namespace Romana.Cloud.Commands.State;

/// <summary>What the commands that look at the store have in common.</summary>
internal static class StateCommand
{
    /// <summary>Opens the store of --store, which must exist and be of the --cluster that was named, runs, and closes it.</summary>
    public static async Task<int> WithStoreAsync(
        Surroundings around, ParseResult parsed, Func<IStore, Task<int>> work, CancellationToken cancel)
    {
        await using var opened = await around.OpenStore(parsed.GetRequiredValue(SharedOptions.Store), cancel);
        await CheckClusterAsync(opened.Store, parsed, cancel);
        return await work(opened.Store);
    }

    /// <summary>A cluster of the environment is the default of many commands and no word on this store.</summary>
    private static async Task CheckClusterAsync(IStore store, ParseResult parsed, CancellationToken cancel)
    {
        if (parsed.GetResult(SharedOptions.Cluster) is not { Implicit: false }) return;
        var owner = await StoreOwner.OfAsync(store, cancel);
        if (owner?.Objection(parsed.GetRequiredValue(SharedOptions.Store), parsed.GetValue(SharedOptions.Cluster), null) is var (wrong, remedy))
            throw CommandFailure.BadInput(wrong, remedy);
    }
}
