using System.CommandLine;
using System.Globalization;
using Romana.Cloud.Commands.Frame;
using Romana.Cloud.Commands.Output;
using Romana.Cloud.Views;
using Romana.Ipam.Hosts;

namespace Romana.Cloud.Commands.State;

/// <summary>`romana hosts`: who is known, where each belongs, and how it does.</summary>
internal static class HostsCommand
{
    public static Command Build(Surroundings around)
    {
        var command = new DocumentedCommand("hosts", "List the hosts, or drain or remove one",
            "romana hosts", "romana hosts -o json", "romana hosts drain node-7");
        command.AddLiveState();
        command.SetAction((parsed, cancel) => StateCommand.WithStoreAsync(around, parsed, async store =>
        {
            var view = HostListView.Of(await StoreReading.OfAsync(store, cancel));
            around.Print(parsed.GetValue(SharedOptions.Format), view, Tables);
            return ExitCode.Done;
        }, cancel));
        command.Add(HostsDrainCommand.Build(around));
        command.Add(HostsRemoveCommand.Build(around));
        return command;
    }

    private static IEnumerable<TextTable> Tables(HostListView view)
    {
        yield return new TextTable(null,
            ["Name", "Uid", "Zone", "Subnet", "Segment", "Address", "Interface", "Condition", "Health", "#Blocks"],
            [.. view.Hosts.Select(Row)])
        {
            Empty = "no hosts are known yet; they appear when the controller has discovered them",
            Notes = [.. view.Hosts.Where(host => host.Condition != HostCondition.Live && host.Reason is not null)
                .Select(host => $"{host.Name}: {host.Condition.ToString().ToLowerInvariant()}, {host.Reason}"),
                .. view.Hosts.Where(host => host.Health is { Health: not "Up" })
                .Select(host => $"{host.Name}: {host.Health!.Health.ToLowerInvariant()} since {host.Health.Since:yyyy-MM-dd HH:mm:ss} UTC by {host.Health.Source}: {host.Health.Why}"),
                .. view.Hosts.SelectMany(host => host.Conditions).Select(condition => $"{condition.Type}: {condition.Message}")],
        };
    }

    private static string?[] Row(HostView host) =>
    [
        host.Name, host.Uid.ToString(), host.Zone, host.Subnet, Segments(host), host.Address?.ToString(), host.Eni,
        host.Condition.ToString().ToLowerInvariant(), host.Health?.Health.ToLowerInvariant(), host.Blocks.Length.ToString(CultureInfo.InvariantCulture),
    ];

    private static string? Segments(HostView host) => host.Segments.Count switch
    {
        0 => null,
        1 => host.Segments.Values.Single().ToString(),
        _ => string.Join(", ", host.Segments.Select(pair => $"{pair.Key} {pair.Value}")),
    };
}
