using System.CommandLine;
using System.Globalization;
using Romana.Cloud.Commands.Frame;
using Romana.Cloud.Commands.Output;
using Romana.Cloud.Topologies;
using Romana.Ipam.Topologies;

namespace Romana.Cloud.Commands.TopologyFiles;

/// <summary>`romana topology show FILE`: which slice each group of a document gets.</summary>
internal static class TopologyShowCommand
{
    public static Command Build(Surroundings around)
    {
        var file = new Argument<string>("FILE") { Description = "Topology document, JSON or YAML; - for standard input" };
        var command = new DocumentedCommand("show", "Show the networks and groups of a document with the slice of each group",
            "romana topology show topology.json", "romana topology show topology.yaml -o json");
        command.Add(file);
        command.Add(SharedOptions.Format);
        command.SetAction(parsed =>
        {
            var topology = TopologyFile.Read(parsed.GetRequiredValue(file), around).Require(around);
            around.Print(parsed.GetValue(SharedOptions.Format), TopologyView.Of(topology), Tables);
            return ExitCode.Done;
        });
        return command;
    }

    private static IEnumerable<TextTable> Tables(TopologyView view)
    {
        yield return new TextTable("Networks", ["Network", "Cidr", "#Block", "Owner", "Tenants", "Mapped"], [.. view.Networks.Select(Row)]);
        yield return new TextTable("Groups", ["Network", "Group", "Cidr", "Kind", "Takes hosts with", "Routing", "Hosts"], [.. view.Groups.Select(Row)]);
    }

    private static string?[] Row(NetworkView network) =>
    [
        network.Name, network.Cidr.ToString(), $"/{network.BlockMask}", network.Owner ?? "tenant-segment",
        network.Tenants.IsEmpty ? "all" : string.Join(", ", network.Tenants), network.Mapped ? "yes" : "no",
    ];

    private static string?[] Row(GroupView group) =>
    [
        group.Network, new string(' ', 2 * group.Path.Length) + (group.Name.Length > 0 ? group.Name : $"[{Place(group)}]"),
        group.Cidr.ToString(), group.Kind,
        group.Assignment is { } pairs ? string.Join(", ", pairs.Select(pair => $"{pair.Key}={pair.Value}")) : null,
        group.Routing, group.Hosts is { Count: > 0 } hosts ? string.Join(", ", hosts.Select(host => host.Name)) : null,
    ];

    private static string Place(GroupView group) =>
        string.Join('.', group.Path.Select(index => index.ToString(CultureInfo.InvariantCulture)));
}
