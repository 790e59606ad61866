using System.CommandLine;
using System.Net;
using Romana.Node.Agent;

namespace Romana.Node.Commands;

/// <summary>Options of `romana-node`; what is not said is read from the machine.</summary>
internal static class NodeOptions
{
    private const string MachineIdFile = "/etc/machine-id";

    // On EC2's Nitro instances the instance id stands here; elsewhere it is a serial number, or empty.
    private const string AssetTagFile = "/sys/devices/virtual/dmi/id/board_asset_tag";

    public static Option<string> Store() => new("--store")
    {
        Description = "SQLite file that controller and agents share, on a local disk (default: $ROMANA_STORE, else /var/lib/romana/romana.db)",
        HelpName = "PATH",
        DefaultValueFactory = _ => Variable("ROMANA_STORE") ?? "/var/lib/romana/romana.db",
    };

    public static Option<string> Journal() => new("--journal")
    {
        Description = "This host's own file of addresses that are handed out",
        HelpName = "PATH",
        DefaultValueFactory = _ => "/var/lib/romana/journal.db",
    };

    public static Option<string> Socket() => new("--socket")
    {
        Description = "Unix socket where the CNI plugin asks",
        HelpName = "PATH",
        DefaultValueFactory = _ => "/run/romana/cni.sock",
    };

    public static Option<string> Name() => new("--name")
    {
        Description = "This host's name as the controller knows it (default: the machine's host name)",
        HelpName = "NAME",
        DefaultValueFactory = _ => Environment.MachineName,
    };

    public static Option<string?> InstanceId() => new("--instance-id")
    {
        Description = "EC2 instance id (default: what the firmware says, on EC2)",
        HelpName = "ID",
        DefaultValueFactory = _ => Read(AssetTagFile) is { } tag && tag.StartsWith("i-", StringComparison.Ordinal) ? tag : null,
    };

    public static Option<string?> MachineId() => new("--machine-id")
    {
        Description = $"Machine id (default: {MachineIdFile})",
        HelpName = "ID",
        DefaultValueFactory = _ => Read(MachineIdFile),
    };

    public static Option<string?> Configurations() => new("--cni-conf-dir")
    {
        Description = "Folder of the runtime's network configurations, usually /etc/cni/net.d; ours appears there once pods can be served (default: none is written)",
        HelpName = "DIR",
    };

    public static Option<string> Plugins() => new("--cni-bin-dir")
    {
        Description = "Folder of CNI plugins",
        HelpName = "DIR",
        DefaultValueFactory = _ => "/opt/cni/bin",
    };

    /// <summary>Null: nothing is served there.</summary>
    public static Option<IPEndPoint?> Listen() => new("--listen")
    {
        Description = "Address and port of /healthz, /readyz and /metrics (HTTP), or none [default: 127.0.0.1:9476]",
        HelpName = "ADDRESS:PORT|none",
        CustomParser = result => ListenAt(result.Tokens[0].Value, result.AddError),
        DefaultValueFactory = _ => IPEndPoint.Parse("127.0.0.1:9476"),
    };

    private static IPEndPoint? ListenAt(string text, Action<string> refuse)
    {
        if (text == "none") return null;
        if (IPEndPoint.TryParse(text, out var at) && text.EndsWith($":{at.Port}", StringComparison.Ordinal)) return at;
        refuse($"--listen '{text}' is no address with a port, such as 127.0.0.1:9476 or [::1]:9476, and not none");
        return null;
    }

    public static Option<string> Format(params string[] formats)
    {
        var option = new Option<string>("--output", "-o") { Description = $"{string.Join(", ", formats[..^1])} or {formats[^1]}", HelpName = "FORMAT", DefaultValueFactory = _ => formats[0] };
        option.AcceptOnlyFromAmong(formats);
        return option;
    }

    private static string? Read(string path)
    {
        try
        {
            return File.ReadAllText(path).Trim() is { Length: > 0 } text ? text : null;
        }
        catch (Exception absent) when (absent is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
}

/// <summary>The command that runs for as long as the host does.</summary>
internal static class AgentCommand
{
    public static Command Build(NodeSurroundings around)
    {
        var (store, journal, socket) = (NodeOptions.Store(), NodeOptions.Journal(), NodeOptions.Socket());
        var (name, instance, machine) = (NodeOptions.Name(), NodeOptions.InstanceId(), NodeOptions.MachineId());
        var (configurations, plugins, listen) = (NodeOptions.Configurations(), NodeOptions.Plugins(), NodeOptions.Listen());
        var command = new Command("agent", "Serves this host's pods and keeps its kernel as the store says, until stopped")
        {
            store, journal, socket, name, instance, machine, configurations, plugins, listen,
        };
        command.SetAction(async (parsed, stop) =>
        {
            using var logs = LineLog.Factory(around);
            var options = new AgentOptions
            {
                Store = parsed.GetRequiredValue(store),
                Journal = parsed.GetRequiredValue(journal),
                Socket = Path.GetFullPath(parsed.GetRequiredValue(socket)),
                Name = parsed.GetRequiredValue(name),
                InstanceId = parsed.GetValue(instance),
                MachineId = parsed.GetValue(machine),
                Configurations = parsed.GetValue(configurations),
                Plugins = parsed.GetRequiredValue(plugins),
                Listen = parsed.GetValue(listen),
            };
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(options.Journal))!);
            try
            {
                await new NodeAgent(options, null, around.Clock, logs).RunAsync(stop).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                // Told to stop: pods keep their links, the kernel its state.
            }

            return ExitCode.Done;
        });
        return command;
    }
}
