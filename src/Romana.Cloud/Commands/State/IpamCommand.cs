using System.CommandLine;
using System.Globalization;
using Romana.Cloud.Commands.Frame;
using Romana.Cloud.Commands.Output;
using Romana.Cloud.Commands.TopologyFiles;
using Romana.Cloud.Views;

namespace Romana.Cloud.Commands.State;

/// <summary>`romana ipam`: the group of commands about address space.</summary>
internal static class IpamCommand
{
    public static Command Build(Surroundings around)
    {
        var command = new DocumentedCommand("ipam", "Address space: how much there is and who has it");
        command.Add(BuildShow(around));
        command.Add(ReplayCommand.Build(around));
        return command;
    }

    private static DocumentedCommand BuildShow(Surroundings around)
    {
        var command = new DocumentedCommand("show", "Show the networks, their groups as a tree, and how full each is",
            "romana ipam show", "romana ipam show -o json");
        command.AddLiveState();
        command.SetAction((parsed, cancel) => StateCommand.WithStoreAsync(around, parsed, async store =>
        {
            var reading = await StoreReading.OfAsync(store, cancel);
            var view = IpamView.Of(reading, CommittedTopology.Required(reading, parsed.GetRequiredValue(SharedOptions.Store)));
            around.Print(parsed.GetValue(SharedOptions.Format), view, Tables);
            return ExitCode.Done;
        }, cancel));
        return command;
    }

    private static IEnumerable<TextTable> Tables(IpamView view)
    {
        yield return new TextTable(null,
            ["Network", "Cidr", "#Block", "#Hosts", "#Addresses", "#Blocks", "#Granted", "#In use", "#Free"],
            [.. view.Networks.SelectMany(Rows)])
        {
            Empty = "the topology has no networks",
        };
    }

    private static IEnumerable<string?[]> Rows(NetworkUseView network)
    {
        yield return [network.Name, network.Cidr.ToString(), $"/{network.BlockMask}", Text(network.Hosts), .. Cells(network.Space)];
        var below = network.Groups.Any(group => group.Path.IsEmpty) ? 1 : 0;
        foreach (var group in network.Groups)
            yield return [new string(' ', 2 * (group.Path.Length + below)) + Title(group), group.Cidr.ToString(), "", Text(group.Hosts), .. Cells(group.Space)];
    }

    private static string Title(GroupUseView group) => group switch
    {
        { Name.Length: > 0 } => group.Name,
        { Assignment.Count: > 0 } => string.Join(", ", group.Assignment.Select(pair => $"{pair.Key}={pair.Value}")),
        _ => $"group {string.Join('.', group.Path)}",
    };

    private static string?[] Cells(SpaceView space) =>
        [Text(space.Capacity), Text(space.Blocks), Text(space.Granted), Text(space.InUse), Text(space.Free)];

    private static string Text<T>(T number) where T : IFormattable => number.ToString(null, CultureInfo.InvariantCulture);
}
