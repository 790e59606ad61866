using System.CommandLine;
using System.Globalization;
using Romana.Cloud.Commands.Frame;
using Romana.Cloud.Commands.Output;
using Romana.Cloud.Views;
using Romana.Ipam.Blocks;
using Romana.Ipam.Stores;

namespace Romana.Cloud.Commands.State;

/// <summary>`romana blocks`: which CIDR is lent to which host, and how far the grant has come.</summary>
internal static class BlocksCommand
{
    public static Command Build(Surroundings around)
    {
        var host = new Option<string?>("--host") { Description = "Only the blocks of this host (name or UID)", HelpName = "NAME" };
        var free = new Option<bool>("--free") { Description = "Also the free slots that were lent before" };
        var command = new DocumentedCommand("blocks", "List the blocks lent to hosts",
            "romana blocks", "romana blocks --host node-7 -o yaml") { host, free };
        command.AddLiveState();
        command.SetAction((parsed, cancel) => StateCommand.WithStoreAsync(around, parsed, async store =>
        {
            var view = BlockListView.Of(await StoreReading.OfAsync(store, cancel));
            if (parsed.GetValue(host) is { } name) view = await OfHostAsync(store, view, name, cancel);
            if (!parsed.GetValue(free)) view = new([.. view.Blocks.Where(block => block.Intent != BlockIntent.Free)]);
            around.Print(parsed.GetValue(SharedOptions.Format), view, Tables);
            return ExitCode.Done;
        }, cancel));
        return command;
    }

    private static async Task<BlockListView> OfHostAsync(IStore store, BlockListView view, string name, CancellationToken cancel)
    {
        var hosts = await store.ListAsync(RecordTypes.Hosts, Selector.Everything, Consistency.Linearizable, cancel);
        var uid = HostByName.Find(hosts.Items, name).Spec.Uid;
        return new([.. view.Blocks.Where(block => block.HostUid == uid)]);
    }

    private static IEnumerable<TextTable> Tables(BlockListView view)
    {
        yield return new TextTable(null,
            ["Block", "Network", "Group", "Host", "#Epoch", "Intent", "Phase", "Owner", "#In use", "Routed"],
            [.. view.Blocks.Select(Row)])
        {
            Empty = "no blocks are lent",
        };
    }

    private static string?[] Row(BlockView block) =>
    [
        block.Cidr.ToString(), block.Network, block.Group.ToString(), block.Host,
        block.Epoch.ToString(CultureInfo.InvariantCulture), block.Intent.ToString().ToLowerInvariant(),
        block.Phase?.ToString().ToLowerInvariant(), block.Owner,
        block.InUse.ToString(CultureInfo.InvariantCulture), block.Routed ? "yes" : "no",
    ];
}
